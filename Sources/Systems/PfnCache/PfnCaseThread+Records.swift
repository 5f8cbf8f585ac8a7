import Machines
import Schedules
import Walkers

extension PfnCaseThread {
  /// Makes all that a case's threads share, before there are any.
  mutating func makeRecords() {
    let owner = make(PfnMachineRecord.layout)
    let host = make(HostRecord.layout)
    let slots = make(SlotsRecord.layout)
    for lock in [
      PfnMachineRecord.listLock, PfnMachineRecord.notifierLock, PfnMachineRecord.slotsLock,
      PfnMachineRecord.tableLock,
    ] {
      machine.initialise(lock, of: owner)
    }
    for lock in [HostRecord.lock, HostRecord.reaper] { machine.initialise(lock, of: host) }
    for page in 0..<PfnCachePlan.pageCount {
      machine.write(PfnHost.frame(page, 0), HostRecord.entry(page), of: host, .plain)
      machine.write(PfnHost.hostAddress(page), SlotsRecord.hostAddress(page), of: slots, .plain)
    }
    machine.write(slots, PfnMachineRecord.slots, of: owner, .plain)
    for number in 0..<state.pointee.plan.vcpuCount {
      let vcpu = make(VCPURecord.layout)
      machine.write(1 << UInt64(number), VCPURecord.bit, of: vcpu, .plain)
      machine.write(state.pointee.vcpus.last ?? 0, VCPURecord.next, of: vcpu, .plain)
      machine.write(vcpu, PfnMachineRecord.vcpu, of: owner, .plain)
      state.pointee.vcpus.append(vcpu)
    }
    state.pointee.owner = owner
    state.pointee.host = host
    walker.prepare(&machine, owner)
    for _ in 0..<PfnCachePlan.cacheCount {
      let cache = make(PfnCacheRecord.layout)
      state.pointee.caches.append(cache)
      walker.construct(&machine, PfnCacheHandle(owner: owner, record: cache))
    }
  }

  /// A zeroed record; there is room for all that a case begins with.
  private mutating func make(_ layout: Layout) -> UInt64 {
    guard let record = machine.allocate(layout, isZeroed: true, maySleep: true) else {
      preconditionFailure("no room for \(layout.name)")
    }
    return record
  }
}
