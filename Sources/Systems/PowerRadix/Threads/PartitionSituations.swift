/// What a case reached beside how its calls ended: which calls were under way at once, and what they met.
struct PartitionSituations {
  /// What can come of a call beside others.
  enum Event: Int, CaseIterable {
    case metInvalidation, wasOvertaken, metHardware, hardwareMetChange, foundNoSlot, foundNoEntry

    var label: String {
      switch self {
      case .metInvalidation: "fault meets invalidation"
      case .wasOvertaken: "fault overtaken by invalidation"
      case .metHardware: "exchange meets hardware"
      case .hardwareMetChange: "hardware meets change"
      case .foundNoSlot: "slot hidden"
      case .foundNoEntry: "host entry gone"
      }
    }
  }

  /// Calls by their numbers, the lower first; who only looks minds nobody.
  private static let pairs: [(Int, Int)] = (0..<7).flatMap { first in
    (first..<7).map { (first, $0) }
  }

  /// In the order in which they are counted.
  static let labels =
    pairs.map {
      "\(PartitionThreadsOperation.names[$0.0]) | \(PartitionThreadsOperation.names[$0.1])"
    } + Event.allCases.map(\.label)

  /// What a check has to reach; hardware that meets an exchange is rarer than a short check is long.
  static let required =
    [
      "access | access", "access | move", "access | changeSlot", "access | harvest",
      "access | age", "move | changeSlot", "move | harvest",
    ]
    + Event.allCases.filter { $0 != .metHardware && $0 != .hardwareMetChange }.map(\.label)

  /// How often each was reached.
  private(set) var counts = [UInt64](repeating: 0, count: labels.count)
  /// The number of what each thread is at.
  private var running = [Int?](repeating: nil, count: 16)

  /// Forgets a case.
  mutating func reset() {
    for index in counts.indices { counts[index] = 0 }
    for thread in running.indices { running[thread] = nil }
  }

  mutating func count(_ event: Event) { counts[Self.pairs.count + event.rawValue] += 1 }

  /// A thread begins something.
  mutating func began(_ number: Int, _ thread: Int) {
    for other in running.indices where other != thread {
      guard let known = running[other], number < 7, known < 7 else { continue }
      let (first, second) = (min(number, known), max(number, known))
      // The pairs that begin with a lower number come before.
      counts[first * 7 - first * (first - 1) / 2 + second - first] += 1
    }
    running[thread] = number
  }

  /// A thread has ended what it was at.
  mutating func ended(_ thread: Int) { running[thread] = nil }
}
