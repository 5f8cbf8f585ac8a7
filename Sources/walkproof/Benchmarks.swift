import Machines
import Property
import Systems
import Walkers

/// A stage-2 table that is measured: 4 KiB granules, 40-bit input, forced write-back and range
/// invalidation, one thread.
protocol BenchmarkTable {
  /// Maps a range; it must succeed.
  mutating func map(ipa: UInt64, sizeInBytes: UInt64, physical: UInt64)
  /// Unmaps a range.
  mutating func unmap(ipa: UInt64, sizeInBytes: UInt64)
  /// Takes write permission from a range.
  mutating func writeProtect(ipa: UInt64, sizeInBytes: UInt64)
  /// The descriptor at which a walk ends.
  mutating func descriptor(at ipa: UInt64) -> UInt64
}

/// What a mapping of the benchmarks permits.
let benchmarkProtection = Protection.read | Protection.write | Protection.execute

/// The optimised walker on the direct machine.
struct BuiltInTable: BenchmarkTable {
  private var machine: DirectMachine
  private let table: Stage2<DirectMachine>

  init?() {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 2048)
    machine = DirectMachine(memory: memory)
    let configuration = Stage2Configuration(hasForceWriteBack: true, hasRangeInvalidation: true)
    guard let table = Stage2.create(configuration, on: &machine) else { return nil }
    self.table = table
  }

  mutating func map(ipa: UInt64, sizeInBytes: UInt64, physical: UInt64) {
    let result = table.map(
      ipa: ipa,
      sizeInBytes: sizeInBytes,
      physical: physical,
      protection: benchmarkProtection,
      on: &machine
    )
    precondition(result == .ok, "the benchmark's map returned \(result)")
  }

  mutating func unmap(ipa: UInt64, sizeInBytes: UInt64) {
    _ = table.unmap(ipa: ipa, sizeInBytes: sizeInBytes, on: &machine)
  }

  mutating func writeProtect(ipa: UInt64, sizeInBytes: UInt64) {
    _ = table.writeProtect(ipa: ipa, sizeInBytes: sizeInBytes, on: &machine)
  }

  mutating func descriptor(at ipa: UInt64) -> UInt64 {
    table.leaf(at: ipa, on: &machine).descriptor
  }
}

/// The rows of a benchmark of one table.
struct WalkerBenchmarks<Table: BenchmarkTable> {
  /// How many pages 1 GiB has.
  static var pageCount: Int { 1 << 18 }
  static var size: UInt64 { 1 << 30 }

  /// One row of the result: what to do before each run, and what to measure.
  struct Row {
    let name: String
    /// How many units a run handles, by which its time is divided.
    let unitCount: Int
    let unit: String
    let prepare: (inout WalkerBenchmarks) -> Void
    let run: (inout WalkerBenchmarks) -> Void
  }

  private var table: Table
  /// Every page of 1 GiB once, in a random order.
  private let pages: [UInt64]
  /// What look-ups found, so that none can be left out.
  private(set) var checksum: UInt64 = 0

  init(_ table: Table) {
    self.table = table
    var pages = (0..<UInt64(WalkerBenchmarks.pageCount)).map { $0 << 12 }
    var random = CaseRandom(seed: 1, case: 0)
    for last in pages.indices.reversed() {
      pages.swapAt(last, Int(random.next(through: UInt64(last))))
    }
    self.pages = pages
  }

  static var rows: [Row] {
    [
      Row(
        name: "map 1 GiB by 4K pages",
        unitCount: pageCount,
        unit: "page",
        prepare: { $0.clear() },
        run: { $0.map(misalignment: 1 << 12) }
      ),
      Row(
        name: "map 1 GiB by 2M blocks",
        unitCount: pageCount >> 9,
        unit: "block",
        prepare: { $0.clear() },
        run: { $0.map(misalignment: 1 << 21) }
      ),
      Row(
        name: "get_leaf, random",
        unitCount: pageCount,
        unit: "page",
        prepare: { $0.fill() },
        run: { $0.lookUp() }
      ),
      Row(
        name: "unmap 1 GiB of 4K pages",
        unitCount: pageCount,
        unit: "page",
        prepare: { $0.fill() },
        run: { $0.unmapAll() }
      ),
      Row(
        name: "map a random 4K page",
        unitCount: pageCount,
        unit: "page",
        prepare: { $0.clear() },
        run: { $0.mapSingly() }
      ),
      Row(
        name: "unmap a random 4K page",
        unitCount: pageCount,
        unit: "page",
        prepare: { $0.fill() },
        run: { $0.unmapSingly() }
      ),
      Row(
        name: "wrprotect 1 GiB of 4K pages",
        unitCount: pageCount,
        unit: "page",
        prepare: { $0.fill() },
        run: { $0.writeProtect() }
      ),
    ]
  }

  private mutating func clear() { table.unmap(ipa: 0, sizeInBytes: 1 << 40) }

  private mutating func fill() {
    clear()
    map(misalignment: 1 << 12)
  }

  /// Maps 1 GiB; the output lies at `misalignment`, which decides the size of leaf.
  private mutating func map(misalignment: UInt64) {
    table.map(ipa: 0, sizeInBytes: WalkerBenchmarks.size, physical: misalignment)
  }

  private mutating func lookUp() {
    for page in pages { checksum &+= table.descriptor(at: page) }
  }

  private mutating func unmapAll() { table.unmap(ipa: 0, sizeInBytes: WalkerBenchmarks.size) }

  private mutating func mapSingly() {
    for page in pages { table.map(ipa: page, sizeInBytes: 1 << 12, physical: page) }
  }

  private mutating func unmapSingly() {
    for page in pages { table.unmap(ipa: page, sizeInBytes: 1 << 12) }
  }

  private mutating func writeProtect() {
    table.writeProtect(ipa: 0, sizeInBytes: WalkerBenchmarks.size)
  }
}
