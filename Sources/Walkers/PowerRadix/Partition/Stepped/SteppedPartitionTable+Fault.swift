public import Machines

extension SteppedPartitionTable {
  /// Handles a fault; see `PartitionTable.handle`.
  @inlinable
  public func handle<H: PartitionHost>(
    _ fault: PartitionFault,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M {
    switch fault.cause {
    case .unsupported: return .failed(.fault)
    case .badAccess: return .reflect
    case .translation, .referenceOrChange, .tableWalk: break
    }
    // The four highest bits say how the access was made.
    let address = fault.address & 0x0fff_ffff_ffff_f000
    // Counted before anything is asked, so that no answer is older.
    let count = host.invalidationCount(on: &machine)
    let frame = address &>> configuration.pageShift
    guard let slot = host.slot(holding: frame, on: &machine) else {
      return fault.cause == .translation ? .emulate : .reflect
    }
    let offset = (frame &- slot.firstFrame) &<< configuration.pageShift
    var request = FaultRequest(
      address: frame &<< configuration.pageShift,
      hostAddress: slot.hostAddress &+ offset,
      isWrite: fault.isWrite,
      slot: slot,
      count: count
    )
    if fault.cause == .referenceOrChange, isRecorded(request, on: &machine, host: &host) {
      return .resume
    }
    guard let page = host.pin(request.hostAddress, forWrite: fault.isWrite, on: &machine) else {
      return mapDevice(request, on: &machine, host: &host)
    }
    if faults.contains(.countTakenLate) {
      request = request.counted(host.invalidationCount(on: &machine))
    }
    let outcome = map(page, request, on: &machine, host: &host)
    host.unpin(page)
    return outcome
  }

  /// Sets reference and change where the host has them already, and there is a leaf that permits the
  /// access; says whether that is all there is to do.
  @inlinable
  func isRecorded<H: PartitionHost>(
    _ request: FaultRequest,
    on machine: inout M,
    host: inout H
  ) -> Bool where H.M == M {
    guard let entry = host.entry(at: request.hostAddress, on: &machine), entry.isYoung,
      entry.isDirty || !request.isWrite
    else { return false }
    if faults.contains(.recordedUnlocked) { return hasRecorded(request, on: &machine) }
    host.lock(on: &machine)
    let isDone = host.mustRetry(since: request.count) || hasRecorded(request, on: &machine)
    host.unlock(on: &machine)
    return isDone
  }

  @inlinable
  func hasRecorded(_ request: FaultRequest, on machine: inout M) -> Bool {
    guard let spot = leaf(of: request.address, on: &machine) else { return false }
    let right = M.W(request.isWrite ? RadixLayout.write : RadixLayout.read)
    if !faults.contains(.recordedUnpermitted) {
      guard machine.holds((spot.entry & right) .!= M.W(0)) else { return false }
    }
    let bits = RadixLayout.reference | (request.isWrite ? RadixLayout.change : 0)
    update(spot, setting: bits, at: request.address, on: &machine)
    return true
  }

  /// Maps a page of the host's: level by level, from the highest down, until a leaf fits and goes in.
  @inlinable
  func map<H: PartitionHost>(
    _ page: HostPage,
    _ request: FaultRequest,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M {
    let entry = host.entry(at: request.hostAddress, on: &machine)
    if entry == nil {
      // The host is changing its mind about the page.
      guard faults.contains(.hostEntryTrusted) else { return .resume }
      machine.warn(Site("the host's entry is used, and there is none"))
    }
    // A compound page may be mapped in part, or in pieces that lie apart.
    let hostShift = faults.contains(.compoundTrusted) ? page.shift : entry?.shift ?? page.shift
    let isWritable = request.isWrite || entry.map { $0.isWritable && $0.isDirty } ?? false
    var bits =
      RadixLayout.present | RadixLayout.leaf | RadixLayout.reference | RadixLayout.read
      | RadixLayout.execute
    if isWritable { bits |= RadixLayout.write | RadixLayout.change }
    var result = Errno.busy
    for level in [2, 1, 0] as [RadixLevel] where result == .busy && fits(hostShift, request, level)
    {
      let size: UInt64 = 1 &<< configuration.shift(of: level)
      result = install(
        M.W(page.realAddress & ~(size &- 1) | bits),
        at: request.address,
        level: level,
        since: request.count,
        of: request.slot,
        on: &machine,
        host: &host
      )
    }
    if result == .ok, isWritable, !faults.contains(.hostDirtyAssumed) { host.setDirty(page) }
    return result == .ok || result == .again ? .resume : .failed(result)
  }

  /// Whether a leaf of a level maps nothing but what is the slot's, and what the host's entry for
  /// 2^`hostShift` bytes maps; a page always does.
  @inlinable
  func fits(_ hostShift: UInt64, _ request: FaultRequest, _ level: RadixLevel) -> Bool {
    guard level > 0 else { return true }
    let shift = configuration.shift(of: level)
    guard hostShift >= shift else { return false }
    if !faults.contains(.leafBeyondSlot) {
      let asked = faults.contains(.slotOfNextLevel) ? level &+ 1 : level
      let frames = frames(ofLeafAt: request.address, asked)
      guard frames.clamped(to: request.slot.frames) == frames else { return false }
    }
    let difference = request.address ^ request.hostAddress
    return faults.contains(.alignmentOfHighBits)
      ? difference &>> shift == 0 : difference & (1 &<< shift &- 1) == 0
  }

  /// Maps a device's memory.
  @inlinable
  func mapDevice<H: PartitionHost>(
    _ request: FaultRequest,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M {
    guard let device = host.device(at: request.hostAddress, on: &machine) else {
      return .failed(.fault)
    }
    var bits = RadixLayout.present | RadixLayout.leaf | RadixLayout.reference
    if faults.contains(.deviceBitsCopied) {
      guard device.realAddress != 0 else { return .failed(.fault) }
      bits |= device.protection
    } else {
      guard device.isWritable || !request.isWrite else { return .failed(.fault) }
      bits |= RadixLayout.read | device.protection & RadixLayout.attributes
      if device.isWritable { bits |= RadixLayout.write | RadixLayout.change }
    }
    let result = install(
      M.W(device.realAddress | bits),
      at: request.address,
      level: 0,
      since: request.count,
      of: request.slot,
      on: &machine,
      host: &host
    )
    return result == .ok || result == .again ? .resume : .failed(result)
  }
}
