public import Machines

/// The calls on fences: plain ones, and containers of several.
public enum Fences {
  /// A fence that was not signalled, with one reference; nil where there is no memory.
  @inlinable
  public static func make<M: BufferHostMachine>(
    _ machine: inout M,
    context: M.W,
    number: M.W
  ) -> M.Record? {
    guard
      let fence = machine.allocate(FenceRecord.layout, isZeroed: true, maySleep: true)
    else { return nil }
    machine.initialise(FenceRecord.lock, of: fence)
    machine.initialise(FenceRecord.queue, of: fence)
    machine.write(M.W(1), FenceRecord.count, of: fence, .once)
    machine.set(FenceRecord.context, of: fence, to: context)
    machine.set(FenceRecord.number, of: fence, to: number)
    return fence
  }

  /// A fence that was signalled when it was made, with one reference.
  @inlinable
  public static func stub<M: BufferHostMachine>(_ machine: inout M) -> M.Record? {
    guard let fence = make(&machine, context: M.W(0), number: M.W(0)) else { return nil }
    machine.write(M.W(FenceFlags.signalled), FenceRecord.flags, of: fence, .once)
    return fence
  }

  /// Takes a reference; the caller has one, or a lock that keeps it.
  @inlinable @inline(__always)
  public static func retain<M: BufferHostMachine>(_ machine: inout M, _ fence: M.Record) {
    machine.retain(FenceRecord.count, of: fence)
  }

  /// Takes a reference unless the last is gone, in a section of RCU.
  @inlinable @inline(__always)
  public static func tryRetain<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record
  ) -> Bool {
    machine.tryRetain(FenceRecord.count, of: fence)
  }

  /// Gives a reference back; with the last the fence goes, and with it the references that it has.
  @inlinable
  public static func release<M: BufferHostMachine>(_ machine: inout M, _ fence: M.Record) {
    guard machine.giveBack(FenceRecord.count, of: fence) else { return }
    let flags = machine.read(FenceRecord.flags, of: fence, .acquire)
    if machine.isZero(flags & M.W(FenceFlags.signalled)) {
      let callbacks = machine.plain(FenceRecord.callbacks, of: fence)
      if !machine.isZero(callbacks) {
        machine.warn(Site("a fence goes that somebody waits for"))
        _ = signal(&machine, fence, error: .deadlock)
      }
    }
    let kind = machine.plain(FenceRecord.kind, of: fence)
    if !machine.isZero(kind) { releaseContents(&machine, fence) }
    machine.free(fence, after: .rcu)
  }

  /// Whether a fence was signalled; a container is, when all that it holds are.
  @inlinable
  public static func isSignalled<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record
  ) -> Bool {
    let flags = machine.read(FenceRecord.flags, of: fence, .acquire)
    guard machine.isZero(flags & M.W(FenceFlags.signalled)) else { return true }
    let kind = machine.plain(FenceRecord.kind, of: fence)
    guard !machine.isZero(kind) else { return false }
    let areAll = forEachLeaf(&machine, fence) { machine, leaf in isSignalled(&machine, leaf) }
    if areAll { _ = signal(&machine, fence) }
    return areAll
  }

  /// 0 before it is signalled, then 1, or an error's negated number.
  @inlinable
  public static func status<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record
  ) -> M.W {
    guard isSignalled(&machine, fence) else { return M.W(0) }
    let error = machine.read(FenceRecord.error, of: fence, .once)
    return machine.isZero(error) ? M.W(1) : M.W(0) &- error
  }

  /// Whether a fence is on the same line as another and not before it.
  @inlinable
  public static func isLaterOrSame<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    as other: M.Record
  ) -> Bool {
    let context = machine.plain(FenceRecord.context, of: fence)
    let otherContext = machine.plain(FenceRecord.context, of: other)
    guard machine.holds(context .== otherContext) else { return false }
    let number = machine.plain(FenceRecord.number, of: fence)
    let otherNumber = machine.plain(FenceRecord.number, of: other)
    return machine.holds(otherNumber .<= number)
  }

  /// Waits until a fence is signalled, a signal comes where that may end it, or the time is over.
  ///
  /// - Returns: `ok`, `interrupted` or `timedOut`.
  @inlinable
  public static func wait<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    isInterruptible: Bool,
    isTimed: Bool = false
  ) -> Errno {
    machine.mightSleep()
    if isSignalled(&machine, fence) { return .ok }
    enable(&machine, fence)
    while true {
      machine.prepareToWait(on: FenceRecord.queue, of: fence)
      var result: Errno?
      let flags = machine.read(FenceRecord.flags, of: fence, .acquire)
      if !machine.isZero(flags & M.W(FenceFlags.signalled)) {
        result = .ok
      } else if isInterruptible, machine.isInterrupted() {
        result = .interrupted
      } else if isTimed, machine.isTimeOver() {
        result = .timedOut
      }
      if result == nil { machine.sleep() }
      machine.finishWait(on: FenceRecord.queue, of: fence)
      if let result { return result }
    }
  }
}
