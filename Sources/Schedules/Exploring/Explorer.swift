public import Machines

/// Goes through every schedule that can matter.
///
/// Each hundredth run is made twice; if the second does anything else, the exploration ends and says so.
public struct Explorer {
  /// Whether runs that differ in the order of steps that do not conflict are taken for one.
  public var isReduced = true
  /// How often threads may be preempted in a run; nil for no bound.
  public var preemptionLimit: Int?
  /// How many runs there may be.
  public var runLimit = 1_000_000
  /// Of how many runs one is repeated.
  public var repeatInterval = 100
  /// The world that runs take place in.
  public var settings = WorldSettings()

  /// Goes through everything, unless told otherwise.
  public init() {}

  /// A world that is explored.
  public typealias World<L: RecordListener> = ScheduledWorld<ExplorationTree, RepeatableListener<L>>

  /// Goes through the schedules of some threads.
  ///
  /// - Parameters:
  ///   - listener: Who is told of every event.
  ///   - begin: Makes ready, in a world that was reset, what the threads share, and the listener; gives
  ///     the threads.
  ///   - end: What came of a run, when it is over.
  ///   - shouldStop: Asked after each hundred runs; true ends the exploration before its end.
  /// - Returns: what came of all runs.
  @inlinable
  public func explore<L: RecordListener, Outcome: Hashable>(
    listener: L,
    begin: (World<L>) -> [(inout World<L>.Machine) -> Void],
    end: (World<L>, RunResult) -> Outcome,
    shouldStop: () -> Bool = { false }
  ) -> Exploration<Outcome> {
    let tree = ExplorationTree(isReduced: isReduced, preemptionLimit: preemptionLimit)
    let world = ScheduledWorld(
      tree,
      listener: RepeatableListener(listener),
      settings: settings
    )
    var exploration = Exploration<Outcome>(preemptionLimit: preemptionLimit)
    var runCount = 0
    repeat {
      guard runCount < runLimit, runCount % 100 != 99 || !shouldStop() else {
        exploration.noteStop()
        break
      }
      runCount += 1
      let isRepeated = runCount % repeatInterval == 0
      world.withListener { $0.keepsEvents = isRepeated }
      let result = run(world, begin)
      // Who looks at the end may do so by steps of its own.
      let events = world.withListener { $0.events }
      exploration.note(stepCount: result.stepCount)
      let outcome = world.withScheduler { $0.wasPruned } ? nil : end(world, result)
      exploration.take(result, outcome, world.withScheduler { $0.schedule })
      if result.ending == .stuck {
        let stuck = world.stuckOperations
        world.withScheduler { $0.noteStuck(stuck) }
      }
      if isRepeated {
        let isSame = doesTheSame(world, begin, events, &exploration)
        exploration.noteRepetition(isSame: isSame)
      }
      if world.withScheduler({ $0.isNondeterministic }) {
        exploration.noteRepetition(isSame: false)
      }
      if world.withScheduler({ $0.restart() }) {
        exploration.restart()
        continue
      }
      guard !exploration.isNondeterministic, world.withScheduler({ $0.advance() }) else { break }
    } while true
    return exploration
  }

  @inlinable
  func run<L: RecordListener>(
    _ world: World<L>,
    _ begin: (World<L>) -> [(inout World<L>.Machine) -> Void]
  ) -> RunResult {
    world.withListener { $0.events.removeAll(keepingCapacity: true) }
    world.reset()
    return world.run(begin(world))
  }

  /// Makes a run again, and compares its events.
  @inlinable
  func doesTheSame<L: RecordListener, Outcome>(
    _ world: World<L>,
    _ begin: (World<L>) -> [(inout World<L>.Machine) -> Void],
    _ events: [RepeatableEvent],
    _ exploration: inout Exploration<Outcome>
  ) -> Bool {
    world.withScheduler { $0.isRepeating = true }
    exploration.note(stepCount: run(world, begin).stepCount)
    world.withScheduler { $0.isRepeating = false }
    return world.withListener { $0.events == events }
  }
}

extension Exploration {
  /// Forgets what came of runs; the steps were made all the same.
  @usableFromInline
  mutating func restart() {
    outcomes = [:]
    exploredCount = 0
    prunedCount = 0
    blockedCount = 0
    cutCount = 0
  }

  @usableFromInline
  mutating func noteStop() { wasStopped = true }

  @usableFromInline
  mutating func note(stepCount count: Int) { stepCount += count }

  /// A run was made twice, or could not be made again.
  @usableFromInline
  mutating func noteRepetition(isSame: Bool) {
    repeatedCount += 1
    if !isSame { isNondeterministic = true }
  }

  /// Takes note of a run; one without an outcome was given up.
  @usableFromInline
  mutating func take(
    _ result: RunResult,
    _ outcome: Outcome?,
    _ schedule: @autoclosure () -> Schedule
  ) {
    guard let outcome else {
      prunedCount += 1
      return
    }
    exploredCount += 1
    if result.ending == .stuck { blockedCount += 1 }
    if result.wasOverruled { cutCount += 1 }
    if outcomes[outcome] == nil {
      outcomes[outcome] = Witness(count: 1, schedule: schedule())
    } else {
      outcomes[outcome]?.count += 1
    }
  }
}

/// Tells another of everything, and keeps what it told where a run is to be compared with another.
public struct RepeatableListener<L: RecordListener>: RecordListener {
  /// Who is told.
  public var listener: L
  @usableFromInline var keepsEvents = false
  @usableFromInline var events: [RepeatableEvent] = []

  @inlinable
  init(_ listener: L) { self.listener = listener }

  /// Tells the other, and keeps it if asked to.
  @inlinable
  public mutating func observe(_ event: RecordEvent, by thread: Int) {
    if keepsEvents { events.append(RepeatableEvent(event: event, thread: thread)) }
    if !L.isDeaf { listener.observe(event, by: thread) }
  }
}

/// An event, and who made it.
@usableFromInline
struct RepeatableEvent: Equatable {
  let event: RecordEvent
  let thread: Int

  @usableFromInline
  init(event: RecordEvent, thread: Int) {
    self.event = event
    self.thread = thread
  }
}
