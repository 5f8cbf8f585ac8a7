import Machines
import Reference
import Schedules
import Walkers

extension PfnCaseThread {
  /// Takes host pages away, or seems to.
  mutating func invalidate(
    _ pages: Range<Int>,
    _ change: PfnCacheOperation.PageChange,
    maySleep: Bool
  ) -> Errno {
    let range = HostRange(
      start: PfnHost.hostAddress(pages.lowerBound),
      end: PfnHost.hostAddress(pages.upperBound)
    )
    let (owner, host) = (state.pointee.owner, state.pointee.host)
    if !maySleep { machine.acquire(HostRecord.reaper, of: host, .spin) }
    let beginning = state.pointee.model.beganInvalidation()
    for page in pages { state.pointee.underInvalidation[page] += 1 }
    walker.beginInvalidation(&machine, owner, range, maySleep: maySleep)
    for page in pages { state.pointee.underInvalidation[page] -= 1 }
    state.pointee.model.invalidated(
      pages.map(PfnHost.hostAddress),
      by: thread,
      since: beginning
    )
    if state.pointee.plan.looksAfterwards { inSection { $0.checkCaches() } }
    if change != .nothing {
      machine.acquire(HostRecord.lock, of: host, .spin)
      for page in pages { replace(page, change) }
      machine.release(HostRecord.lock, of: host, .spin)
    }
    walker.endInvalidation(&machine, owner, range)
    state.pointee.model.endedInvalidation()
    if !maySleep { machine.release(HostRecord.reaper, of: host, .spin) }
    return .ok
  }

  /// Gives a page's frame up, and then puts something else into the page table.
  private mutating func replace(_ page: Int, _ change: PfnCacheOperation.PageChange) {
    let host = state.pointee.host
    let entry = HostRecord.entry(page)
    var old = machine.read(entry, of: host, .once)
    while true {
      if old > PfnHost.swapped {
        machine.giveUp(old)
        state.pointee.model.gaveUp(PfnHost.hostAddress(page))
      }
      var new = PfnHost.absent
      if change == .swap, old != PfnHost.absent { new = PfnHost.swapped }
      if change == .move { new = PfnHost.frame(page, old == PfnHost.frame(page, 0) ? 1 : 0) }
      // A page may be read in meanwhile.
      let found = machine.compareExchange(old, with: new, entry, of: host, .full)
      guard found == old else {
        old = found
        continue
      }
      if new > PfnHost.swapped {
        state.pointee.model.placed(new, at: PfnHost.hostAddress(page))
      }
      return
    }
  }

  /// Publishes another layout of the slots, and frees the old one when nobody reads it any more.
  mutating func changeSlots(_ page: Int, _ change: PfnCacheOperation.SlotChange) -> Errno {
    let owner = state.pointee.owner
    machine.acquire(PfnMachineRecord.slotsLock, of: owner, .mutex)
    defer { machine.release(PfnMachineRecord.slotsLock, of: owner, .mutex) }
    let old = machine.read(PfnMachineRecord.slots, of: owner, .once)
    guard let new = machine.allocate(SlotsRecord.layout, isZeroed: true, maySleep: true) else {
      return .noMemory
    }
    var layout: [UInt64?] = []
    for other in 0..<PfnCachePlan.pageCount {
      var address = machine.read(SlotsRecord.hostAddress(other), of: old, .plain)
      if other == page {
        switch change {
        case .touch: break
        case .move(let target): address = PfnHost.hostAddress(target)
        case .remove: address = HostMemory.noAddress
        }
      }
      machine.write(address, SlotsRecord.hostAddress(other), of: new, .plain)
      layout.append(address == HostMemory.noAddress ? nil : address)
    }
    let generation = machine.read(SlotsRecord.generation, of: old, .plain)
    machine.write(generation + 1, SlotsRecord.generation, of: new, .plain)
    machine.write(new, PfnMachineRecord.slots, of: owner, .release)
    state.pointee.model.published(layout)
    machine.synchronise(.srcu(PfnMachineRecord.slotsDomain, of: owner))
    state.pointee.model.retired()
    machine.free(old)
    return .ok
  }

  /// Takes the dirty log.
  mutating func harvest() -> Errno {
    for page in 0..<PfnCachePlan.pageCount {
      let found = machine.update(
        HostRecord.dirty(page),
        of: state.pointee.host,
        .exchange,
        0,
        .full
      )
      state.pointee.model.harvested(UInt64(page), isDirty: found != 0)
    }
    return .ok
  }

  // MARK: The end

  /// Looks at everything when nobody else is there, and takes all caches out of use.
  mutating func audit() {
    state.pointee.model.restsNow(areCachesInUse: true)
    for vcpu in state.pointee.vcpus {
      let requests = machine.read(VCPURecord.requests, of: vcpu, .once)
      state.pointee.model.found(requests: requests)
    }
    _ = harvest()
    inSection { $0.auditCaches() }
    for cache in 0..<PfnCachePlan.cacheCount { _ = finish(cache, .deactivate) }
    state.pointee.model.restsNow(areCachesInUse: false)
    _ = harvest()
    inSection { thread in
      for cache in 0..<PfnCachePlan.cacheCount {
        let bytes = PfnCacheOperation.Bytes(address: 0, length: 8)
        _ = thread.refresh(cache, bytes, willWrite: false)
        for bytes in thread.state.pointee.asked[cache] { _ = thread.check(cache, bytes) }
      }
    }
    // Caches that are not in use may go, and no invalidation finds them any more.
    for cache in state.pointee.caches { machine.free(cache) }
    let all = HostRange(
      start: PfnHost.hostAddress(0),
      end: PfnHost.hostAddress(PfnCachePlan.pageCount)
    )
    walker.beginInvalidation(&machine, state.pointee.owner, all, maySleep: true)
    walker.endInvalidation(&machine, state.pointee.owner, all)
  }

  /// Asks every cache for all that it was ever asked for.
  private mutating func checkCaches() {
    for cache in 0..<PfnCachePlan.cacheCount {
      for bytes in state.pointee.asked[cache] { _ = check(cache, bytes) }
    }
  }

  private mutating func auditCaches() {
    for cache in 0..<PfnCachePlan.cacheCount {
      let isMapped = state.pointee.plan.uses[cache] & PfnCacheUse.kernel != 0
      for bytes in state.pointee.asked[cache] where check(cache, bytes) {
        if isMapped { _ = access(cache, bytes, isWrite: false) }
        _ = invalidate(0..<PfnCachePlan.pageCount, .nothing, maySleep: true)
        if check(cache, bytes) { state.pointee.model.survivedInvalidation(cache) }
      }
    }
  }
}
