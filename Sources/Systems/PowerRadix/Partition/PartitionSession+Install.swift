import Architecture
import Checking
import Machines
import Oracles
import Reference
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
    return needlessChange("install", .install(frames: first..<first + count, answer: found))
      ?? (found == .ok ? judgeInstalled(leaf, level, address, over: before) : nil)
  }

  /// The leaf that fits at a frame, at the level that was asked for or below; nil where none does.
  private mutating func leaf(for request: LeafRequest) -> (entry: UInt64, level: RadixLevel)? {
    let configuration = host.table.configuration
    let address = host.hostAddress(of: request.frame, slot: request.slot)
    guard let place = host.locate(address) else { return nil }
    let (backed, isSplit) = (host.slots[request.slot], host.unit(place).isSplit)
    let level = stride(from: request.level, through: .last, by: -1).first { level in
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

  /// That what somebody got is what was asked for, besides what others were given already.
  private func judgeInstalled(
    _ leaf: UInt64,
    _ level: RadixLevel,
    _ address: UInt64,
    over before: UInt64?
  ) -> Finding? {
    let shift = host.table.configuration.shift(of: level)
    func mapping(_ entry: UInt64?) -> PartitionModel.Mapping? {
      guard let entry, RadixField.isLeaf(entry) else { return nil }
      let base = (address >> shift) << shift
      return .init(base: base, shift: shift, entry: entry, pageShift: host.pageShift)
    }
    let found = entry(of: address, at: level)
    if let wanted = mapping(leaf), var mapped = mapping(found) {
      let expected = PartitionModel.installing(wanted, over: mapping(before))
      // What the hardware set meanwhile is its own.
      let own = machine.base.listener.judges.hardwareBits.values.reduce(0, |)
      if own & RadixField.reference.mask != 0 { mapped.isYoung = expected.isYoung }
      if own & RadixField.change.mask != 0 { mapped.isDirty = expected.isDirty }
      if mapped == expected { return nil }
    }
    return .wrongEntry(
      expected: hex(leaf) + (before.map { " over \(hex($0))" } ?? ""),
      found: found.map(hex) ?? "under another leaf",
      fingerprint: "install",
      entryAddress: nil,
      inputAddress: address,
      level: level.number
    )
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
      return needlessChange("make_tables", .makeTables)
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
