import Architecture
import Checking
import Machines
import Oracles
import Reference
import Walkers

/// A leaf as the architecture understands it, for the model.
extension PartitionModel.Mapping {
  init(base: UInt64, shift: UInt64, entry: UInt64, pageShift: UInt64) {
    let first = base >> pageShift
    func has(_ field: PowerField) -> Bool { field.value(in: entry) == 1 }
    self.init(
      first..<first + 1 << (shift - pageShift),
      at: entry & RadixField.realPage.mask,
      canRead: has(RadixField.read),
      canWrite: has(RadixField.write),
      canExecute: has(RadixField.execute),
      isYoung: has(RadixField.reference),
      isDirty: has(RadixField.change),
      attributes: entry & RadixField.attributes.mask
    )
  }
}

extension PartitionModel.Part {
  /// The bits of a leaf that it is.
  var mask: UInt64 {
    switch self {
    case .nothing: 0
    case .reference: RadixField.reference.mask
    case .change: RadixField.change.mask
    case .everything: .max
    }
  }
}

extension PretendHost {
  /// What is behind frames, by runs that lie one after the other; none where no slot has the first.
  func backing(of frames: Range<UInt64>) -> [PartitionModel.Backing] {
    guard let number = slotNumber(of: frames.lowerBound) else { return [] }
    let slot = slots[number]
    let own = frames.clamped(to: slot.slot.frames)
    return (slot.device ? [own.lowerBound] : borders(own, slot: number)).map { frame in
      let address = hostAddress(of: frame, slot: number)
      let place = slot.device ? nil : locate(address)
      let isWhole = place.map { !unit($0).isSplit } ?? false
      return PartitionModel.Backing(
        frame,
        at: realAddress(of: address, slot: number),
        device: slot.device ? slot.attributes : nil,
        mayBeStored: place.map { page($0).mayBeStored } ?? true,
        entryShift: isWhole ? slot.unitShift : pageShift
      )
    }
  }
}

extension PartitionSession {
  /// A frame that was taken from the guest and that it still has.
  func stillMapped(_ frames: Range<UInt64>) -> Finding? {
    let leaves = machine.base.listener.judges.leaves.values
    let kept = leaves.filter { self.frames(of: $0).overlaps(frames) }.min { $0.base < $1.base }
    return kept.map { .stillMapped($0.base, $0.entry) }
  }

  /// That every leaf is what the model promises: those that were written, and all of them where the host
  /// is not what it was.
  mutating func compareLeaves() -> Finding? {
    for leaf in machine.base.listener.judges.takeChangedLeaves() {
      if let finding = compare(leaf) { return finding }
    }
    guard comparedVersion != host.version else { return nil }
    comparedVersion = host.version
    let leaves = machine.base.listener.judges.leaves.values.sorted { $0.base < $1.base }
    for leaf in leaves {
      if let finding = compare(leaf) { return finding }
    }
    return nil
  }

  private func compare(_ leaf: RadixJudges.Leaf) -> Finding? {
    let mapping = PartitionModel.Mapping(
      base: leaf.base,
      shift: leaf.shift,
      entry: leaf.entry,
      pageShift: host.pageShift
    )
    let fault = model.judge(mapping, over: host.backing(of: mapping.frames))
    return fault.map { finding($0, leaf.entry, shift: leaf.shift, at: leaf.base) }
  }

  /// That the leaf by which a fault was handled is what the model promises.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - size: The base-2 logarithm of what the last entry on the way translated before, in bytes.
  /// - Returns: What is wrong; nil for nothing.
  func judgeHandled(_ frame: UInt64, within size: UInt64) -> Finding? {
    guard let found = leaf(of: frame) else { return nil }
    let address = frame << host.pageShift
    let mapping = PartitionModel.Mapping(
      base: (address >> found.shift) << found.shift,
      shift: found.shift,
      entry: found.entry,
      pageShift: host.pageShift
    )
    guard let run = host.backing(of: frame..<frame + 1).first else { return nil }
    let fault = model.judge(mapping, handling: frame, over: run, within: size)
    return fault.map { finding($0, found.entry, shift: found.shift, at: address) }
  }

  private func finding(
    _ fault: PartitionModel.MappingFault,
    _ entry: UInt64,
    shift: UInt64,
    at address: UInt64
  ) -> Finding {
    switch fault {
    case .beyondSlot: return .beyondSlot(address, shift: shift, entry)
    case .elsewhere(let frame, let found, let expected):
      return .wrongAccess(
        frame << host.pageShift,
        "is mapped to \(hex(found)), and the host has it at \(hex(expected))"
      )
    case .wrongAttributes: return .wrongAttributes(address, entry)
    case .wronglyWritable: return .wronglyWritable(address, entry)
    case .wrongRights:
      let number = host.slotNumber(of: address >> host.pageShift)
      let isDevice = number.map { host.slots[$0].device } ?? false
      return .wrongRights(address, entry, isDevice: isDevice)
    case .tooSmall(let largest):
      return .smallLeaf(address, shift: shift, largest: largest)
    }
  }

  /// A leaf has changed that is no business of the call's, or in bits that are none.
  ///
  /// What the hardware sets meanwhile is its own.
  func needlessChange(_ name: String, _ licence: PartitionModel.Licence) -> Finding? {
    let judges = machine.base.listener.judges
    guard !judges.touched.isEmpty else { return nil }
    let needless = judges.touched.filter { place, leaf in
      let new = machine.base.memory.descriptor(at: place) ?? 0
      let changed = (leaf.entry ^ new) & ~(judges.hardwareBits[place] ?? 0)
      return changed & ~licence.part.mask != 0 || !self.frames(of: leaf).overlaps(licence.frames)
    }
    guard let (place, leaf) = needless.min(by: { $0.key < $1.key }) else { return nil }
    return .needlessChange(name, leaf, place, machine.base.memory.descriptor(at: place) ?? 0)
  }

  /// The same by what the model lets a call change.
  func needlessChange(_ name: String, _ call: PartitionModel.Call) -> Finding? {
    needlessChange(name, model.licence(of: call))
  }

  /// What the last entry on the way to an address is, and its level, if tables lead to one not below
  /// `lowest`.
  func lastEntry(
    of address: UInt64,
    notBelow lowest: RadixLevel = 0
  ) -> (entry: UInt64, level: RadixLevel)? {
    let configuration = host.table.configuration
    var table = machine.base.listener.root & RadixField.rootBase.mask
    for level in stride(from: RadixLevel.root, through: lowest, by: -1) {
      let index = address >> configuration.shift(of: level) % (1 << configuration.bits(of: level))
      guard let entry = machine.base.memory.descriptor(at: table + index * 8) else { return nil }
      guard level > lowest, RadixField.isTable(entry) else { return (entry, level) }
      table = entry & RadixField.nextBase.mask
    }
    return nil
  }

  /// What is at a level for an address, if tables lead there.
  func entry(of address: UInt64, at level: RadixLevel) -> UInt64? {
    lastEntry(of: address, notBelow: level).flatMap { $0.level == level ? $0.entry : nil }
  }
}
