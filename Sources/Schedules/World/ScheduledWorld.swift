public import CFiber
public import Machines

/// A world in which several threads run, one step at a time, each when the scheduler says so.
///
/// Before every access to a field, every operation on a lock, and wherever a thread lets others run,
/// another may go on. A thread that cannot go on is not run; that none can is told to the listener.
/// The same choices give the same run, event for event.
///
/// One value serves many runs, on the thread that made it. What a thread's body holds when its run
/// ends before it does is kept for ever: a body should own nothing that has to be released.
///
/// Does not establish: what happens between two steps, or where a thread that let others run goes on
/// though none of them changed anything and another could run.
public final class ScheduledWorld<S: Scheduler, L: RecordListener> {
  /// What a thread's body runs on.
  public typealias Machine = ScheduledMachine<S, L>

  @usableFromInline let state: UnsafeMutablePointer<WorldState<S, L>>
  @usableFromInline let starts: UnsafeMutablePointer<ThreadStart>
  @usableFromInline let stacks: [cfiber_stack]

  /// A world of threads that are scheduled by `scheduler`, observed by `listener`.
  @inlinable
  public init(_ scheduler: S, listener: L, settings: WorldSettings = WorldSettings()) {
    let state = UnsafeMutablePointer<WorldState<S, L>>.allocate(capacity: 1)
    state.initialize(to: WorldState(scheduler: scheduler, listener: listener, settings: settings))
    state.pointee.reset()
    self.state = state
    starts = .allocate(capacity: settings.threadLimit)
    var stacks: [cfiber_stack] = []
    for thread in 0..<settings.threadLimit {
      let stack = cfiber_take_stack()
      if stack.base == nil {
        Shortage.end("there is no room for a thread's stack; allow more memory, or fewer --jobs")
      }
      stacks.append(stack)
      (starts + thread).initialize(
        to: ThreadStart { ScheduledMachine(world: state, thread: thread).runBody() }
      )
    }
    self.stacks = stacks
  }

  deinit {
    for stack in stacks { cfiber_give_stack(stack) }
    starts.deinitialize(count: stacks.count)
    starts.deallocate()
    state.pointee.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Who decides; to be changed between runs alone.
  public var scheduler: S {
    get { state.pointee.scheduler }
    set { state.pointee.scheduler = newValue }
  }

  /// Who is told; to be changed between runs alone.
  public var listener: L {
    get { state.pointee.listener }
    set { state.pointee.listener = newValue }
  }

  /// Changes the scheduler where it is.
  @inlinable
  public func withScheduler<Result>(_ body: (inout S) -> Result) -> Result {
    body(&state.pointee.scheduler)
  }

  /// Changes the listener where it is.
  @inlinable
  public func withListener<Result>(_ body: (inout L) -> Result) -> Result {
    body(&state.pointee.listener)
  }

  /// The machine of who sets up, and looks at the end.
  ///
  /// It waits for nobody: after a run in which threads are stuck, what they hold is not to be taken.
  @inlinable public var alone: Machine { ScheduledMachine(world: state, thread: ThreadSet.setup) }

  /// Forgets all records, and what the scheduler and the listener know stays theirs.
  @inlinable
  public func reset() { state.pointee.reset() }

  /// Runs threads until each has come to its end, or none can go on.
  ///
  /// Records that were made on `alone` since the last reset are there.
  @inlinable
  public func run(_ bodies: [(inout Machine) -> Void]) -> RunResult {
    let count = bodies.count
    precondition(count <= stacks.count, "\(count) threads in a world of \(stacks.count)")
    state.pointee.bodies = bodies
    state.pointee.unfinished = ThreadSet(count: count)
    state.pointee.ready = ThreadSet(count: count)
    if !L.isDeaf { alone.emit(.begin(threadCount: count)) }
    state.pointee.weak?.pointee.begin(threadCount: count)
    for thread in 0..<count {
      cfiber_prepare(
        &state.pointee.threads[thread].context,
        stacks[thread],
        { $0?.assumingMemoryBound(to: ThreadStart.self).pointee.body() },
        starts + thread
      )
    }
    state.pointee.isConcurrent = true
    if count > 0 { alone.start() }
    state.pointee.isConcurrent = false
    if state.pointee.ending == .finished {
      state.pointee.weak?.pointee.end(threadCount: count)
      if !L.isDeaf { alone.emit(.end) }
    }
    return RunResult(
      ending: state.pointee.ending,
      stepCount: state.pointee.stepCount,
      switchCount: state.pointee.switchCount,
      preemptionCount: state.pointee.preemptionCount,
      wasOverruled: state.pointee.wasOverruled
    )
  }

  /// What each thread that could not go on waits to do.
  @inlinable var stuckOperations: [(thread: Int, operation: PendingOperation)] {
    state.pointee.unfinished.map { ($0, state.pointee.threads[$0].pending) }
  }

  /// A digest of every word that was handed out: what the run left behind.
  @inlinable public var memoryDigest: UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    let world = state.pointee
    for thread in [ThreadSet.setup] + Array(0..<world.settings.threadLimit) {
      let base = world.regionBase(of: thread)
      for word in base..<base + world.threads[thread].usedWords {
        digest = (digest ^ alone.latest(word)) &* 0x100_0000_01b3
        digest ^= digest &>> 29
      }
    }
    return digest
  }
}

/// What a stack begins with.
@usableFromInline
struct ThreadStart {
  @usableFromInline let body: () -> Void

  @inlinable
  init(body: @escaping () -> Void) { self.body = body }
}
