import Machines

@testable import Proofs
@testable import Walkers

/// How a host is tampered with.
enum HostTamper: Sendable {
  case keepsWaiting, takesNothing, reportsAll, marksAll, marksBeyond, reportsNothing, marksNothing
  case noLock, noUnlock, asksNothing, countsLate, countsUnlocked
  case pinsOther, pinsForLoads, unpinsTwice, marksNever, marksAlways, marksUnpinned
  case seesWritable, seesSmall, seesDirty
}

/// A host that is asked and told otherwise than the walker behind it would have it.
struct TamperedHost<Base: PartitionHost>: PartitionHost {
  typealias M = Base.M

  var base: Base
  let tamper: HostTamper
  private var isMarked = false

  init(_ base: Base, _ tamper: HostTamper) { (self.base, self.tamper) = (base, tamper) }

  mutating func mark(_ bits: UInt64, slot: Int, word: Int) {
    switch tamper {
    case .marksNothing: break
    case .marksBeyond: base.mark(bits, slot: slot, word: word + 1)
    case .marksAll: base.mark(0x3ffe, slot: slot, word: word)
    default: base.mark(bits, slot: slot, word: word)
    }
  }
  mutating func take(slot: Int, word: Int) -> UInt64 {
    if tamper == .takesNothing { return 0 }
    let waiting = base.take(slot: slot, word: word)
    if tamper == .keepsWaiting, waiting != 0 { base.mark(waiting, slot: slot, word: word) }
    if tamper == .reportsAll { base.report(1, slot: slot, word: word) }
    return waiting
  }
  mutating func report(_ bits: UInt64, slot: Int, word: Int) {
    if tamper != .reportsNothing { base.report(bits, slot: slot, word: word) }
  }
  mutating func invalidationCount(on machine: inout M) -> UInt64 {
    if tamper == .countsLate { _ = base.slot(holding: 5, on: &machine) }
    return base.invalidationCount(on: &machine)
  }
  mutating func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? {
    base.slot(holding: frame, on: &machine)
  }
  mutating func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? {
    base.pin(
      tamper == .pinsOther ? address ^ 0x1000 : address,
      forWrite: forWrite && tamper != .pinsForLoads,
      on: &machine
    )
  }
  mutating func unpin(_ page: HostPage) {
    if tamper == .marksAlways { base.setDirty(page) }
    base.unpin(page)
    if tamper == .unpinsTwice { base.unpin(page) }
    if tamper == .marksUnpinned, isMarked { base.setDirty(page) }
  }
  mutating func device(at address: UInt64, on machine: inout M) -> HostDevice? {
    base.device(at: address, on: &machine)
  }
  mutating func entry(at address: UInt64, on machine: inout M) -> HostEntry? {
    guard var entry = base.entry(at: address, on: &machine) else { return nil }
    switch tamper {
    case .seesWritable: (entry.isWritable, entry.isDirty) = (true, true)
    case .seesDirty: (entry.isYoung, entry.isDirty) = (true, true)
    case .seesSmall: entry.shift = 12
    default: break
    }
    return entry
  }
  mutating func setDirty(_ page: HostPage) {
    isMarked = true
    if tamper != .marksNever, tamper != .marksUnpinned { base.setDirty(page) }
  }
  mutating func lock(on machine: inout M) { if tamper != .noLock { base.lock(on: &machine) } }
  mutating func unlock(on machine: inout M) {
    if tamper != .noLock, tamper != .noUnlock { base.unlock(on: &machine) }
    if tamper == .countsUnlocked { base.countInvalidation() }
  }
  mutating func mustRetry(since count: UInt64) -> Bool {
    tamper == .asksNothing ? false : base.mustRetry(since: count)
  }
  mutating func countInvalidation() {
    if tamper != .countsUnlocked { base.countInvalidation() }
  }
}

/// The walker's calls, on a host that is tampered with.
struct TamperedCalls: PartitionCalls {
  let tamper: HostTamper

  /// Does something with a tampered host.
  private func with<H: PartitionHost, R>(
    _ host: inout H,
    _ body: (inout TamperedHost<H>) -> R
  ) -> R {
    var tampered = TamperedHost(host, tamper)
    defer { host = tampered.base }
    return body(&tampered)
  }

