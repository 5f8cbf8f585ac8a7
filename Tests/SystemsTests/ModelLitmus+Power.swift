import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

@testable import Systems

/// A guest whose host and tables a test may alter.
private struct PartitionLitmus {
  var session: PartitionSession<PartitionTable<RadixMachine>>

  /// A guest of one slot of memory, or of a device.
  init?(isDevice: Bool = false) {
    // The ninth thing that is drawn is whether the first slot is a device.
    let drawn: [UInt64] = isDevice ? Array(repeating: 0, count: 8) + [1] : []
    var choices = Choices(replaying: drawn)
    let plan = PartitionGenerator(&choices)
    guard let session = PartitionSession(plan, PartitionKind.builtIn) else { return nil }
    self.session = session
  }

  /// The guest accesses the first page, until that succeeds.
  mutating func access(isWrite: Bool = false) -> Finding? {
    var result = Errno.ok
    return session.access(0, isWrite: isWrite, setsBits: true, &result)
  }

  /// Turns bits of the leaf of the first page, in a call.
  mutating func turn(_ bits: UInt64) {
    guard let leaf = session.leaf(of: 0) else { return }
    session.call(demandsLock: false) { _, machine in
      _ = machine.compareExchange(leaf.entry, with: leaf.entry ^ bits, in: leaf.place, at: 0)
    }
  }

  /// What is found of the leaves once bits of the first page's were turned.
  mutating func compare(turning bits: UInt64) -> Rule? {
    if let finding = access() ?? session.compareLeaves() { return finding.rule }
    turn(bits)
    return session.compareLeaves()?.rule
  }
}

/// The litmus of what is found of a guest on Power.
extension ModelLitmus {
  /// Of the software walk of its own tables.
  static let walks: [ModelLitmus] = [
    ModelLitmus(.wrongTranslationResult) { hasFault in
      translating { address, registers, memory in
        let found = RadixTranslator.translate(address, registers, on: &memory)
        return hasFault ? .refused(.notFound) : found
      }
    },
    ModelLitmus(.wrongRead) { hasFault in
      translating { address, registers, memory in
        if hasFault { _ = memory.read(address) }
        return RadixTranslator.translate(address, registers, on: &memory)
      }
    },
  ]

