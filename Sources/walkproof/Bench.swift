import ArgumentParser
import Checking
import Machines
import Plugins
import Property
import Reports
import Systems
import Walkers

/// Measures the optimised walkers and the checker itself.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the optimised walkers on the direct machine, and checked operations.",
    discussion: "Medians of several runs on one thread; other work on the machine shows in them."
  )

  @Option(help: "How many times each row is run; the median is shown. At least 5.")
  var runs = 9

  @Option(help: "The top folder of a Linux tree, whose code is measured beside ours.")
  var linuxTree: String?

  @Option(help: "Only rows whose names contain this; of several, one of them.")
  var only: [String] = []

  @Option(help: "The form of the results: text, json or markdown.")
  var format = ComparisonFormat.text

  @Option(help: "The file that the results go to instead of standard output.")
  var output: String?

  func validate() throws {
    if runs < 5 || runs > 1000 { throw ValidationError("--runs must be 5 to 1000.") }
  }

  func run() throws {
    let sink = try ReportSink(path: output)
    catchInterrupts()
    var terminal = Terminal()
    var rows: [BenchReport.Row] = []
    guard let table = BuiltInTable() else {
      throw Complaint(.internalFault, "no memory for the benchmark's root table")
    }
    var walker = WalkerBenchmarks(table)
    // A tree's code is as fast as the better of the compilers makes it, row by row.
    var theirs: [(compiler: String, table: WalkerBenchmarks<TreeTable>)] = []
    if let path = linuxTree {
      for compiler in LinuxTree.compilers {
        let table = try TreeTable(linuxTree: path, compiler: compiler)
        theirs.append((compiler, WalkerBenchmarks(table)))
      }
    }
    var ratios: [BenchReport.Ratio] = []
    // Each row of ours beside the same row of theirs, so that both see the same machine.
    for (number, row) in WalkerBenchmarks<BuiltInTable>.rows.enumerated()
    where isWanted(row.name) {
      terminal.progress(row.name)
      let ours = measure(row, &walker)
      rows.append(ours)
      let their = theirs.indices.map { index in
        terminal.progress("\(row.name), the tree's by \(theirs[index].compiler)")
        let row = measure(WalkerBenchmarks<TreeTable>.rows[number], &theirs[index].table)
        return (median: row.median, compiler: theirs[index].compiler)
      }
      guard let best = their.min(by: { $0.median < $1.median }) else { continue }
      ratios.append(
        BenchReport.Ratio(
          row.name,
          ours: ours.median,
          theirs: best.median,
          compiler: best.compiler
        )
      )
    }
    typealias Optimised = ArmUnmapBenchmarks<ArmUnmapTable<DirectMachine>>
    typealias Historic = ArmUnmapBenchmarks<HistoricUnmap<DirectMachine>>
    guard var optimised = Optimised(), var historic = Historic() else {
      throw Complaint(.internalFault, "no memory for the benchmark's root table")
    }
    for (row, old) in zip(Optimised.rows, Historic.rows) where isWanted(row.name) {
      terminal.progress(row.name)
      rows.append(measure(row, row.name, &optimised))
      rows.append(measure(old, "\(row.name), nested-fixed", &historic))
    }
    var radix = RadixBenchmark()
    terminal.progress("xlate")
    for (name, run) in [
      ("xlate of a random 64K page", { (radix: inout RadixBenchmark) in radix.translate() }),
      ("xlate of a random 64K page, reference", { $0.translateInSteps() }),
    ] where isWanted(name) {
      let samples = measure(runs: runs, prepare: {}, run: { run(&radix) })
      rows.append(
        BenchReport.Row(
          name,
          unit: "ns/page",
          samples: samples.map { $0 * 1e9 / Double(RadixBenchmark.pageCount) }
        )
      )
    }
    rows += try sharedRows(&terminal)
    rows += try partitionRows(&terminal)
    rows += try pfnCacheRows(&terminal)
    rows += try sharedBufferRows(CompactSharedBuffers(), "", &terminal)
    rows += try sharedBufferRows(ListedSharedBuffers(), ", reference", &terminal)
    for (isJudged, suffix) in [(false, ""), (true, ", judged")] {
      let name = "scheduled steps, shared-buffer\(suffix)"
      guard isWanted(name) else { continue }
      terminal.progress(name)
      let rate = BufferStepRate(callCount: 2000, isJudged: isJudged)
      rows.append(stepRow(name) { rate() })
    }
    for system in System.all {
      let name = "checked operations, \(system.name)"
      guard isWanted(name) else { continue }
      terminal.progress(name)
      if let row = checkedOperations(system, name) { rows.append(row) }
    }
    terminal.clear()
    if rows.isEmpty, !interruptFlag.isRaised {
      throw Complaint(.usage, "no row's name contains '\(only.joined(separator: "' or '"))'")
    }
    for index in rows.indices { rows[index].goal = BenchReport.goals[rows[index].name] }
    let report = BenchReport(
      rows: rows,
      ratios: ratios,
      checksum: walker.checksum &+ radix.checksum
    )
    switch format {
    case .text: try sink.write(report.text)
    case .json: try sink.write(try JSON.text(report))
    case .markdown: try sink.write(report.markdown)
    }
    if interruptFlag.isRaised { try ExitStatus.undecided.end() }
  }

  /// Whether a row is to be measured still.
  private func isWanted(_ name: String) -> Bool {
    !interruptFlag.isRaised && (only.isEmpty || only.contains { name.contains($0) })
  }

  /// Calls of faults that may run at once, beside the same of the walker that is alone.
  private func sharedRows(_ terminal: inout Terminal) throws -> [BenchReport.Row] {
    guard let table = SharedTable() else {
      throw Complaint(.internalFault, "no memory for the benchmark's root table")
    }
    var walker = WalkerBenchmarks(table)
    return WalkerBenchmarks<SharedTable>.rows.compactMap { row in
      let name = "\(row.name), shared"
      guard SharedTable.rows.contains(row.name), isWanted(name) else { return nil }
      terminal.progress(name)
      return measure(row, &walker, named: name)
    }
  }

  /// Dirty logs of guests of 1 and 64 GiB, and unmapping, by words of the log and page by page.
  private func partitionRows(_ terminal: inout Terminal) throws -> [BenchReport.Row] {
    var rows: [BenchReport.Row] = []
    for gibibytes in [1, 64] {
      rows += try partitionRows(gibibytes, "", &terminal) { PartitionTable.create($0, on: &$1) }
      rows += try partitionRows(gibibytes, ", entry by entry", &terminal) {
        SteppedPartitionTable.create($0, on: &$1)
      }
    }
    return rows
  }

  private func partitionRows<Table>(
    _ gibibytes: Int,
    _ suffix: String,
    _ terminal: inout Terminal,
    _ create: (PartitionConfiguration, inout DirectMachine) -> Table?
  ) throws -> [BenchReport.Row] where Table: PartitionWalker<DirectMachine> {
    let sparseness = PartitionBenchmarks<Table>.sparseness
    let harvestName = "harvest of \(gibibytes) GiB, 1 page in \(sparseness) dirty\(suffix)"
    let unmapName = "partition unmap of 1 GiB by 4K\(suffix)"
    let unmaps = gibibytes == 1 && isWanted(unmapName)
    guard isWanted(harvestName) || unmaps else { return [] }
    terminal.progress(harvestName)
    guard var guest = PartitionBenchmarks(gibibytes: gibibytes, create) else {
      throw Complaint(.internalFault, "no memory for the benchmark's partition-scoped tables")
    }
    defer { guest.free() }
    let pages = Double(guest.pageCount)
    let harvest = measure(
      runs: runs,
      prepare: { guest.dirty() },
      run: { guest.harvest() }
    )
    guard guest.isHarvested() else {
      throw Complaint(.internalFault, "the benchmark's harvest does not report what is dirty")
    }
    var rows = [
      BenchReport.Row(harvestName, unit: "ns/page", samples: harvest.map { $0 * 1e9 / pages })
    ]
    guard unmaps else { return rows }
    let unmap = measure(runs: runs, prepare: { guest.fill() }, run: { guest.unmap() })
    rows.append(
      BenchReport.Row(unmapName, unit: "ns/page", samples: unmap.map { $0 * 1e9 / pages })
    )
    return rows
  }

  /// Calls on guest-frame caches, the built-in ones and the reference; and steps of their threads.
  private func pfnCacheRows(_ terminal: inout Terminal) throws -> [BenchReport.Row] {
    var rows: [BenchReport.Row] = []
    for count in [1, 64, 4096] where !interruptFlag.isRaised {
      terminal.progress("pfn-cache, \(count) caches")
      rows += try pfnCacheRows(IndexedPfnCache(), "", count)
      rows += try pfnCacheRows(ListedPfnCache(), ", reference", count)
    }
    for (isJudged, meanLength, suffix) in [
      (false, nil as UInt64?, ""), (true, nil, ", judged"), (false, 1, ", each by another thread"),
    ] {
      let name = "scheduled steps, pfn-cache\(suffix)"
      guard isWanted(name) else { continue }
      terminal.progress(name)
      let rate = PfnCacheStepRate(callCount: 2000, isJudged: isJudged, meanLength: meanLength)
      rows.append(stepRow(name) { rate() })
    }
    return rows
  }

  /// How many steps a second threads make; `run` returns how many it took.
  private func stepRow(_ name: String, _ run: () -> Int) -> BenchReport.Row {
    var steps = 0
    let samples = measure(runs: runs, prepare: {}, run: { steps = run() })
    return BenchReport.Row(name, unit: "1/s", samples: samples.map { Double(steps) / $0 })
  }

  private func pfnCacheRows<Walker: PfnCacheWalker>(
    _ walker: Walker,
    _ suffix: String,
    _ count: Int
  ) throws -> [BenchReport.Row] {
    guard var caches = PfnCacheBenchmarks(walker, count: count) else {
      throw Complaint(.internalFault, "no memory for the benchmark's caches")
    }
    defer { caches.free() }
    let calls = Double(PfnCacheBenchmarks<Walker>.callCount)
    let misses = Double(PfnCacheBenchmarks<Walker>.missCount(count))
    var rows: [BenchReport.Row] = []
    func add(_ name: String, _ count: Double, _ run: (inout PfnCacheBenchmarks<Walker>) -> Void) {
      let name = name + suffix
      guard isWanted(name) else { return }
      let samples = measure(runs: runs, prepare: {}, run: { run(&caches) })
      rows.append(
        BenchReport.Row(name, unit: "ns/call", samples: samples.map { $0 * 1e9 / count })
      )
    }
    if count == 1 {
      add("check and access", calls) { $0.access() }
      add("refresh of a valid cache", calls) { $0.refresh() }
    }
    let of = "\(count) cache\(count == 1 ? "" : "s")"
    add("invalidation of none of \(of)", misses) { $0.miss() }
    add("invalidation of one of \(of)", misses) { $0.hit() }
    return rows
  }

  /// Calls on shared buffers.
  private func sharedBufferRows<Walker: SharedBufferWalker>(
    _ walker: Walker,
    _ suffix: String,
    _ terminal: inout Terminal
  ) throws -> [BenchReport.Row] {
    var rows: [BenchReport.Row] = []
    for row in SharedBufferRow<Walker>.all(suffix) where isWanted(row.name) {
      terminal.progress(row.name)
      let benchmarks = SharedBufferBenchmarks(
        walker,
        fenceCount: row.fenceCount,
        isCaching: row.isCaching
      )
      guard var buffer = benchmarks else {
        throw Complaint(.internalFault, "no memory for the benchmark's fences")
      }
      if row.isSignalled { buffer.signal() }
      let samples = measure(runs: runs, prepare: {}, run: { row.run(&buffer) })
      rows.append(
        BenchReport.Row(
          row.name,
          unit: "ns/call",
          samples: samples.map { $0 * 1e9 / Double(row.callCount) }
        )
      )
    }
    return rows
  }

  /// How many operations of the built-in subject are checked a second, every oracle on, on one
  /// thread.
  private func checkedOperations(_ system: System, _ name: String) -> BenchReport.Row? {
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
      name,
      unit: "1/s",
      samples: samples.map { Double(operations) / $0 }
    )
  }

  private func measure<T: BenchmarkTable>(
    _ row: WalkerBenchmarks<T>.Row,
    _ walker: inout WalkerBenchmarks<T>,
    named name: String? = nil
  ) -> BenchReport.Row {
    let samples = measure(
      runs: runs,
      prepare: { row.prepare(&walker) },
      run: { row.run(&walker) }
    )
    return BenchReport.Row(
      name ?? row.name,
      unit: "ns/\(row.unit)",
      samples: samples.map { $0 * 1e9 / Double(row.unitCount) }
    )
  }

  private func measure<W: ArmUnmapWalker>(
    _ row: ArmUnmapBenchmarks<W>.Row,
    _ name: String,
    _ walker: inout ArmUnmapBenchmarks<W>
  ) -> BenchReport.Row {
    let samples = measure(
      runs: runs,
      prepare: { row.prepare(&walker) },
      run: { row.run(&walker) }
    )
    return BenchReport.Row(
      name,
      unit: "ns/\(row.unit)",
      samples: samples.map { $0 * 1e9 / Double(row.unitCount) }
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
