import Machines
import Property
import Systems
import Walkers

/// The optimised stage-2 walker on the direct machine: 4 KiB granules, 40-bit input, forced
/// write-back and range invalidation, one thread.
struct WalkerBenchmarks {
  /// How many pages 1 GiB has.
  static let pageCount = 1 << 18
  static let size: UInt64 = 1 << 30
  static let protection = Protection.read | Protection.write | Protection.execute

  /// One row of the result: what to do before each run, and what to measure.
  struct Row: Sendable {
    let name: String
    /// How many units a run handles, by which its time is divided.
    let unitCount: Int
    let unit: String
    let prepare: @Sendable (inout WalkerBenchmarks) -> Void
    let run: @Sendable (inout WalkerBenchmarks) -> Void
  }

  private var machine: DirectMachine
  private let table: Stage2<DirectMachine>
  /// Every page of 1 GiB once, in a random order.
  private let pages: [UInt64]
  /// What look-ups found, so that none can be left out.
  private(set) var checksum: UInt64 = 0

  init?() {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 2048)
    machine = DirectMachine(memory: memory)
    let configuration = Stage2Configuration(hasForceWriteBack: true, hasRangeInvalidation: true)
    guard let table = Stage2.create(configuration, on: &machine) else { return nil }
    self.table = table
    var pages = (0..<UInt64(WalkerBenchmarks.pageCount)).map { $0 << 12 }
    var random = CaseRandom(seed: 1, case: 0)
    for last in pages.indices.reversed() {
      pages.swapAt(last, Int(random.next(through: UInt64(last))))
    }
    self.pages = pages
  }

  static let rows = [
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

  private mutating func clear() {
    _ = table.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &machine)
  }

  private mutating func fill() {
    clear()
    map(misalignment: 1 << 12)
  }

  /// Maps 1 GiB; the output lies at `misalignment`, which decides the size of leaf.
  private mutating func map(misalignment: UInt64) {
    let result = table.map(
      ipa: 0,
      sizeInBytes: WalkerBenchmarks.size,
      physical: misalignment,
      protection: WalkerBenchmarks.protection,
      on: &machine
    )
    precondition(result == .ok, "the benchmark's map returned \(result)")
  }

  private mutating func lookUp() {
    for page in pages { checksum &+= table.leaf(at: page, on: &machine).descriptor }
  }

  private mutating func unmapAll() {
    _ = table.unmap(ipa: 0, sizeInBytes: WalkerBenchmarks.size, on: &machine)
  }

  private mutating func mapSingly() {
    for page in pages {
      _ = table.map(
        ipa: page,
        sizeInBytes: 1 << 12,
        physical: page,
        protection: WalkerBenchmarks.protection,
        on: &machine
      )
    }
  }

  private mutating func unmapSingly() {
    for page in pages { _ = table.unmap(ipa: page, sizeInBytes: 1 << 12, on: &machine) }
  }

  private mutating func writeProtect() {
    _ = table.writeProtect(ipa: 0, sizeInBytes: WalkerBenchmarks.size, on: &machine)
  }
}