  /// Of the tables that the hypervisor keeps.
  static let leaves: [ModelLitmus] = [
    ModelLitmus(.faultInVain) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      let configuration = litmus.session.host.table.configuration
      let other = PartitionTable.create(configuration, on: &litmus.session.machine)
      // Tables that the hardware knows nothing of.
      if hasFault, let other { litmus.session.host.table = other }
      return litmus.access()?.rule
    },
    ModelLitmus(.malformedTable) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      if let finding = litmus.access() { return finding.rule }
      let root = litmus.session.machine.base.listener.root & RadixField.rootBase.mask
      let size = hasFault ? RadixField.nextSize.mask : 0
      litmus.session.machine.base.memory.pointer(to: root).pointee &= ~size
      return litmus.access()?.rule
    },
    ModelLitmus(.wrongTranslation) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      if let finding = litmus.access() { return finding.rule }
      litmus.turn(hasFault ? 1 << 40 : RadixField.reference.mask)
      return litmus.access()?.rule
    },
    ModelLitmus(.beyondSlot) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      if let finding = litmus.access() ?? litmus.session.compareLeaves() { return finding.rule }
      litmus.session.host.slots[0].isRemoved = hasFault
      litmus.session.host.version += 1
      return litmus.session.compareLeaves()?.rule
    },
    ModelLitmus(.stillMapped) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      var statistics = CheckStatistics()
      if let finding = litmus.access() { return finding.rule }
      let unmap = PartitionOperation.unmap(slot: 0, frames: 0..<512)
      let finding = hasFault ? nil : litmus.session.perform(unmap, &statistics)
      return (finding ?? litmus.session.stillMapped(0..<1))?.rule
    },
    ModelLitmus(.wrongAttributes) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      return litmus.compare(turning: hasFault ? 0x20 : RadixField.reference.mask)
    },
    ModelLitmus(.wrongPermission) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      // What the guest has written to is dirty to the host, and may be written.
      if !hasFault, let finding = litmus.access(isWrite: true) { return finding.rule }
      return litmus.compare(turning: hasFault ? RadixField.write.mask : RadixField.reference.mask)
    },
    ModelLitmus(.wrongRights) { hasFault in
      guard var litmus = PartitionLitmus(isDevice: true) else { return Finding.noTable.rule }
      return litmus.compare(turning: hasFault ? RadixField.execute.mask : RadixField.reference.mask)
    },
    ModelLitmus(.smallLeaf) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      var statistics = CheckStatistics()
      // The page is mapped in a table of small ones, without which a large one would have been due.
      let tables = PartitionOperation.prepare(frame: 0, allocations: nil)
      let finding = litmus.session.perform(tables, &statistics) ?? litmus.access()
      return (finding ?? litmus.session.judgeHandled(0, within: hasFault ? 21 : 12))?.rule
    },
    ModelLitmus(.needlessChange) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      if let finding = litmus.access() { return finding.rule }
      litmus.turn(RadixField.reference.mask)
      let call: PartitionModel.Call = hasFault ? .harvest(slot: 0) : .age(frame: 0)
      return litmus.session.needlessChange("test", call)?.rule
    },
  ]

  /// Of what was written, and when it was used.
  static let logs: [ModelLitmus] = [
    ModelLitmus(.lostWrite) { hasFault in
      rule(written.judgeLog([0], stillSet: hasFault ? [] : [5..<6], slot: 0))
    },
    ModelLitmus(.needlessReport) { hasFault in
      rule(written.judgeLog([hasFault ? 3 << 5 : 1 << 5], stillSet: [], slot: 0))
    },
    ModelLitmus(.missingReport) { hasFault in
      var model = written
      let due = model.due[0]
      let report: UInt64 = hasFault ? 0 : 1 << 5
      return rule(model.harvest([report], due: due, stillSet: [], setMeanwhile: [], slot: 0))
    },
    ModelLitmus(.logNotRenewed) { hasFault in
      var model = written
      let (due, still): (FrameSet, [Range<UInt64>]) = (model.due[0], [5..<6])
      // What the hardware sets meanwhile is for the next report.
      let fresh = hasFault ? [] : still
      return rule(
        model.harvest([1 << 5], due: due, stillSet: still, setMeanwhile: fresh, slot: 0)
      )
    },
    ModelLitmus(.wrongAge) { hasFault in
      let reference = PartitionModel.Reference(before: true, isSetMeanwhile: false, after: false)
      guard let session = PartitionLitmus()?.session else { return Finding.noTable.rule }
      return PartitionModel.mayAge(reference, answering: !hasFault)
        ? nil : session.wrongAge("age", 0, reference, !hasFault, nil).rule
    },
    ModelLitmus(.hostPageClean) { hasFault in
      guard var litmus = PartitionLitmus() else { return Finding.noTable.rule }
      if let finding = litmus.access(isWrite: true) { return finding.rule }
      let address = litmus.session.host.hostAddress(of: 0, slot: 0)
      guard let place = litmus.session.host.locate(address) else { return nil }
      if hasFault {
        litmus.session.host.update(place) {
          $0.isDirty = false
          $0.entry?.isDirty = false
        }
      }
      let lost = litmus.session.host.clean(0..<512, slot: 0)
      return lost.map { Finding.discarded(frame: $0, 12).rule }
    },
  ]

  /// Of what the host may rely on.
  static let hosts: [ModelLitmus] = [
    ModelLitmus(.hostLock) { hasFault in
      HostLitmus.rule { host, machine in
        if !hasFault { host.lock(on: &machine) }
        host.countInvalidation()
      }
    },
    ModelLitmus(.invalidationUncounted) { hasFault in
      HostLitmus.rule { host, machine in
        host.handed = [host.invalidations]
        host.lock(on: &machine)
        _ = host.mustRetry(since: host.invalidations - (hasFault ? 1 : 0))
      }
    },
    ModelLitmus(.pageHeld) { hasFault in
      HostLitmus.mapping(HostLitmus.readable) { host, page in
        host.unpin(page)
        if hasFault { host.unpin(page) }
      }
    },
    ModelLitmus(.hostPageUnmarked) { hasFault in
      HostLitmus.mapping(HostLitmus.writable) { host, page in
        if !hasFault { host.setDirty(page) }
        host.unpin(page)
      }
    },
    ModelLitmus(.bitmapBounds) { hasFault in
      HostLitmus.rule { host, _ in host.mark(1, slot: 0, word: hasFault ? 8 : 7) }
    },
  ]

  /// A slot of 64 frames, of which the guest wrote to one.
  private static let written: PartitionModel = {
    let slot = PartitionModel.Slot(frames: 0..<64, isWritable: true, hasLog: true)
    var model = PartitionModel(slots: [slot], pageShift: 12)
    model.setChange(5..<6)
    return model
  }()

  private static func rule(_ fault: PartitionModel.LogFault?) -> Rule? {
    fault.map { Finding.log($0, 12, entry: nil).rule }
  }

  /// What is found of a walk of a guest's tables that map a page.
  private static func translating(_ call: @escaping TranslateCall) -> Rule? {
    var guest = Guest(memorySize: 1 << 40, tableBase: 0, tableSize: 0, pid: 1)
    guest.map(0x1000, level: 0, lastBits: 9, realAddress: 1 << 30, rights: 6)
    var statistics = CheckStatistics()
    var session = TranslateSession(guest, call)
    return session.compare(0x1000, guest.registers, &statistics)?.rule
  }
}
