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
    /// What it should be, or better, by what is set for it; absent where nothing is.
    public var goal: Double?

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

  /// One thing of ours beside the same of a tree's, from one run.
  public struct Ratio: Codable, Sendable {
    /// What was measured.
    public var name: String
    /// Our median.
    public var ours: Double
    /// The tree's median, by the compiler that makes it fastest.
    public var theirs: Double
    /// That compiler.
    public var compiler: String
    /// Ours in parts of theirs.
    public var ratio: Double

    /// The ratio of two medians, of which the second is not 0.
    public init(_ name: String, ours: Double, theirs: Double, compiler: String) {
      self.compiler = compiler
      self.name = name
      self.ours = ours
      self.theirs = theirs
      ratio = ours / theirs
    }
  }

  /// The version of this form.
  public var formatVersion = 1
  /// The rows.
  public var rows: [Row]
  /// Ours beside a tree's, where one was named.
  public var ratios: [Ratio]
  /// A sum over what was looked up, which no optimiser can leave out.
  public var checksum: UInt64

  /// The report of these rows.
  public init(rows: [Row], ratios: [Ratio] = [], checksum: UInt64) {
    self.rows = rows
    self.ratios = ratios
    self.checksum = checksum
  }

  /// What rows should come to, in their units: for walkers half of what the C library of a kernel took on
  /// a two-core virtual machine.
  public static let goals: [String: Double] = [
    "map 1 GiB by 4K pages": 3.0, "unmap 1 GiB of 4K pages": 2.75, "get_leaf, random": 8.5,
    "map a random 4K page": 18, "unmap a random 4K page": 16.5, "wrprotect 1 GiB of 4K pages": 1.2,
    "checked operations, arm64-stage2": 200_000, "checked operations, arm64-hyp": 200_000,
  ]

  private var rowTable: TextTable {
    var table = TextTable(["benchmark", "median", "lowest", "highest", "goal", "unit", "runs"])
    for row in rows {
      let isCount = row.median >= 1000
      func number(_ value: Double) -> String {
        isCount ? grouped(UInt64(value)) : rounded(value)
      }
      table.add([
        row.name, number(row.median), number(row.lowest), number(row.highest),
        row.goal.map(number) ?? "", row.unit, "\(row.runs)",
      ])
    }
    return table
  }

  private var ratioTable: TextTable? {
    if ratios.isEmpty { return nil }
    var table = TextTable(["benchmark", "ours", "the tree's", "by", "ours/theirs"])
    for ratio in ratios {
      table.add([
        ratio.name, rounded(ratio.ours), rounded(ratio.theirs), ratio.compiler,
        rounded(ratio.ratio),
      ])
    }
    return table
  }

  /// The report as a person reads it.
  public var text: String {
    let lines = rowTable.lines + (ratioTable.map { [""] + $0.lines } ?? [])
    return lines.joined(separator: "\n") + "\n"
  }

  /// The report as Markdown, for a page of numbers.
  public var markdown: String {
    let lines = rowTable.markdown + (ratioTable.map { [""] + $0.markdown } ?? [])
    return lines.joined(separator: "\n") + "\n"
  }
}
