public import Machines
public import Property
public import Schedules

/// What of a system is explored: threads that make a few calls at once, from a state that is made before,
/// under every schedule that can matter.
///
/// A value serves many runs, one after the other. Threads switch in the midst of `perform`: what a run
/// keeps lies behind a pointer, and no access to it spans a step.
public protocol Explorable: UsableOnThreads {
  /// What is explored: a walker, one with a fault.
  associatedtype Variant: Sendable
  /// What a thread is given to do.
  associatedtype Operation: Sendable, CustomStringConvertible
  /// Who judges the steps.
  associatedtype Judges: RecordListener

  /// What a thread may be given, by the name that a person calls it; no name has a space, `;` or `|` in it.
  static var calls: KeyValuePairs<String, Operation> { get }
  /// What may have been done before, alone, by the name of the state that it leads to; the plainest first.
  static var states: KeyValuePairs<String, [Operation]> { get }
  /// How large a world is that the runs take place in.
  static var settings: WorldSettings { get }
  /// Judges that have seen nothing.
  static var judges: Judges { get }
  /// Makes judges forget all that they have seen.
  static func reset(_ judges: inout Judges)

  /// Why threads cannot be given these operations at once after others, in a few words; nil where they
  /// can. All combinations leave out what is refused.
  static func refusal(of threads: [[Operation]], after earlier: [Operation]) -> String?
  /// What a thread is called.
  static func title(ofThread thread: Int, of threads: [[Operation]]) -> String
  /// How near to the cause a rule is: of what one run breaks, what ranks lower explains the rest.
  static func explanatoryRank(of rule: Rule) -> Int

  /// Runs of a variant.
  init(_ variant: Variant)
  /// Begins a run in a world that was reset: makes what threads share, and does `earlier` alone.
  func begin<S: Scheduler, L: RecordListener>(
    _ threads: [[Operation]],
    after earlier: [Operation],
    on alone: ScheduledMachine<S, L>
  )
  /// Does on a thread what it was given.
  func perform<S: Scheduler, L: RecordListener>(on machine: inout ScheduledMachine<S, L>)
  /// Looks at everything, alone, where all threads have come to their ends.
  func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>)
  /// What each operation returned, thread by thread; nil for one that did not.
  var results: [Errno?] { get }
  /// Whether anything was found; asked after each run, and so to be had without making findings.
  func hasFindings(_ judges: Judges) -> Bool
  /// What was found: by models, and by judges.
  func findings(_ judges: Judges) -> [Finding]
}

extension Explorable {
  /// They always can.
  public static func refusal(of threads: [[Operation]], after earlier: [Operation]) -> String? {
    nil
  }
  /// Its number.
  public static func title(ofThread thread: Int, of threads: [[Operation]]) -> String {
    "thread \(thread)"
  }
  /// All rules alike.
  public static func explanatoryRank(of rule: Rule) -> Int { 0 }
  /// Nothing more is looked at.
  @inlinable
  public func audit<S: Scheduler, L: RecordListener>(on alone: ScheduledMachine<S, L>) {}
}
