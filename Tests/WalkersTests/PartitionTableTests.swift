import Architecture
import Machines
import Testing
import Walkers

extension QuietHost {
  /// The positions of a bitmap's bits.
  fileprivate static func positions(_ words: [Int: UInt64]) -> Set<UInt64> {
    Set(
      words.flatMap { word, bits in
        (0..<UInt64(64)).filter { bits >> $0 & 1 != 0 }.map { UInt64(word) << 6 | $0 }
      }
    )
  }
}

/// The keepers of partition-scoped tables.
enum PartitionKeeper: CaseIterable {
  case builtIn, stepped

  fileprivate func create(
    _ configuration: PartitionConfiguration,
    on machine: inout DirectMachine
  ) -> (any PartitionWalker<DirectMachine>)? {
    switch self {
    case .builtIn: PartitionTable.create(configuration, on: &machine)
    case .stepped: SteppedPartitionTable.create(configuration, on: &machine)
    }
  }
}

/// The contract of whoever keeps partition-scoped tables.
@Suite struct PartitionTableTests {
  private static let clean: UInt64 = 0xc000_0000_0000_0107
  private static let dirty: UInt64 = 0xc000_0000_0000_0187

  private func slot(_ first: UInt64, _ count: UInt64) -> GuestSlot {
    GuestSlot(number: 0, firstFrame: first, frameCount: count, hostAddress: 0, hasLog: true)
  }

  /// The leaf that the hardware finds for a frame of 4 KiB.
  private func leaf(of frame: UInt64, from root: UInt64, _ memory: PhysicalMemory) -> RadixLeaf? {
    try? RadixTree.walk(frame << 12, from: root) { memory.descriptor(at: $0) }.get()
  }

