public import Machines

/// A partition-scoped tree that is kept one entry after the other, each looked up from the root and waited
/// for by itself.
///
/// Mended it is the reference, to which `PartitionTable` is held; with faults it is the seed, or a museum
/// variant. Levels are numbered from 3, the root's, to 0.
public struct SteppedPartitionTable<M: PowerMachine>: PartitionWalker {
  /// How the tree is made.
  public let configuration: PartitionConfiguration
  /// What is wrong with it.
  public let faults: PartitionTableFaultSet
  /// The root directory; nil once it was freed.
  @usableFromInline var directory: M.Table?

  /// A tree whose root is there already, for a proof.
  @inlinable
  public init(
    root: M.Table,
    _ configuration: PartitionConfiguration,
    faults: PartitionTableFaultSet = []
  ) {
    self.configuration = configuration
    self.faults = faults
    directory = root
  }

  /// An empty tree; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: PartitionConfiguration,
    faults: PartitionTableFaultSet = [],
    on machine: inout M
  ) -> SteppedPartitionTable? {
    let pageCount = configuration.rootPageCount
    guard let root = machine.allocateRoot(pageCount: pageCount, level: RadixLevel.root.depth) else {
      return nil
    }
    return SteppedPartitionTable(root: root, configuration, faults: faults)
  }

  /// The root directory; nil once it was freed.
  @inlinable public var root: M.Table? { directory }

  /// The root's page and the index in it for an address.
  @inlinable @inline(__always)
  func rootPlace(_ root: M.Table, _ address: UInt64, on machine: inout M) -> (M.Table, UInt64) {
    let index = index(of: address, 3)
    return (machine.rootPage(root, at: M.W(index &>> 9)), index & 511)
  }

  /// The index for an address in a table of a level.
  @inlinable @inline(__always)
  func index(of address: UInt64, _ level: RadixLevel) -> UInt64 {
    RadixLayout.index(
      of: address,
      shift: configuration.shift(of: level),
      bits: configuration.bits(of: level)
    )
  }

  /// Where an address's entry is at the lowest level that tables lead to, not below `lowest`.
  @inlinable @inline(__always)
  func find(
    _ address: UInt64,
    downTo lowest: RadixLevel = 0,
    on machine: inout M
  ) -> PartitionSpot<M>? {
    guard let directory else { return nil }
    var (table, index) = rootPlace(directory, address, on: &machine)
    var level = RadixLevel.root
    while true {
      let entry = machine.load(table, at: M.W(index))
      if level == lowest || !isTable(entry, on: &machine) {
        return PartitionSpot(table: table, index: index, level: level, entry: entry)
      }
      table = child(of: table, index, entry, on: &machine)
      level &-= 1
      index = self.index(of: address, level)
    }
  }

  /// The leaf that translates an address; nil for none.
  @inlinable @inline(__always)
  func leaf(of address: UInt64, on machine: inout M) -> PartitionSpot<M>? {
    guard let spot = find(address, on: &machine), isLeaf(spot.entry, on: &machine) else {
      return nil
    }
    return spot
  }

  /// The table that an entry leads to.
  @inlinable @inline(__always)
  func child(of table: M.Table, _ index: UInt64, _ entry: M.W, on machine: inout M) -> M.Table {
    machine.table(at: entry & M.W(RadixLayout.nextBase), linkedFrom: table, index: M.W(index))
  }

  /// Whether an entry leads to a table.
  @inlinable @inline(__always)
  func isTable(_ entry: M.W, on machine: inout M) -> Bool {
    let kind = M.W(RadixLayout.present | RadixLayout.leaf)
    return machine.holds((entry & kind) .== M.W(RadixLayout.present))
  }

  /// Whether an entry is a valid leaf.
  @inlinable @inline(__always)
  func isLeaf(_ entry: M.W, on machine: inout M) -> Bool {
    let kind = M.W(RadixLayout.present | RadixLayout.leaf)
    return machine.holds((entry & kind) .== kind)
  }

  /// The frames that the leaf of a level which translates an address has.
  @inlinable
  func frames(ofLeafAt address: UInt64, _ level: RadixLevel) -> Range<UInt64> {
    let shift = configuration.shift(of: level)
    let first = (address &>> shift) &<< (shift &- configuration.pageShift)
    return first..<first &+ (1 &<< (shift &- configuration.pageShift))
  }
}
