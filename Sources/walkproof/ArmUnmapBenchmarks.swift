import Machines
import Property
import Walkers

/// The older walkers on the direct machine: a guest's table of three levels, range invalidation, one
/// thread.
struct ArmUnmapBenchmarks<Walker: ArmUnmapWalker> where Walker.M == DirectMachine {
  /// One row of the result.
  struct Row {
    let name: String
    /// How many units a run handles, by which its time is divided.
    let unitCount: Int
    let unit: String
    let prepare: (inout ArmUnmapBenchmarks) -> Void
    let run: (inout ArmUnmapBenchmarks) -> Void
  }

  private static var pageCount: UInt64 { 1 << 18 }
  private static var blockCount: UInt64 { 512 }
  private static var size: UInt64 { 1 << 30 }
  /// In a sparse range one page in so many is mapped.
  private static var sparseness: UInt64 { 64 }

  private var machine: DirectMachine
  private let table: Walker
  /// Every page of 1 GiB once, in a random order.
  private let pages: [UInt64]

  /// An empty table; nil when there is no memory.
  init?() {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 2048)
    machine = DirectMachine(memory: memory)
    let configuration = ArmUnmapConfiguration(hasRangeInvalidation: true)
    guard let table = Walker.create(configuration, on: &machine) else { return nil }
    self.table = table
    var pages = (0..<Self.pageCount).map { $0 << 12 }
    var random = CaseRandom(seed: 1, case: 0)
    for last in pages.indices.reversed() {
      pages.swapAt(last, Int(random.next(through: UInt64(last))))
    }
    self.pages = pages
  }

  static var rows: [Row] {
    [
      Row(
        name: "unmap_range 1 GiB of 4K pages",
        unitCount: Int(pageCount),
        unit: "page",
        prepare: { $0.fill(every: 1 << 12, level: 3) },
        run: { $0.unmapAll() }
      ),
      Row(
        name: "unmap_range 1 GiB of 2M blocks",
        unitCount: Int(blockCount),
        unit: "block",
        prepare: { $0.fill(every: 1 << 21, level: 2) },
        run: { $0.unmapAll() }
      ),
      Row(
        name: "unmap_range 1 GiB, one page in 64",
        unitCount: Int(pageCount / sparseness),
        unit: "page",
        prepare: { $0.fill(every: sparseness << 12, level: 3) },
        run: { $0.unmapAll() }
      ),
      Row(
        name: "unmap_range a random 4K page",
        unitCount: Int(pageCount),
        unit: "page",
        prepare: { $0.fill(every: 1 << 12, level: 3) },
        run: { $0.unmapSingly() }
      ),
    ]
  }

  /// Maps leaves of a level over 1 GiB, one at every multiple of `stride`, in an empty table.
  private mutating func fill(every stride: UInt64, level: LookupLevel) {
    unmapAll()
    for address in Swift.stride(from: 0, to: Self.size, by: Int(stride)) {
      let result = table.map(
        address: address,
        physical: address,
        protection: Protection.read | Protection.write,
        level: level,
        on: &machine
      )
      precondition(result == .ok, "the benchmark's map returned \(result)")
    }
  }

  private mutating func unmapAll() { unmap(0, Self.size) }

  private mutating func unmapSingly() { for page in pages { unmap(page, 1 << 12) } }

  private mutating func unmap(_ address: UInt64, _ size: UInt64) {
    let result = table.unmap(address: address, sizeInBytes: size, mayYield: false, on: &machine)
    precondition(result == .ok, "the benchmark's unmap returned \(result)")
  }
}
