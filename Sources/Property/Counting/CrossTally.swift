/// How often each pair of alternatives came up: operations by result, transitions from and to.
public struct CrossTally<Row: TallyKey, Column: TallyKey>: Equatable, Sendable {
  @usableFromInline var counts: [Int]
  @usableFromInline let columnCount: Int

  /// All at 0.
  public init() {
    columnCount = Column.allCases.count
    counts = Array(repeating: 0, count: Row.allCases.count * columnCount)
  }

  /// How often the pair came up.
  @inlinable
  public subscript(row: Row, column: Column) -> Int { counts[position(row, column)] }

  /// Counts the pair once, or as often as given.
  @inlinable
  public mutating func count(_ row: Row, _ column: Column, times: Int = 1) {
    counts[position(row, column)] += times
  }

  @inlinable
  func position(_ row: Row, _ column: Column) -> Int {
    // A column too great would be counted in the next row.
    precondition(column.ordinal < columnCount, "\(column) is not among the columns")
    return row.ordinal * columnCount + column.ordinal
  }

  /// Adds the other's counts.
  public mutating func merge(_ other: CrossTally) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The sum of all counts.
  public var total: Int { counts.reduce(0, +) }

  /// Every pair with its count, row by row, zeros included.
  public var entries: [(row: Row, column: Column, count: Int)] {
    Row.allCases.flatMap { row in
      Column.allCases.map { (row: row, column: $0, count: self[row, $0]) }
    }
  }

  /// How often each row came up.
  public var rows: Tally<Row> {
    var tally = Tally<Row>()
    for entry in entries { tally.count(entry.row, times: entry.count) }
    return tally
  }
}
