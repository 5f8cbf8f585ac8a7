import Machines
import Walkers

/// The walker of shared tables on the direct machine, with atomic exchanges and counts, one thread.
struct SharedTable: BenchmarkTable {
  private var machine: SharedDirectMachine
  private let table: Stage2<SharedDirectMachine>
  private let walker = SharedStage2()

  /// The rows that tell what sharing costs: a fault's map, and an unmap that frees later.
  static let rows = ["map a random 4K page", "map 1 GiB by 2M blocks", "unmap a random 4K page"]

  init?() {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 2048)
    machine = SharedDirectMachine(memory: memory)
    let configuration = Stage2Configuration(hasForceWriteBack: true, hasRangeInvalidation: true)
    guard let table = Stage2.create(configuration, on: &machine) else { return nil }
    self.table = table
  }

  mutating func map(ipa: UInt64, sizeInBytes: UInt64, physical: UInt64) {
    let result = walker.map(
      ipa: ipa,
      sizeInBytes: sizeInBytes,
      physical: physical,
      protection: benchmarkProtection,
      in: table,
      on: &machine
    )
    precondition(result == .ok, "the benchmark's map returned \(result)")
    freeUnlinked()
  }

  mutating func unmap(ipa: UInt64, sizeInBytes: UInt64) {
    _ = walker.unmap(ipa: ipa, sizeInBytes: sizeInBytes, in: table, on: &machine)
    freeUnlinked()
  }

  mutating func writeProtect(ipa: UInt64, sizeInBytes: UInt64) {
    _ = walker.writeProtect(ipa: ipa, sizeInBytes: sizeInBytes, in: table, on: &machine)
  }

  mutating func descriptor(at ipa: UInt64) -> UInt64 {
    table.leaf(at: ipa, on: &machine).descriptor
  }

  private mutating func freeUnlinked() {
    while let (child, level) = machine.takeUnlinked() {
      walker.freeUnlinked(child, level: level, in: table, on: &machine)
    }
  }
}
