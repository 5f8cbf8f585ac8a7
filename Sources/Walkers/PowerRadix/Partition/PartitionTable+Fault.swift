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
    let isLocking = !flaws.contains(.recordedUnlocked)
    if isLocking {
      host.lock(on: &machine)
      if host.mustRetry(since: request.count) {
        host.unlock(on: &machine)
        return true
      }
    }
    defer { if isLocking { host.unlock(on: &machine) } }
    guard let spot = leaf(of: request.address, on: &machine) else { return false }
    let right = M.W(request.isWrite ? RadixLayout.write : RadixLayout.read)
    if !flaws.contains(.recordedUnpermitted) {
      guard machine.holds((spot.entry & right) .!= M.W(0)) else { return false }
    }
    let bits = RadixLayout.reference | (request.isWrite ? RadixLayout.change : 0)
    _ = update(spot, setting: bits, at: request.address, on: &machine)
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
    let entry = host.entry(at: request.hostAddress, on: &machine)
    if entry == nil {
      // The host is changing its mind about the page.
      guard flaws.contains(.hostEntryTrusted) else { return .resume }
      machine.warn(Site("the host's entry is used, and there is none"))
    }
    // A compound page may be mapped in part, or in pieces that lie apart.
    let hostShift = flaws.contains(.compoundTrusted) ? page.shift : entry?.shift ?? page.shift
    let isWritable = request.isWrite || entry.map { $0.isWritable && $0.isDirty } ?? false
    var bits =
      RadixLayout.present | RadixLayout.leaf | RadixLayout.reference | RadixLayout.read
      | RadixLayout.execute
    if isWritable { bits |= RadixLayout.write | RadixLayout.change }
    var level = 2
    var result = Errno.busy
    repeat {
      while level > 0, !fits(hostShift, request, level) { level &-= 1 }
      let size: UInt64 = 1 &<< configuration.shift(of: level)
      let leaf = M.W(page.realAddress & ~(size &- 1) | bits)
      result = install(
        leaf,
        at: request.address,
        level: level,
        since: request.count,
        of: request.slot,
        on: &machine,
        host: &host
      )
      level &-= 1
    } while result == .busy
    if result == .ok, isWritable, !flaws.contains(.hostDirtyAssumed) { host.setDirty(page) }
    return result == .ok || result == .again ? .resume : .failed(result)
  }

  /// Whether a leaf of a level maps nothing but what is the slot's, and what the host's entry for
  /// 2^`hostShift` bytes maps.
  @inlinable
  func fits(_ hostShift: UInt64, _ request: FaultRequest, _ level: Int) -> Bool {
    let shift = configuration.shift(of: level)
    guard hostShift >= shift else { return false }
    let frames = frames(ofLeafAt: request.address, level)
    if !flaws.contains(.leafBeyondSlot) {
      guard frames.clamped(to: request.slot.frames) == frames else { return false }
    }
    let difference = request.address ^ request.hostAddress
    return flaws.contains(.alignmentOfHighBits)
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
    if flaws.contains(.deviceBitsCopied) {
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

/// What a fault asks for.
@usableFromInline
struct FaultRequest: Sendable, Hashable {
  /// The guest real address of the page.
  @usableFromInline let address: UInt64
  /// The host address of the page.
  @usableFromInline let hostAddress: UInt64
  /// Stores have to be permitted.
  @usableFromInline let isWrite: Bool
  /// The slot.
  @usableFromInline let slot: GuestSlot
  /// How many invalidations there were before anything was asked.
  @usableFromInline let count: UInt64

  @inlinable
  init(address: UInt64, hostAddress: UInt64, isWrite: Bool, slot: GuestSlot, count: UInt64) {
    self.address = address
    self.hostAddress = hostAddress
    self.isWrite = isWrite
    self.slot = slot
    self.count = count
  }
}