  func unmap<T: PartitionWalker, H: PartitionHost>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    with(&host) { table.unmap(frames, of: slot, on: &machine, log: &$0) }
  }
  func flush<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    with(&host) { table.flush(slot, on: &machine, host: &$0) }
  }
  func harvest<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    with(&host) { table.harvest(slot, on: &machine, log: &$0) }
  }
  func handle<T: PartitionWalker, H: PartitionHost>(
    _ fault: PartitionFault,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> PartitionOutcome where H.M == T.M {
    with(&host) { table.handle(fault, on: &machine, host: &$0) }
  }
}

/// Calls with a fault of their own.
struct FaultyCalls: PartitionCalls {
  enum Fault: Sendable {
    // Unmaps and harvests.
    case lastFrameLeft, oneFrameMore, readOnlySkipped, keepsChange, clearsReference
    // Ages.
    case dirtyNotAged, alwaysYoung, changeAged, ageTested
    // Installs.
    case higherAddress, lowerLevel, otherAttributes, allRights
    case always(Errno)
    case unmapsOnFailure, unmapsFirst
    case logsOnFailure, freesLinked, allocatesLocked
    // Frees.
    case walkCacheOnly, lastEntryLeft, leafTablesKept, rootTwice, linksKept
    // Faults.
    case asLoad, asRefused
    // What no call may do to its machine.
    case endless, outside, countTwice
  }

  let fault: Fault

  /// The reference's own steps, of which faulty calls are put together.
  private func steps<T: PartitionWalker>(of table: T) -> SteppedPartitionTable<T.M> {
    guard let table = table as? SteppedPartitionTable<T.M> else {
      preconditionFailure("only calls of the reference are put together anew")
    }
    return table
  }

  func unmap<T: PartitionWalker, H: PartitionHost>(
    _ frames: Range<UInt64>,
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    var frames = frames
    switch fault {
    case .lastFrameLeft: frames = frames.lowerBound..<frames.upperBound - 1
    case .oneFrameMore: frames = frames.lowerBound..<frames.upperBound + 1
    case .endless:
      if let root = table.root {
        for _ in 0..<20_000 { _ = machine.load(root, at: T.M.W(0)) }
      }
    case .outside:
      if let root = table.root { _ = machine.load(root, at: T.M.W(2)) }
    case .countTwice:
      if let root = table.root { machine.release(root, by: 2) }
    default: break
    }
    table.unmap(frames, of: slot, on: &machine, log: &host)
  }

  func harvest<T: PartitionWalker, H: PartitionHost>(
    _ slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) where H.M == T.M {
    let table = steps(of: table)
    let waiting = host.take(slot: 0, word: 0)
    if waiting != 0 { host.report(waiting, slot: 0, word: 0) }
    var frames = slot.frames
    if case .lastFrameLeft = fault { frames = frames.lowerBound..<frames.upperBound - 1 }
    for frame in frames {
      let address = frame << 12
      guard let spot = table.leaf(of: address, on: &machine) else { continue }
      let change = T.M.W(RadixLayout.change)
      guard machine.holds((spot.entry & change) .!= T.M.W(0)) else { continue }
      if case .readOnlySkipped = fault,
        machine.holds((spot.entry & T.M.W(RadixLayout.write)) .== T.M.W(0))
      {
        continue
      }
      var bits = RadixLayout.change
      if case .clearsReference = fault { bits |= RadixLayout.reference }
      if case .keepsChange = fault {
      } else {
        table.update(spot, clearing: bits, at: address, on: &machine)
      }
      table.invalidate(address, spot.level, on: &machine)
      for frame in table.frames(ofLeafAt: address, spot.level).clamped(to: slot.frames) {
        host.report(1 << (frame - slot.firstFrame), slot: 0, word: 0)
      }
    }
  }

  func age<T: PartitionWalker>(_ frame: UInt64, in table: T, on machine: inout T.M) -> Bool {
    let table = steps(of: table)
    let address = frame << 12
    guard let spot = table.leaf(of: address, on: &machine) else { return false }
    let isYoung = machine.holds((spot.entry & T.M.W(RadixLayout.reference)) .!= T.M.W(0))
    var bits = RadixLayout.reference
    switch fault {
    case .dirtyNotAged:
      if machine.holds((spot.entry & T.M.W(RadixLayout.change)) .!= T.M.W(0)) { return isYoung }
    case .changeAged: bits |= RadixLayout.change
    default: break
    }
    if isYoung { table.update(spot, clearing: bits, at: address, on: &machine) }
    if case .alwaysYoung = fault { return true }
    return isYoung
  }

