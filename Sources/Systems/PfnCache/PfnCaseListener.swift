import Machines
import Oracles
import Schedules

/// Who is told of what threads do: the judges, and who writes it down where that is asked for.
struct PfnCaseListener: RecordListener {
  var judges = ThreadJudges()
  var trace = Trace()
  var isRecorded = false
  /// Whether nobody judges, so that the calls alone are measured.
  var isDeaf = false
  /// Reads, writes, fences, and records that were handed out and freed.
  var counts = SIMD8<UInt64>()
  var isCounted = false

  mutating func reset(isRecorded: Bool) {
    judges.reset()
    trace.reset()
    counts = SIMD8()
    self.isRecorded = isRecorded
  }

  @inline(__always)
  mutating func observe(_ event: RecordEvent, by thread: Int) {
    if isDeaf { return }
    judges.observe(event, by: thread)
    if isRecorded { trace.observe(event, by: thread) }
    if isCounted { count(event) }
  }

  private mutating func count(_ event: RecordEvent) {
    switch event {
    case .read, .mismatch: counts[0] += 1
    case .write, .update, .acquire, .release: counts[1] += 1
    case .fence: counts[2] += 1
    case .allocate: counts[3] += 1
    case .free, .reclaim: counts[4] += 1
    default: break
    }
  }
}
