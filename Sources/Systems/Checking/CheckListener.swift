public import Machines
public import Oracles

/// What listens to a checked walker: the judges, and for a replay a recording.
public struct CheckListener: EventListener {
  /// The judges.
  public var judges: Judges
  /// Whether events are kept.
  @usableFromInline var isRecording = false
  /// The events kept.
  @usableFromInline var recording: [Event] = []
  /// Where in the walker's file each of them was made; 0 where that is not known.
  @usableFromInline var recordedSites: [UInt64] = []
  /// Where in the walker's file the current event is made; 0 where that is not known.
  @usableFromInline var site: UInt64 = 0
  /// The file that holds the walker; nil for walkers of this package.
  var walkerFile: String?

  /// How many loads of live tables the walker made that were not told, being no news to a judge.
  var hiddenLoads = 0

  /// Forgets the events kept.
  mutating func forget() {
    recording.removeAll(keepingCapacity: true)
    recordedSites.removeAll(keepingCapacity: true)
  }

  init(judges: Judges) { self.judges = judges }

  /// Takes note of one event.
  @inlinable @inline(__always)
  public mutating func observe(_ event: Event) {
    if isRecording {
      recording.append(event)
      recordedSites.append(site)
    }
    judges.observe(event)
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
    base.stepAllowance = contract.stepLimit &* 4
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
