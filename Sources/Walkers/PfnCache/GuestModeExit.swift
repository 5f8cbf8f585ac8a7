public import Machines

/// Vcpus that have to leave guest mode, by their bits.
public struct VCPUSet<W: Word> {
  @usableFromInline var bits = W(0)

  /// Nobody.
  @inlinable
  public init() {}
}

extension VCPUSet {
  /// Adds the vCPU that a cache names, where it is used in guest mode and names one.
  @inlinable
  public mutating func insertUser<M: HostMemoryMachine>(
    of cache: M.Record,
    _ machine: inout M
  ) where M.W == W {
    let use = machine.read(PfnCacheRecord.use, of: cache, .plain)
    guard machine.holds(use & M.W(PfnCacheUse.guest) .!= M.W(0)) else { return }
    if let vcpu = machine.follow(PfnCacheRecord.vcpu, of: cache, .plain) {
      bits = bits | machine.read(VCPURecord.bit, of: vcpu, .plain)
    }
  }

  /// Interrupts those of them that are in guest mode, and waits until each has left it where that is
  /// asked.
  ///
  /// A vCPU says that it is in guest mode, and then looks whether it may be; here it was said first that
  /// it may not. Between the one and the other there is a full fence on both sides; without it both may
  /// find what is old. `request` is left for the vCPU to serve; 0 for nothing.
  /// - Returns: whether one was in guest mode.
  @inlinable
  public func leaveGuestMode<M: HostMemoryMachine>(
    of owner: M.Record,
    _ machine: inout M,
    request: W,
    isAwaited: Bool
  ) -> Bool where M.W == W {
    guard machine.holds(bits .!= W(0)) else { return false }
    var wasInside = false
    var next = machine.follow(PfnMachineRecord.vcpu, of: owner, .acquire)
    while let vcpu = next {
      if machine.holds(machine.read(VCPURecord.bit, of: vcpu, .plain) & bits .!= W(0)) {
        if machine.holds(request .!= W(0)) {
          _ = machine.update(VCPURecord.requests, of: vcpu, .or, request, .full)
        }
        machine.fence(.smpMB)
        wasInside = kick(vcpu, &machine, isAwaited: isAwaited) || wasInside
      }
      next = machine.follow(VCPURecord.next, of: vcpu, .plain)
    }
    return wasInside
  }

  @inlinable
  func kick<M: HostMemoryMachine>(
    _ vcpu: M.Record,
    _ machine: inout M,
    isAwaited: Bool
  ) -> Bool where M.W == W {
    guard machine.holds(machine.read(VCPURecord.mode, of: vcpu, .acquire) .!= W(0)) else {
      return false
    }
    machine.write(W(1), VCPURecord.isKicked, of: vcpu, .once)
    while isAwaited,
      machine.holds(machine.read(VCPURecord.mode, of: vcpu, .acquire) .!= W(0))
    {
      machine.mightSleep()
      machine.yield()
    }
    return true
  }
}
