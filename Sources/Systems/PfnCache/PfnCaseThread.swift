import Machines
import Reference
import Schedules
import Walkers

/// One thread of a case: performs its operations, and tells the model of each.
struct PfnCaseThread<Walker: PfnCacheWalker, S: Scheduler, L: RecordListener> {
  typealias Machine = HostedMachine<S, L>

  let walker: Walker
  var machine: Machine

  init(_ walker: Walker, _ base: ScheduledMachine<S, L>, _ state: UnsafeMutablePointer<PfnHost>) {
    self.walker = walker
    var invalidateOther: ((inout Machine) -> Void)?
    if state.pointee.plan.mapsInvalidate {
      invalidateOther = { machine in
        let range = HostRange<UInt64>(start: 0x1000, end: 0x2000)
        let owner = machine.state.pointee.owner
        walker.beginInvalidation(&machine, owner, range, maySleep: true)
        walker.endInvalidation(&machine, owner, range)
      }
    }
    machine = HostedMachine(base: base, state: state, invalidateOther: invalidateOther)
  }

  var state: UnsafeMutablePointer<PfnHost> { machine.state }
  var thread: Int { machine.thread }

  func handle(_ cache: Int) -> PfnCacheHandle<Machine> {
    PfnCacheHandle(owner: state.pointee.owner, record: state.pointee.caches[cache])
  }

  /// Performs all operations of this thread, in order.
  mutating func perform() {
    var index = 0
    while index < state.pointee.operations.count {
      let operation = state.pointee.operations[index]
      if operation.thread ?? 0 == thread { perform(operation, index) }
      index += 1
    }
  }

  mutating func perform(_ operation: PfnCacheOperation, _ index: Int) {
    state.pointee.situations.began(operation, thread)
    let result: Errno
    switch operation.kind {
    case .access(let cache, let bytes, let isWrite):
      result = inSection { $0.access(cache, bytes, isWrite: isWrite) } ? .ok : .again
    case .check(let cache, let bytes):
      result = inSection { $0.check(cache, bytes) } ? .ok : .again
    case .refresh(let cache, let bytes, let willWrite):
      result = inSection { $0.refresh(cache, bytes, willWrite: willWrite) }
    case .activate(let cache, let bytes, let willWrite):
      result = inSection { $0.activate(cache, bytes, willWrite: willWrite) }
    case .unmap(let cache):
      result = finish(cache, .unmap)
    case .deactivate(let cache):
      result = finish(cache, .deactivate)
    case .enterGuest(let cache, let bytes, let count, let isWrite):
      let wasInside = inSection {
        $0.enterGuest(cache, bytes, accessCount: count, isWrite: isWrite)
      }
      result = wasInside ? .ok : .again
    case .invalidate(let first, let count, let change, let maySleep):
      result = invalidate(first..<first + count, change, maySleep: maySleep)
    case .changeSlots(let page, let change):
      result = changeSlots(page, change)
    case .harvest:
      result = harvest()
    case .join:
      result = .ok
    }
    state.pointee.situations.ended(thread)
    state.pointee.results[index] = result
  }

  // MARK: Calls on caches

  /// Does what reads slots.
  mutating func inSection<Result>(_ body: (inout Self) -> Result) -> Result {
    let domain = ReadDomain.srcu(PfnMachineRecord.slotsDomain, of: state.pointee.owner)
    machine.enterSection(domain)
    state.pointee.model.enteredSection(thread)
    let result = body(&self)
    machine.leaveSection(domain)
    return result
  }

  mutating func check(_ cache: Int, _ bytes: PfnCacheOperation.Bytes) -> Bool {
    state.pointee.asks(cache, bytes)
    let handle = handle(cache)
    let call = state.pointee.model.began(.check, thread, cache: cache)
    if !Walker.checksWithoutLock {
      machine.acquire(PfnCacheRecord.lock, of: handle.record, .readIRQ)
    }
    var saysYes: Bool
    var frame: UInt64?
    if Walker.checksWithoutLock, state.pointee.plan.asksForFrames {
      frame = walker.frameInGuestMode(&machine, handle, bytes.words)
      saysYes = frame != nil
    } else {
      saysYes = walker.check(&machine, handle, bytes.words)
    }
    ended(call, bytes, saysYes: saysYes, frame)
    if !Walker.checksWithoutLock {
      machine.release(PfnCacheRecord.lock, of: handle.record, .readIRQ)
    }
    return saysYes
  }

  func ended(
    _ call: PfnCacheCall,
    _ bytes: PfnCacheOperation.Bytes,
    saysYes: Bool,
    _ frame: UInt64? = nil
  ) {
    state.pointee.model.ended(
      call,
      guestAddress: bytes.address,
      length: bytes.length,
      saysYes: saysYes,
      frame: frame
    )
  }

  mutating func access(_ cache: Int, _ bytes: PfnCacheOperation.Bytes, isWrite: Bool) -> Bool {
    state.pointee.asks(cache, bytes)
    let handle = handle(cache)
    let call = state.pointee.model.began(.check, thread, cache: cache)
    let address = walker.beginAccess(&machine, handle, bytes.words)
    ended(call, bytes, saysYes: address != nil)
    guard let address else { return false }
    let frame = PfnHost.frame(mappedAt: address)
    if let frame { machine.accessMapped(frame, isWrite: isWrite) }
    state.pointee.model.accessed(
      thread,
      guestAddress: bytes.address,
      at: address,
      frame: frame
    )
    let page = bytes.address >> 12
    let note = isWrite ? state.pointee.model.wrote(page) : 0
    walker.endAccess(&machine, handle, bytes.words, isWritten: isWrite)
    if isWrite { state.pointee.model.writeEnded(page, note) }
    return true
  }

  mutating func refresh(
    _ cache: Int,
    _ bytes: PfnCacheOperation.Bytes,
    willWrite: Bool
  ) -> Errno {
    state.pointee.asks(cache, bytes)
    let call = state.pointee.model.began(
      .refresh,
      thread,
      cache: cache,
      guestAddress: bytes.address
    )
    let result = walker.refresh(&machine, handle(cache), bytes.words, willWrite: willWrite)
    state.pointee.model.ended(
      call,
      guestAddress: bytes.address,
      length: bytes.length,
      result
    )
    return result
  }

  mutating func activate(
    _ cache: Int,
    _ bytes: PfnCacheOperation.Bytes,
    willWrite: Bool
  ) -> Errno {
    state.pointee.asks(cache, bytes)
    let use = state.pointee.plan.uses[cache]
    let start = PfnCacheStart<Machine>(
      use: use,
      vcpu: use & PfnCacheUse.guest != 0 ? state.pointee.vcpu(of: cache) : nil,
      willWrite: willWrite
    )
    let call = state.pointee.model.began(
      .activate,
      thread,
      cache: cache,
      guestAddress: bytes.address
    )
    let result = walker.activate(&machine, handle(cache), start, bytes.words)
    state.pointee.model.ended(
      call,
      guestAddress: bytes.address,
      length: bytes.length,
      result
    )
    return result
  }

  /// Empties a cache, or takes it out of use.
  mutating func finish(_ cache: Int, _ kind: PfnCacheCall.Kind) -> Errno {
    let call = state.pointee.model.began(kind, thread, cache: cache)
    if kind == .unmap {
      walker.unmap(&machine, handle(cache))
    } else {
      walker.deactivate(&machine, handle(cache))
    }
    state.pointee.model.ended(call)
    return .ok
  }
}

extension PfnCacheOperation.Bytes {
  /// As walkers take them.
  var words: GuestBytes<UInt64> { GuestBytes(address: address, length: length) }
}