  /// A tree with these leaves: the frame, the level, and whether it is dirty.
  private func table(
    _ leaves: [(frame: UInt64, level: RadixLevel, isDirty: Bool)],
    _ keeper: PartitionKeeper,
    pageShift: UInt64 = 12
  ) throws -> (any PartitionWalker<DirectMachine>, DirectMachine, PhysicalMemory) {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 128)
    var machine = DirectMachine(memory: memory)
    let table = try #require(
      keeper.create(PartitionConfiguration(pageShift: pageShift), on: &machine)
    )
    var host = QuietHost<DirectMachine>()
    for leaf in leaves {
      let entry = leaf.isDirty ? PartitionTableTests.dirty : PartitionTableTests.clean
      let result = table.install(
        entry,
        at: leaf.frame << pageShift,
        level: leaf.level,
        since: 0,
        of: slot(0, 1 << 30),
        on: &machine,
        host: &host
      )
      #expect(result == .ok)
    }
    return (table, machine, memory)
  }

  @Test(arguments: PartitionKeeper.allCases)
  func `a harvest reports the slot's dirty pages, wherever its first frame lies`(
    keeper: PartitionKeeper
  ) throws {
    // Small pages at every edge of a word and of a table, and a large one behind them.
    let pages: [UInt64] = [0, 1, 5, 62, 63, 64, 65, 127, 128, 200, 510, 511, 512, 513, 700, 1023]
    for first: UInt64 in [0, 1, 5, 63, 64, 65, 130] {
      for count: UInt64 in [1, 63, 64, 65, 448, 700, 1400] {
        var leaves = pages.map { (frame: $0, level: RadixLevel.last, isDirty: true) }
        leaves.append((frame: 1024, level: 1, isDirty: true))
        leaves.append((frame: 300, level: 0, isDirty: false))
        var (table, machine, _) = try table(leaves, keeper)
        var host = QuietHost<DirectMachine>()
        table.harvest(slot(first, count), on: &machine, log: &host)
        let range = first..<first + count
        let expected = Set((pages + (1024..<1536)).filter(range.contains).map { $0 - first })
        #expect(
          QuietHost<DirectMachine>.positions(host.reported) == expected,
          "\(first) + \(count)"
        )
        host.reported = [:]
        table.harvest(slot(first, count), on: &machine, log: &host)
        let again = QuietHost<DirectMachine>.positions(host.reported)
        #expect(again.isEmpty, "what was reported is clean")
      }
    }
  }

  @Test(arguments: PartitionKeeper.allCases)
  func `an unmap takes whole leaves, and logs those that were dirty`(keeper: PartitionKeeper) throws
  {
    for first: UInt64 in [0, 3, 64] {
      let leaves: [(frame: UInt64, level: RadixLevel, isDirty: Bool)] = [
        (64, 0, true), (65, 0, false), (127, 0, true), (511, 0, true), (512, 1, true),
      ]
      var (table, machine, memory) = try table(leaves, keeper)
      var host = QuietHost<DirectMachine>()
      table.unmap(65..<513, of: slot(first, 900), on: &machine, log: &host)
      let expected = Set(([127, 511] + (512..<min(1024, first + 900))).map { $0 - first })
      #expect(QuietHost<DirectMachine>.positions(host.marked) == expected)
      let root = table.partitionEntry(on: &machine)
      let left = [64, 65, 127, 511, 512].filter { leaf(of: $0, from: root, memory) != nil }
      #expect(left == [64])
    }
  }

  @Test(arguments: PartitionKeeper.allCases)
  func `a second fault on a page adds to what the first gave`(keeper: PartitionKeeper) throws {
    var (table, machine, memory) = try table([(7, 0, true)], keeper)
    var host = QuietHost<DirectMachine>()
    let result = table.install(
      PartitionTableTests.clean & ~0x2,
      at: 7 << 12,
      level: 0,
      since: 0,
      of: slot(0, 64),
      on: &machine,
      host: &host
    )
    #expect(result == .ok)
    let leaf = leaf(of: 7, from: table.partitionEntry(on: &machine), memory)
    #expect(leaf?.entry == PartitionTableTests.dirty)
    #expect(host.marked.isEmpty)
  }

  @Test(arguments: PartitionKeeper.allCases)
  func `a large leaf gives way to a small one, and a table to none`(keeper: PartitionKeeper) throws
  {
    var (table, machine, _) = try table([(512, 1, true), (1024, 0, false)], keeper)
    var host = QuietHost<DirectMachine>()
    let small = table.install(
      PartitionTableTests.clean,
      at: 513 << 12,
      level: 0,
      since: 0,
      of: slot(0, 2048),
      on: &machine,
      host: &host
    )
    #expect(small == .ok)
    #expect(QuietHost<DirectMachine>.positions(host.marked) == Set(512..<1024))
    let large = table.install(
      PartitionTableTests.clean,
      at: 1024 << 12,
      level: 1,
      since: 0,
      of: slot(0, 2048),
      on: &machine,
      host: &host
    )
    #expect(large == .busy)
  }

  @Test(arguments: PartitionKeeper.allCases, [UInt64(12), 16])
  func `a page is accessed until it is aged`(keeper: PartitionKeeper, pageShift: UInt64) throws {
    var (table, machine, _) = try table([(3, 0, false)], keeper, pageShift: pageShift)
    #expect(table.isYoung(3, on: &machine))
    #expect(table.age(3, on: &machine))
    #expect(!table.isYoung(3, on: &machine))
    #expect(!table.age(3, on: &machine))
    #expect(!table.age(4, on: &machine), "what is not mapped was not accessed")
  }

  @Test(arguments: PartitionKeeper.allCases)
  func `freed tables are gone, and freeing them again does nothing`(keeper: PartitionKeeper) throws
  {
    var (table, machine, memory) = try table([(3, 0, false), (1 << 18, 2, false)], keeper)
    table.free(on: &machine)
    #expect(table.root == nil)
    #expect(machine.count(of: memory.pointer(to: memory.base)) == 0)
    table.free(on: &machine)
  }

  @Test(arguments: PartitionKeeper.allCases)
  func `the partition-table entry leads the hardware to the tables`(
    keeper: PartitionKeeper
  ) throws {
    for pageShift: UInt64 in [12, 16] {
      var (table, machine, memory) = try table([(9, 0, false)], keeper, pageShift: pageShift)
      let root = table.partitionEntry(on: &machine)
      let leaf = try RadixTree.walk(9 << pageShift, from: root) { memory.descriptor(at: $0) }.get()
      #expect(leaf.shift == pageShift)
      #expect(leaf.entry == PartitionTableTests.clean)
    }
  }
}
