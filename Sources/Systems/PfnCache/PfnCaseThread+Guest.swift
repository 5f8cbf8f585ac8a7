import Machines
import Reference
import Schedules
import Walkers

extension PfnCaseThread {
  /// Enters guest mode with the frame of a cache, after one refresh where it is not valid.
  /// - Returns: whether the guest ran.
  mutating func enterGuest(
    _ cache: Int,
    _ bytes: PfnCacheOperation.Bytes,
    accessCount: Int,
    isWrite: Bool
  ) -> Bool {
    guard let vcpu = state.pointee.vcpu(of: cache) else { return false }
    for attempt in 0..<2 {
      if attempt > 0 { _ = refresh(cache, bytes, willWrite: isWrite) }
      if runGuest(vcpu, cache, bytes, accessCount, isWrite) { return true }
    }
    return false
  }

  private mutating func runGuest(
    _ vcpu: UInt64,
    _ cache: Int,
    _ bytes: PfnCacheOperation.Bytes,
    _ accessCount: Int,
    _ isWrite: Bool
  ) -> Bool {
    machine.write(0, VCPURecord.isKicked, of: vcpu, .once)
    machine.write(1, VCPURecord.mode, of: vcpu, .once)
    machine.fence(.smpMB)
    guard machine.read(VCPURecord.requests, of: vcpu, .once) == 0 else {
      machine.write(0, VCPURecord.mode, of: vcpu, .release)
      return false
    }
    let call = state.pointee.model.began(.check, thread, cache: cache)
    let frame = walker.frameInGuestMode(&machine, handle(cache), bytes.words)
    ended(call, bytes, saysYes: frame != nil, frame)
    if let frame {
      state.pointee.model.usesInGuestMode(thread, frame: frame)
    } else {
      state.pointee.situations.count(.lostFrameOnEntry)
    }
    let page = bytes.address >> 12
    var notes = 0
    var hasWritten = false
    if let frame {
      var wasKicked = false
      for _ in 0..<accessCount {
        wasKicked = isKicked(vcpu)
        if wasKicked { break }
        machine.access(frame, isWrite: isWrite)
        state.pointee.model.accessedInGuestMode(
          thread,
          guestAddress: bytes.address,
          frame: frame
        )
        guard isWrite, !hasWritten else { continue }
        notes = state.pointee.model.wrote(page)
        hasWritten = true
      }
      if state.pointee.plan.guestStays, !wasKicked { stayUntilKicked(vcpu, frame) }
    }
    machine.write(0, VCPURecord.mode, of: vcpu, .release)
    state.pointee.model.leftGuestMode(thread)
    if hasWritten {
      walker.noteWrite(&machine, handle(cache), bytes.words)
      state.pointee.model.writeEnded(page, notes)
    }
    return frame != nil
  }

  /// A guest knows of no invalidation: while one is under way of what it uses, it leaves when it is kicked.
  private mutating func stayUntilKicked(_ vcpu: UInt64, _ frame: UInt64) {
    guard let index = PfnHost.index(of: frame) else { return }
    while state.pointee.underInvalidation[index / 2] > 0, !isKicked(vcpu) { machine.yield() }
  }

  private mutating func isKicked(_ vcpu: UInt64) -> Bool {
    guard machine.read(VCPURecord.isKicked, of: vcpu, .once) != 0 else { return false }
    state.pointee.situations.count(.wasKicked)
    return true
  }
}
