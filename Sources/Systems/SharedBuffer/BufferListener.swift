import Machines
import Oracles
import Schedules

/// Who is told of what threads do: the judges, who counts what is left, and who writes it down where that
/// is asked for.
struct BufferListener: ThreadedListener {
  var judges = ThreadJudges()
  var trace = Trace()
  var isRecorded = false
  /// The records that were handed out and not freed, in order, and what each is called.
  private(set) var left: [(record: UInt64, name: RecordName)] = []
  /// Reads, writes and fences.
  var counts = SIMD4<UInt64>()
  var isCounted = false

  mutating func reset(isRecorded: Bool = false) {
    judges.reset()
    trace.reset()
    counts = SIMD4()
    left.removeAll(keepingCapacity: true)
    self.isRecorded = isRecorded
  }

  @inline(__always)
  mutating func observe(_ event: RecordEvent, by thread: Int) {
    judges.observe(event, by: thread)
    if isRecorded { trace.observe(event, by: thread) }
    switch event {
    case .allocate(let record, _, let name, _): left.append((record, name))
    case .free(let record), .reclaim(let record):
      if let index = left.lastIndex(where: { $0.record == record }) { left.remove(at: index) }
    default: break
    }
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
