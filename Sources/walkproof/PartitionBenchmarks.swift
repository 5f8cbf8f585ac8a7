import Machines
import Walkers

/// The keeping of partition-scoped tables on the direct machine: a guest's log harvested and its pages
/// unmapped, by words of the log and page by page.
struct PartitionBenchmarks<Table: PartitionWalker<DirectMachine>> {
  /// A log in plain memory.
  struct PlainLog: DirtyLog {
    private let words: UnsafeMutablePointer<UInt64>
    private let reported: UnsafeMutablePointer<UInt64>
    private let count: Int

    init(pageCount: Int) {
      count = (pageCount + 63) / 64
      words = .allocate(capacity: count)
      words.initialize(repeating: 0, count: count)
      reported = .allocate(capacity: count)
      reported.initialize(repeating: 0, count: count)
    }

    mutating func mark(_ bits: UInt64, slot: Int, word: Int) { words[word] |= bits }
    mutating func take(slot: Int, word: Int) -> UInt64 {
      defer { words[word] = 0 }
      return words[word]
    }
    mutating func report(_ bits: UInt64, slot: Int, word: Int) { reported[word] |= bits }

    /// How many pages were reported; nothing is afterwards.
    mutating func takeReported() -> Int {
      var sum = 0
      for word in 0..<count {
        sum += reported[word].nonzeroBitCount
        reported[word] = 0
      }
      return sum
    }

    func free() {
      words.deallocate()
      reported.deallocate()
    }
  }

  /// In how many pages one is dirty.
  static var sparseness: Int { 64 }

  private var machine: DirectMachine
  private let table: Table
  private let slot: GuestSlot
  private var log: PlainLog
  /// The entries of the last level, table by table.
  private var tables: [UnsafeMutablePointer<UInt64>] = []
  /// How many pages the guest has.
  let pageCount: Int

  /// A guest of this many GiB, mapped by pages of 4 KiB; nil when there is no memory.
  init?(
    gibibytes: Int,
    _ create: (PartitionConfiguration, inout DirectMachine) -> Table?
  ) {
    pageCount = gibibytes << 18
    let memory = PhysicalMemory(
      granule: .size4K,
      base: 1 << 32,
      capacity: gibibytes * 513 + 64
    )
    machine = DirectMachine(memory: memory)
    guard let table = create(PartitionConfiguration(pageShift: 12), &machine) else { return nil }
    self.table = table
    slot = GuestSlot(
      number: 0,
      firstFrame: 0,
      frameCount: UInt64(pageCount),
      hostAddress: 0,
      hasLog: true
    )
    log = PlainLog(pageCount: pageCount)
    guard mapEverything() else { return nil }
  }

  /// Gives the log's memory back.
  func free() { log.free() }

  private mutating func mapEverything() -> Bool {
    for first in stride(from: UInt64(0), to: UInt64(pageCount), by: 512) {
      guard let last = table.makeTables(for: first << 12, on: &machine) else { return false }
      tables.append(last)
    }
    fill()
    return true
  }

  /// Maps every page; one in `sparseness` is dirty.
  mutating func fill() {
    let clean: UInt64 = 3 << 62 | 0x107
    for (number, table) in tables.enumerated() {
      for index in 0..<512 {
        let page = UInt64(number << 9 | index)
        let isDirty = Int(page) % PartitionBenchmarks.sparseness == 0
        table[index] = clean | page << 12 | (isDirty ? 0x80 : 0)
      }
    }
  }

  /// Dirties one page in `sparseness` again.
  mutating func dirty() {
    for table in tables {
      for index in stride(from: 0, to: 512, by: PartitionBenchmarks.sparseness) {
        table[index] |= 0x80
      }
    }
    _ = log.takeReported()
  }

  /// Hands the log out.
  mutating func harvest() { table.harvest(slot, on: &machine, log: &log) }

  /// Takes every page from the guest.
  mutating func unmap() { table.unmap(slot.frames, of: slot, on: &machine, log: &log) }

  /// Whether the last harvest reported what it had to.
  mutating func isHarvested() -> Bool {
    log.takeReported() == pageCount / PartitionBenchmarks.sparseness
  }
}
