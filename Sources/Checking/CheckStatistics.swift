public import Machines
public import Property

/// What a check covered: enough to say whether anything was tested.
public struct CheckStatistics: CaseStatistics {
  /// How the results of calls are told apart.
  public static let results: [Errno] = [
    .ok, .again, .noMemory, .invalid, .range, .notFound, .fault,
  ]
  /// More kinds of operations than any system has.
  static let operationLimit = 32

  /// Operations by kind and result; the last result of a kind stands for all others.
  private var operations = [UInt64](
    repeating: 0,
    count: CheckStatistics.operationLimit * (CheckStatistics.results.count + 1)
  )
  /// How often each of the system's labels was reached, by its number; none where none was.
  private var labels: [UInt64] = []
  /// How many events the judges saw.
  public private(set) var events: UInt64 = 0
  /// How many full audits were made.
  public private(set) var audits: UInt64 = 0

  /// How often each accepted finding occurred, by its fingerprint.
  public private(set) var accepted: [String: UInt64] = [:]

  /// Nothing covered.
  public init() {}

  /// Adds what the other covered.
  public mutating func merge(_ other: CheckStatistics) {
    for index in operations.indices { operations[index] += other.operations[index] }
    count(labels: other.labels)
    events += other.events
    audits += other.audits
    count(accepted: other.accepted)
  }

  /// Counts an operation by its number.
  public mutating func count(operation kind: Int, result: Errno) {
    let column = CheckStatistics.column(of: result)
    operations[kind * (CheckStatistics.results.count + 1) + column] += 1
  }

  /// Which of `results` it is, or all others together.
  @inline(__always)
  private static func column(of result: Errno) -> Int {
    switch result {
    case .ok: 0
    case .again: 1
    case .noMemory: 2
    case .invalid: 3
    case .range: 4
    case .notFound: 5
    case .fault: 6
    default: 7
    }
  }

  /// How many operations of a kind ended with a result that is one of `results`.
  func count(ofOperation kind: Int, result: Errno) -> UInt64 {
    counts(ofOperation: kind)[
      kind * (CheckStatistics.results.count + 1) + CheckStatistics.column(of: result)
    ]
  }

  /// Adds findings that are accepted, by their fingerprints.
  public mutating func count(accepted counts: [String: UInt64]) {
    accepted.merge(counts) { $0 + $1 }
  }

  /// Counts an audit.
  @usableFromInline
  mutating func countAudit() { audits += 1 }

  /// Adds events that judges saw.
  public mutating func count(events: Int) { self.events += UInt64(events) }

  /// Adds how often each of the system's labels was reached, by its number.
  public mutating func count(labels counts: [UInt64]) {
    if labels.isEmpty { labels = Array(repeating: 0, count: counts.count) }
    for index in counts.indices { labels[index] += counts[index] }
  }

  /// How often a label was reached.
  public func count(ofLabel number: Int) -> UInt64 {
    number < labels.count ? labels[number] : 0
  }

  /// How many operations of a kind ended in each of `results`, and in any other.
  public func counts(ofOperation kind: Int) -> ArraySlice<UInt64> {
    let width = CheckStatistics.results.count + 1
    return operations[kind * width..<(kind + 1) * width]
  }

  /// How many operations there were.
  public var operationCount: UInt64 { operations.reduce(0, +) }
}
