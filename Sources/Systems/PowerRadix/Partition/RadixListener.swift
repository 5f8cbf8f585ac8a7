import Machines
import Oracles

/// What listens to a checked keeper of partition-scoped tables: the judges, and a recording.
struct RadixListener: EventListener {
  var judges: RadixJudges
  /// The first doubleword of the partition-table entry.
  var root: UInt64 = 0
  var isRecording = false
  private(set) var recording: [Event] = []

  init(judges: RadixJudges) { self.judges = judges }

  mutating func reset() {
    judges.reset()
    root = 0
    recording.removeAll(keepingCapacity: true)
  }

  /// Forgets the events kept.
  mutating func forgetRecording() { recording.removeAll(keepingCapacity: true) }

  mutating func observe(_ event: Event) {
    if isRecording { recording.append(event) }
    judges.observe(event)
  }
}
