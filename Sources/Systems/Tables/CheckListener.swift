import Checking
public import Machines
public import Oracles

/// What listens to a checked walker: the judges, and for a replay a recording.
public struct CheckListener: EventListener {
  /// The judges.
  public var judges: Judges
  /// Whether events are kept.
  @usableFromInline var isRecording = false
  /// The events kept.
  @usableFromInline let log = EventLog()
  /// Where in the walker's file the current event is made.
  @usableFromInline var site = EventLog.Site()
  /// The file that holds the walker; nil for walkers of this package.
  var walkerFile: String?

  /// Before which exchange of the next call another CPU makes the same call, from 1; 0 for none.
  var raceAt = 0
  /// How often another CPU did in the last call.
  var raceCount = 0
  /// Tables of a shared walk to which no entry leads any more, with the levels they were for.
  var unlinked: [(table: TracingMachine<CheckListener>.Table, level: LookupLevel)] = []
  /// How many loads of live tables the walker made that were not told, being no news to a judge.
  var hiddenLoads = 0

  /// Forgets the events kept.
  mutating func forget() { log.forget() }

  /// Has the judges' fingerprints say where in the walker's file something was decided.
  mutating func namePlaces(in file: String, _ functionName: @escaping @Sendable (UInt64) -> String)
  {
    walkerFile = file
    isRecording = true
    log.functionName = functionName
    judges.context = log
  }

  init(judges: Judges) { self.judges = judges }

  /// Takes note of one event.
  @inlinable @inline(__always)
  public mutating func observe(_ event: Event) {
    if isRecording { keep(event) }
    judges.observe(event)
  }

  @usableFromInline @inline(never)
  func keep(_ event: Event) { log.append(event, at: site) }

  /// Takes note of what another CPU did; `isOwed` where its invalidation may wait.
  mutating func observe(_ exchange: EntryRewrite, isOwed: Bool) {
    if isRecording {
      keep(.exchange(address: exchange.address, old: exchange.old, new: exchange.new))
    }
    judges.observeRival(
      at: exchange.address,
      old: exchange.old,
      new: exchange.new,
      isOwed: isOwed
    )
  }
}

/// The machine that checked walkers run on: observed, and short of memory when the case says so.
public typealias CheckMachine = FailingMachine<TracingMachine<CheckListener>>

extension CheckMachine {
  /// A machine whose tables are in `memory` and are judged as those of `regime`.
  init(judges: Judges, memory: PhysicalMemory) {
    self.init(
      TracingMachine(memory: memory, listener: CheckListener(judges: judges)),
      allocations: .max
    )
  }

  /// The judges.
  var judges: Judges {
    @inline(__always) _read { yield base.listener.judges }
    @inline(__always) _modify { yield &base.listener.judges }
  }

  /// Starts a call under a contract, with memory for `allocations` tables.
  mutating func begin(_ contract: CallContract, allocations: Int) {
    judges.beginCall(contract)
    remainingAllocations = allocations
    // An endless call is cut off well after it has lost its verdict.
    let (allowance, isBeyondAll) = contract.stepLimit.multipliedReportingOverflow(by: 4)
    base.stepAllowance = isBeyondAll ? .max : allowance
  }

  /// The first violation that a judge saw.
  var firstFinding: Finding? { judges.violations.first.map { Finding($0) } }

  /// That the walker did not come back, which makes everything else it did not do no news.
  var loss: Finding? {
    judges.violations.first { $0.rule == .lost }.map { Finding($0) }
  }

  /// Makes everything as it was before the first case.
  mutating func reset() {
    base.reset()
    judges.reset()
    remainingAllocations = .max
  }
}
