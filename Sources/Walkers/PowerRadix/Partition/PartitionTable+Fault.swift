public import Machines

extension PartitionTable {
  /// Handles a fault.
  ///
  /// - Parameters:
  ///   - fault: The fault.
  ///   - machine: The machine.
  ///   - host: The host.
  /// - Returns: What becomes of the guest: `reflect` for a bad access, and for one of the guest's own
  ///   tables to no slot; `emulate` for other accesses to no slot; `failed` with `fault` where the host
  ///   has no memory that permits the access, and with `noMemory` where a table could not be made.
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
    let request = FaultRequest(
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
    let outcome = map(page, request, on: &machine, host: &host)
    host.unpin(page)
    return outcome
  }

  /// Sets reference and change where the host has them already, and there is a leaf that permits the
  /// access.
  ///
  /// Another leaf is no better for having them: the guest would come back with the same fault.
  @inlinable
  func isRecorded<H: PartitionHost>(
    _ request: FaultRequest,
    on machine: inout M,
    host: inout H
  ) -> Bool where H.M == M {
    guard let entry = host.entry(at: request.hostAddress, on: &machine), entry.isYoung,
      entry.isDirty || !request.isWrite
    else { return false }
    host.lock(on: &machine)
    defer { host.unlock(on: &machine) }
    if host.mustRetry(since: request.count) { return true }
    guard let spot = leaf(of: request.address, on: &machine) else { return false }
    let right = M.W(request.isWrite ? RadixLayout.write : RadixLayout.read)
    guard machine.holds((spot.entry & right) .!= M.W(0)) else { return false }
    let bits = RadixLayout.reference | (request.isWrite ? RadixLayout.change : 0)
    update(spot, setting: M.W(bits), at: request.address, on: &machine)
    return true
  }

  /// Maps a page of the host's, in the largest leaf that fits.
  @inlinable
  func map<H: PartitionHost>(
    _ page: HostPage,
    _ request: FaultRequest,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M {
    // Without an entry the host is changing its mind about the page.
    guard let entry = host.entry(at: request.hostAddress, on: &machine) else { return .resume }
    let isWritable = request.isWrite || entry.isWritable && entry.isDirty
    var bits =
      RadixLayout.present | RadixLayout.leaf | RadixLayout.reference | RadixLayout.read
      | RadixLayout.execute
    if isWritable { bits |= RadixLayout.write | RadixLayout.change }
    var level = highestLevel(entry.shift, request)
    guard var spot = descend(request.address, to: level, on: &machine) else {
      return .failed(.noMemory)
    }
    while true {
      if level > 0, spot.level == level, isTable(spot.entry, on: &machine) {
        // A leaf replaces no table, so it is one of those below.
        level &-= 1
      } else {
        let size: UInt64 = 1 &<< configuration.shift(of: level)
        let result = install(
          M.W(page.realAddress & ~(size &- 1) | bits),
          at: request.address,
          level: level,
          from: spot,
          since: request.count,
          of: request.slot,
          on: &machine,
          host: &host
        )
        if result == .ok, isWritable { host.setDirty(page) }
        if result != .busy { return PartitionTable.outcome(of: result) }
      }
      spot = descend(request.address, from: spot, to: level, on: &machine)
    }
  }

  /// What becomes of a guest for whom a leaf was to be installed.
  @inlinable @inline(__always)
  static func outcome(of result: Errno) -> PartitionOutcome {
    result == .ok || result == .again ? .resume : .failed(result)
  }

  /// The highest level at which a leaf maps nothing but what is the slot's, and what the host's entry
  /// for 2^`hostShift` bytes maps.
  @inlinable
  func highestLevel(_ hostShift: UInt64, _ request: FaultRequest) -> RadixLevel {
    // Guest and host addresses lie alike in a leaf of no more than this.
    let alike = (request.address ^ request.hostAddress).trailingZeroBitCount
    let reach = min(hostShift, UInt64(alike))
    for level in [2, 1] as [RadixLevel] where configuration.shift(of: level) <= reach {
      let frames = frames(ofLeafAt: request.address, level)
      if frames.clamped(to: request.slot.frames) == frames { return level }
    }
    return 0
  }

  /// Maps a device's memory.
  @inlinable
  func mapDevice<H: PartitionHost>(
    _ request: FaultRequest,
    on machine: inout M,
    host: inout H
  ) -> PartitionOutcome where H.M == M {
    guard let device = host.device(at: request.hostAddress, on: &machine),
      device.isWritable || !request.isWrite
    else { return .failed(.fault) }
    var bits =
      RadixLayout.present | RadixLayout.leaf | RadixLayout.reference | RadixLayout.read
      | device.protection & RadixLayout.attributes
    if device.isWritable { bits |= RadixLayout.write | RadixLayout.change }
    let result = install(
      M.W(device.realAddress | bits),
      at: request.address,
      level: 0,
      since: request.count,
      of: request.slot,
      on: &machine,
      host: &host
    )
    return PartitionTable.outcome(of: result)
  }
}
