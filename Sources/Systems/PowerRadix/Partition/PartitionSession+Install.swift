import Architecture
import Checking
import Machines
import Oracles
import Walkers

extension PartitionSession {
  /// Maps a page of the host's as somebody else than a fault's handler would, who holds it already.
  mutating func install(_ request: LeafRequest, _ result: inout Errno) -> Finding? {
    guard !host.slots[request.slot].isRemoved, !host.slots[request.slot].device,
      let (leaf, level) = leaf(for: request)
    else { return nil }
    let address = request.frame << host.pageShift
    let before = entry(of: address, at: level)
    let refusals = machine.refusalCount
    let slot = host.slots[request.slot].slot
    var found = Errno.ok
    call(allocations: request.allocations ?? .max) { host, machine in
      let count = host.invalidations - (request.isStale ? 1 : 0)
      let table = host.table
      host.handed = [count]
      found = table.install(
        leaf,
        at: address,
        level: level,
        since: count,
        of: slot,
        on: &machine,
        host: &host
      )
      host.handed = nil
    }
    result = found == .busy ? .ok : found
    let isStarved = machine.refusalCount > refusals
    let isBusy = level > 0 && before.map(RadixField.isTable) ?? false
    let expected: Errno = request.isStale ? .again : isBusy ? .busy : .ok
    guard found == expected || isStarved && found == .noMemory else {
      return .wrongResult(
        "install",
        expected: "\(expected)",
        found: "\(found)",
        fingerprint: "install \(expected) \(found)",
        inputAddress: address
      )
    }
    if let held = host.stillHeld { return held }
    let count = UInt64(1) << (host.table.configuration.shift(of: level) - host.pageShift)
    let first = request.frame / count * count
    if found == .again || found == .busy {
      return needlessChange("install", of: 0..<0, changing: 0)
    }
    return needlessChange("install", of: first..<first + count, changing: .max)
      ?? (found == .ok ? judgeInstalled(leaf, level, address, over: before) : nil)
  }

  /// The leaf that fits at a frame, at the level that was asked for or below; nil where none does.
  private mutating func leaf(for request: LeafRequest) -> (entry: UInt64, level: Int)? {
    let configuration = host.table.configuration
    let address = host.hostAddress(of: request.frame, slot: request.slot)
    guard let place = host.locate(address) else { return nil }
    let (backed, isSplit) = (host.slots[request.slot], host.unit(place).isSplit)
    let level = stride(from: request.level, through: 0, by: -1).first { level in
      guard level > 0 else { return true }
      let shift = configuration.shift(of: level)
      let count = UInt64(1) << (shift - host.pageShift)
      let first = request.frame / count * count
      let frames = first..<first + count
      return !isSplit && backed.unitShift >= shift
        && frames.clamped(to: backed.slot.frames) == frames
        && host.hostAddress(of: first, slot: request.slot) % (1 << shift) == 0
    }
    guard let level else { return nil }
    let size = UInt64(1) << configuration.shift(of: level)
    let real = host.realAddress(of: address, slot: request.slot)
    var bits = request.bits | RadixField.valid.mask | RadixField.leaf.mask
    let mayBeStored = backed.isWritable && host.page(place).entry?.isWritable == true
    if mayBeStored {
      // Whoever maps a page for stores has marked it.
      if bits & RadixField.write.mask != 0 { host.update(place) { $0.isDirty = true } }
    } else {
      bits &= ~RadixField.write.mask
    }
    return (real / size * size | bits, level)
  }

  private func judgeInstalled(
    _ leaf: UInt64,
    _ level: Int,
    _ address: UInt64,
    over before: UInt64?
  ) -> Finding? {
    let added =
      RadixField.reference.mask | RadixField.change.mask | RadixField.write.mask
    var expected = leaf
    if let before, RadixField.isLeaf(before), (before ^ leaf) & ~added == 0 { expected |= before }
    let found = entry(of: address, at: level)
    let judges = machine.base.listener.judges
    let own = judges.hardwareBits.values.reduce(0, |)
    if let found, (found ^ expected) & ~own == 0 { return nil }
    return .wrongEntry(
      expected: hex(expected),
      found: found.map(hex) ?? "under another leaf",
      fingerprint: "install",
      entryAddress: nil,
      inputAddress: address,
      level: level
    )
  }

  /// What is at a level for an address, if tables lead there.
  private func entry(of address: UInt64, at lowest: Int) -> UInt64? {
    let configuration = host.table.configuration
    var table = machine.base.listener.root & RadixField.rootBase.mask
    for level in stride(from: 3, through: lowest, by: -1) {
      let index = address >> configuration.shift(of: level) % (1 << configuration.bits(of: level))
      let entry = machine.base.memory.descriptor(at: table + index * 8)
      guard level > lowest, let entry, RadixField.isTable(entry) else {
        return level == lowest ? entry : nil
      }
      table = entry & RadixField.nextBase.mask
    }
    return nil
  }

  /// Makes tables, and judges that they are all there or that something is in their way.
  mutating func prepare(
    _ frame: UInt64,
    _ allocations: Int?,
    _ result: inout Errno
  ) -> Finding? {
    let address = frame << host.pageShift
    let refusals = machine.refusalCount
    var found: UInt64?
    call(demandsLock: false, allocations: allocations ?? .max) { host, machine in
      found = host.table.makeTables(for: address, on: &machine)
    }
    let isStarved = machine.refusalCount > refusals
    if isStarved { result = .noMemory }
    let link = entry(of: address, at: 1)
    let isTable = link.map(RadixField.isTable) ?? false
    let expected = isTable && !isStarved ? link.map { $0 & RadixField.nextBase.mask } : nil
    let isBlocked = leaf(of: frame).map { $0.level > 0 } ?? false
    if found == expected, isTable || isStarved || isBlocked {
      return needlessChange("make_tables", of: 0..<0, changing: 0)
    }
    return .wrongResult(
      "make_tables",
      expected: expected.map(hex) ?? "nothing",
      found: found.map(hex) ?? "nothing",
      fingerprint: "make_tables",
      inputAddress: address
    )
  }
}
