public import Machines

extension Fences {
  /// Signals a fence, and runs its callbacks under its lock.
  /// - Returns: `invalid` where it was signalled before.
  @inlinable
  @discardableResult
  public static func signal<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    error: Errno = .ok
  ) -> Errno {
    let word = error == .ok ? contentsError(&machine, fence) : M.W(UInt64(error.rawValue))
    machine.acquire(FenceRecord.lock, of: fence, .spinIRQ)
    let (result, work) = signalLocked(&machine, fence, error: word)
    machine.release(FenceRecord.lock, of: fence, .spinIRQ)
    lookAgain(&machine, work)
    return result
  }

  /// Signals a fence whose lock is held.
  /// - Returns: the result, and the first of the containers that have to look again once no lock is held.
  @inlinable
  static func signalLocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    error: M.W
  ) -> (Errno, work: M.W) {
    var work = M.W(0)
    let flags = machine.read(FenceRecord.flags, of: fence, .once)
    guard machine.isZero(flags & M.W(FenceFlags.signalled)) else { return (.invalid, work) }
    if !machine.isZero(error) {
      machine.write(error, FenceRecord.error, of: fence, .once)
    }
    _ = machine.update(FenceRecord.flags, of: fence, .or, M.W(FenceFlags.signalled), .full)
    machine.wake(FenceRecord.queue, of: fence, all: true)
    while let callback = machine.follow(FenceRecord.callbacks, of: fence, .plain) {
      let next = machine.plain(CallbackRecord.next, of: callback)
      machine.set(FenceRecord.callbacks, of: fence, to: next)
      machine.set(CallbackRecord.fence, of: callback, to: M.W(0))
      run(&machine, callback, of: fence, &work)
    }
    return (.ok, work)
  }

  /// The error that an array is signalled with, which is the first that one of its fences has; 0 for none, and
  /// for what is no array.
  @inlinable
  static func contentsError<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record
  ) -> M.W {
    let kind = machine.plain(FenceRecord.kind, of: fence)
    var first = M.W(0)
    guard machine.holds(kind .== M.W(FenceKind.array)) else { return first }
    forEachLeaf(&machine, fence) { machine, leaf in
      first = machine.read(FenceRecord.error, of: leaf, .once)
      return machine.isZero(first)
    }
    return first
  }

  @inlinable
  static func run<M: BufferHostMachine>(
    _ machine: inout M,
    _ callback: M.Record,
    of fence: M.Record,
    _ work: inout M.W
  ) {
    let kind = machine.plain(CallbackRecord.kind, of: callback)
    if machine.holds(kind .== M.W(CallbackKind.user)) {
      return machine.runs(callback, of: fence)
    }
    guard let target = machine.follow(CallbackRecord.target, of: callback, .plain) else { return }
    if machine.holds(kind .== M.W(CallbackKind.container)) {
      // Its own lock may be held where this fence's is taken: it looks again when that is given back.
      machine.set(FenceRecord.nextWork, of: target, to: work)
      work = machine.address(of: target)
    } else {
      let isWrite = machine.holds(kind .== M.W(CallbackKind.pollWrite))
      Polling.end(&machine, target, fence, isWrite: isWrite)
    }
  }

  /// Has containers look again whether all that they hold is signalled.
  @inlinable
  static func lookAgain<M: BufferHostMachine>(_ machine: inout M, _ work: M.W) {
    var rest = work
    while !machine.isZero(rest) {
      let container = machine.record(at: rest)
      rest = machine.plain(FenceRecord.nextWork, of: container)
      if !arm(&machine, container) { signal(&machine, container) }
      release(&machine, container)
    }
  }

  /// Adds a callback to a fence.
  /// - Returns: `notFound`, and the callback is not added, where the fence was signalled before.
  @inlinable
  public static func add<M: BufferHostMachine>(
    _ machine: inout M,
    _ callback: M.Record,
    to fence: M.Record
  ) -> Errno {
    let flags = machine.read(FenceRecord.flags, of: fence, .acquire)
    guard machine.isZero(flags & M.W(FenceFlags.signalled)) else { return .notFound }
    machine.acquire(FenceRecord.lock, of: fence, .spinIRQ)
    let isPending = enableLocked(&machine, fence)
    if isPending {
      append(&machine, callback, to: fence)
    }
    machine.release(FenceRecord.lock, of: fence, .spinIRQ)
    return isPending ? .ok : .notFound
  }

  /// Puts a callback last.
  @inlinable
  static func append<M: BufferHostMachine>(
    _ machine: inout M,
    _ callback: M.Record,
    to fence: M.Record
  ) {
    let address = machine.address(of: callback)
    machine.set(CallbackRecord.next, of: callback, to: M.W(0))
    machine.set(CallbackRecord.fence, of: callback, to: machine.address(of: fence))
    guard var last = machine.follow(FenceRecord.callbacks, of: fence, .plain) else {
      return machine.set(FenceRecord.callbacks, of: fence, to: address)
    }
    while let next = machine.follow(CallbackRecord.next, of: last, .plain) { last = next }
    machine.set(CallbackRecord.next, of: last, to: address)
  }

  /// Takes a callback away that was added to a fence.
  /// - Returns: whether it has not run, and will not.
  @inlinable
  public static func remove<M: BufferHostMachine>(
    _ machine: inout M,
    _ callback: M.Record,
    from fence: M.Record
  ) -> Bool {
    machine.withLock(FenceRecord.lock, of: fence, .spinIRQ) { machine in
      let address = machine.address(of: callback)
      let added = machine.plain(CallbackRecord.fence, of: callback)
      let own = machine.address(of: fence)
      guard machine.holds(added .== own) else { return false }
      let next = machine.plain(CallbackRecord.next, of: callback)
      machine.set(CallbackRecord.fence, of: callback, to: M.W(0))
      let first = machine.plain(FenceRecord.callbacks, of: fence)
      guard machine.holds(first .!= address) else {
        machine.set(FenceRecord.callbacks, of: fence, to: next)
        return true
      }
      var before = machine.record(at: first)
      while let other = machine.follow(CallbackRecord.next, of: before, .plain) {
        if machine.isSame(other, callback) {
          machine.set(CallbackRecord.next, of: before, to: next)
          return true
        }
        before = other
      }
      return true
    }
  }

  /// Sees to it that a fence is signalled when it should be, though nobody asks.
  @inlinable
  public static func enable<M: BufferHostMachine>(_ machine: inout M, _ fence: M.Record) {
    let kind = machine.plain(FenceRecord.kind, of: fence)
    guard !machine.isZero(kind) else { return }
    machine.acquire(FenceRecord.lock, of: fence, .spinIRQ)
    _ = enableLocked(&machine, fence)
    machine.release(FenceRecord.lock, of: fence, .spinIRQ)
  }

  /// Nobody has to look again where it signals a container: of a container's callbacks none is another's, since
  /// those are added to what is no container.
  /// - Returns: whether the fence is not signalled.
  @inlinable
  static func enableLocked<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record
  ) -> Bool {
    let flags = machine.read(FenceRecord.flags, of: fence, .once)
    guard machine.isZero(flags & M.W(FenceFlags.signalled)) else { return false }
    let kind = machine.plain(FenceRecord.kind, of: fence)
    guard !machine.isZero(kind), machine.isZero(flags & M.W(FenceFlags.enabled)) else {
      return true
    }
    _ = machine.update(FenceRecord.flags, of: fence, .or, M.W(FenceFlags.enabled), .relaxed)
    if arm(&machine, fence) { return true }
    let error = contentsError(&machine, fence)
    _ = signalLocked(&machine, fence, error: error)
    return false
  }
}
