public import Machines

/// The partition-scoped radix tree of a guest, which KVM keeps: what guest real addresses lead to.
///
/// It is gone through a table at a time, in words of the dirty bitmap, with one wait for all
/// invalidations. Tables stay where they are until all are freed, so that a walk under the lock goes on
/// where one without it ended.
///
/// Reference: Power ISA 3.0B, Book III, "Radix Tree Translation".
public struct PartitionTable<M: PowerMachine>: PartitionWalker {
  /// How the tree is made.
  public let configuration: PartitionConfiguration
  /// The root directory; nil once it was freed.
  @usableFromInline var directory: M.Table?

  /// A tree whose root is there already, for a proof.
  @inlinable
  public init(root: M.Table, _ configuration: PartitionConfiguration) {
    self.configuration = configuration
    directory = root
  }

  /// An empty tree; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: PartitionConfiguration,
    on machine: inout M
  ) -> PartitionTable? {
    let pageCount = configuration.rootPageCount
    guard let root = machine.allocateRoot(pageCount: pageCount, level: RadixLevel.root.depth) else {
      return nil
    }
    return PartitionTable(root: root, configuration)
  }

  /// The root directory; nil once it was freed.
  @inlinable public var root: M.Table? { directory }
}

/// A place in a tree, with what was there.
@usableFromInline
struct PartitionSpot<M: PowerMachine> {
  @usableFromInline let table: M.Table
  @usableFromInline let index: UInt64
  @usableFromInline let level: RadixLevel
  @usableFromInline let entry: M.W

  @inlinable @inline(__always)
  init(table: M.Table, index: UInt64, level: RadixLevel, entry: M.W) {
    self.table = table
    self.index = index
    self.level = level
    self.entry = entry
  }
}

extension PartitionTable {
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
  func descend(
    _ address: UInt64,
    to lowest: RadixLevel = 0,
    on machine: inout M
  ) -> PartitionSpot<M>? {
    guard let directory else { return nil }
    let (table, index) = rootPlace(directory, address, on: &machine)
    return descend(address, from: table, index, 3, to: lowest, on: &machine)
  }

  /// The same from an index of a table of a level on.
  @inlinable @inline(__always)
  func descend(
    _ address: UInt64,
    from first: M.Table,
    _ firstIndex: UInt64,
    _ firstLevel: RadixLevel,
    to lowest: RadixLevel,
    on machine: inout M
  ) -> PartitionSpot<M> {
    var (table, index, level) = (first, firstIndex, firstLevel)
    while true {
      let entry = machine.load(table, at: M.W(index))
      if level == lowest || !isTable(entry, on: &machine) {
        return PartitionSpot(table: table, index: index, level: level, entry: entry)
      }
      let next = entry & M.W(RadixLayout.nextBase)
      table = machine.table(at: next, linkedFrom: table, index: M.W(index))
      level &-= 1
      index = self.index(of: address, level)
    }
  }

  /// Where the entry is that a walk ends with which ended at a place before, as others ran since.
  @inlinable @inline(__always)
  func descend(
    _ address: UInt64,
    from spot: PartitionSpot<M>,
    to lowest: RadixLevel,
    on machine: inout M
  ) -> PartitionSpot<M> {
    descend(address, from: spot.table, spot.index, spot.level, to: lowest, on: &machine)
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

  /// The leaf that translates an address; nil for none.
  @inlinable @inline(__always)
  func leaf(of address: UInt64, on machine: inout M) -> PartitionSpot<M>? {
    guard let spot = descend(address, on: &machine), isLeaf(spot.entry, on: &machine) else {
      return nil
    }
    return spot
  }
}
