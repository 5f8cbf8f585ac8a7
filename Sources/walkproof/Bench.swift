import ArgumentParser
import Property
import Reports
import Systems

/// Measures the optimised walkers and the checker itself.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the optimised walkers on the direct machine, and checked operations.",
    discussion: "Medians of several runs on one thread; other work on the machine shows in them."
  )

  @Option(help: "How many times each row is run; the median is shown. At least 5.")
  var runs = 9

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if runs < 5 || runs > 1000 { throw ValidationError("--runs must be 5 to 1000.") }
  }

  func run() throws {
    let sink = try ReportSink(path: output.output)
    catchInterrupts()
    var terminal = Terminal()
    var rows: [BenchReport.Row] = []
    guard var walker = WalkerBenchmarks() else {
      throw Complaint(.internalFault, "no memory for the benchmark's root table")
    }
    for row in WalkerBenchmarks.rows where !interruptFlag.isRaised {
      terminal.progress(row.name)
      let samples = measure(
        runs: runs,
        prepare: { row.prepare(&walker) },
        run: { row.run(&walker) }
      )
      rows.append(
        BenchReport.Row(
          row.name,
          unit: "ns/\(row.unit)",
          samples: samples.map { $0 * 1e9 / Double(row.unitCount) }
        )
      )
    }
    for system in System.all where !interruptFlag.isRaised {
      terminal.progress("checked operations, \(system.name)")
      if let row = checkedOperations(system) { rows.append(row) }
    }
    terminal.clear()
    let report = BenchReport(rows: rows, checksum: walker.checksum)
    switch output.format {
    case .text: try sink.write(report.text)
    case .json: try sink.write(try JSON.text(report))
    }
    if interruptFlag.isRaised { try ExitStatus.undecided.end() }
  }

  /// How many operations of the built-in subject are checked a second, every oracle on, on one
  /// thread.
  private func checkedOperations(_ system: System) -> BenchReport.Row? {
    guard let subject = system.subject(named: "built-in") else { return nil }
    var plan = CampaignPlan(seed: 1, cases: 0..<4000)
    plan.selfCheckInterval = nil
    var operations: UInt64 = 0
    let samples = measure(
      runs: runs,
      prepare: {},
      run: {
        operations = subject.campaign(plan, jobs: 1).search().statistics.operationCount
      }
    )
    return BenchReport.Row(
      "checked operations, \(system.name)",
      unit: "1/s",
      samples: samples.map { Double(operations) / $0 }
    )
  }

  /// The seconds that each run took.
  private func measure(runs: Int, prepare: () -> Void, run: () -> Void) -> [Double] {
    let clock = ContinuousClock()
    return (0..<runs).map { _ in
      prepare()
      return clock.measure(run).inSeconds
    }
  }
}
