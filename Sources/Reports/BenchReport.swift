/// The measurements of `bench`, as data.
///
/// The property names are the keys of its JSON form.
public struct BenchReport: Codable, Sendable {
  /// One thing that was measured several times.
  public struct Row: Codable, Sendable {
    /// What was measured.
    public var name: String
    /// The unit of the numbers.
    public var unit: String
    /// The middle one of the runs.
    public var median: Double
    /// The lowest of the runs.
    public var lowest: Double
    /// The highest of the runs.
    public var highest: Double
    /// How many runs there were.
    public var runs: Int

    /// The summary of some runs, of which there is at least one.
    public init(_ name: String, unit: String, samples: [Double]) {
      let sorted = samples.sorted()
      self.name = name
      self.unit = unit
      median = sorted[sorted.count / 2]
      lowest = sorted[0]
      highest = sorted[sorted.count - 1]
      runs = sorted.count
    }
  }

  /// The version of this form.
  public var formatVersion = 1
  /// The rows.
  public var rows: [Row]
  /// A sum over what was looked up, which no optimiser can leave out.
  public var checksum: UInt64

  /// The report of these rows.
  public init(rows: [Row], checksum: UInt64) {
    self.rows = rows
    self.checksum = checksum
  }

  /// The report as a person reads it.
  public var text: String {
    var table = TextTable(["benchmark", "median", "lowest", "highest", "unit", "runs"])
    for row in rows {
      let isCount = row.median >= 1000
      func number(_ value: Double) -> String {
        isCount ? grouped(UInt64(value)) : rounded(value)
      }
      table.add([
        row.name, number(row.median), number(row.lowest), number(row.highest), row.unit,
        "\(row.runs)",
      ])
    }
    return table.lines.joined(separator: "\n") + "\n"
  }
}
