import Machines
import Oracles
import Schedules

/// Who is told of what threads do: the judges of threads, those of tables, and who writes it down where
/// that is asked for.
struct PartitionThreadsListener: ThreadedListener {
  var judges = ThreadJudges()
  var sharing = RadixSharing()
  var trace = Trace()
  var isRecorded = false
  /// Reads, writes and barriers.
  var counts = SIMD4<UInt64>()
  var isCounted = false

  mutating func reset(_ plan: PartitionThreadsPlan, isRecorded: Bool) {
    judges.reset()
    sharing.reset()
    sharing.loggedFrames = plan.loggedFrames
    trace.reset()
    counts = SIMD4()
    self.isRecorded = isRecorded
  }

  mutating func observe(_ event: RecordEvent, by thread: Int) {
    judges.observe(event, by: thread)
    sharing.observe(event, by: thread)
    if isRecorded { trace.observe(event, by: thread) }
    if isCounted { count(event) }
  }

  private mutating func count(_ event: RecordEvent) {
    switch event {
    case .read, .mismatch: counts[0] += 1
    case .write, .update: counts[1] += 1
    case .powerBarrier: counts[2] += 1
    default: break
    }
  }
}
