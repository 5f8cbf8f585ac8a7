import Machines
import Oracles
import Schedules

/// Who is told of what threads do: the judges, and who writes it down where that is asked for.
struct PfnCaseListener: ThreadedListener {
  var judges = ThreadJudges()
  var trace = Trace()
  var isRecorded = false
  /// Reads, writes and fences.
  var counts = SIMD4<UInt64>()
  var isCounted = false

  mutating func reset(isRecorded: Bool) {
    judges.reset()
    trace.reset()
    counts = SIMD4()
    self.isRecorded = isRecorded
  }

  @inline(__always)
  mutating func observe(_ event: RecordEvent, by thread: Int) {
    judges.observe(event, by: thread)
    if isRecorded { trace.observe(event, by: thread) }
    if isCounted { count(event) }
  }

  private mutating func count(_ event: RecordEvent) {
    switch event {
    case .read, .mismatch: counts[0] += 1
    case .write, .update, .acquire, .release: counts[1] += 1
    case .fence: counts[2] += 1
    default: break
    }
  }
}