  func isYoung<T: PartitionWalker>(
    _ frame: UInt64,
    in table: T,
    on machine: inout T.M
  ) -> Bool {
    if case .ageTested = fault { return table.age(frame, on: &machine) }
    return steps(of: table).leaf(of: frame << 12, on: &machine) != nil
  }

  func install<T: PartitionWalker, H: PartitionHost>(
    _ leaf: T.M.W,
    at place: (address: UInt64, level: RadixLevel),
    of slot: GuestSlot,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> Errno where H.M == T.M {
    var (leaf, place) = (leaf, place)
    switch fault {
    case .higherAddress: place.address ^= 0x1000
    case .lowerLevel: place.level -= 1
    case .otherAttributes: leaf = leaf ^ T.M.W(RadixLayout.attributes)
    case .allRights: leaf = leaf | T.M.W(7)
    case .always(let error): return error
    case .unmapsFirst:
      let frame = place.address >> 12
      host.lock(on: &machine)
      table.unmap(frame..<frame + 1, of: slot, on: &machine, log: &host)
      host.unlock(on: &machine)
    case .allocatesLocked:
      host.lock(on: &machine)
      let spare = machine.allocateTable(level: 1)
      host.unlock(on: &machine)
      if let spare { machine.release(spare) }
    default: break
    }
    let result = WalkersCalls().install(
      leaf,
      at: place,
      of: slot,
      in: table,
      on: &machine,
      host: &host
    )
    switch fault {
    case .unmapsOnFailure where result != .ok:
      let frame = place.address >> 12
      table.unmap(frame..<frame + 1, of: slot, on: &machine, log: &host)
    case .logsOnFailure where result != .ok: host.mark(1, slot: 0, word: 0)
    case .freesLinked where result == .ok:
      if let linked = table.makeTables(for: place.address, on: &machine) {
        machine.release(linked)
      }
    default: break
    }
    return result
  }

  func free<T: PartitionWalker>(_ freed: inout T, on machine: inout T.M) {
    var table = steps(of: freed)
    defer { if let table = table as? T { freed = table } }
    guard let root = table.root else { return }
    for index: UInt64 in 0...1 {
      let place = T.M.W(index)
      let entry = machine.load(root, at: place)
      guard table.isTable(entry, on: &machine) else { continue }
      let next = entry & T.M.W(RadixLayout.nextBase)
      let child = machine.table(at: next, linkedFrom: root, index: place)
      if case .linksKept = fault {
        // An entry that only differs from what it was is still one that a walk follows.
        machine.store(entry, to: root, at: place, order: .relaxed)
      } else {
        machine.store(T.M.W(0), to: root, at: place, order: .relaxed)
      }
      if case .walkCacheOnly = fault {
        table.invalidate(.walkCache, RadixLayout.allOfPartition, on: &machine)
      } else {
        table.forgetAll(on: &machine)
      }
      switch fault {
      case .lastEntryLeft where index == 1: break
      case .leafTablesKept: machine.release(child)
      default: table.freeTable(child, level: 2, on: &machine)
      }
    }
    machine.freeRoot(root, pageCount: 1)
    if case .rootTwice = fault { machine.freeRoot(root, pageCount: 1) }
    table.directory = nil
  }

  func handle<T: PartitionWalker, H: PartitionHost>(
    _ fault: PartitionFault,
    in table: T,
    on machine: inout T.M,
    host: inout H
  ) -> PartitionOutcome where H.M == T.M {
    var changed = fault
    switch self.fault {
    case .asLoad: changed.isWrite = false
    case .asRefused: changed.cause = .badAccess
    case .oneFrameMore:
      table.unmap(4..<5, of: GuestSlot(frames: 0..<16, hostAddress: 0), on: &machine, log: &host)
    default: break
    }
    return table.handle(changed, on: &machine, host: &host)
  }
}
