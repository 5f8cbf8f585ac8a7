public import Machines

/// How an older walker unmapped a range.
public enum UnmapStrategy: Sendable, Hashable {
  /// One loop over pages that climbs back up when a table is empty.
  case loop
  /// One function a level.
  case nested
}

/// The older walkers as they stood, with their faults or without.
///
/// The loop that climbs and the functions, one a level, that took its place share how they map, count and
/// invalidate. With no fault it is the reference; each fault is one that history had.
public struct HistoricUnmap<M: ArmMachine>: ArmUnmapWalker {
  /// What the table was made with.
  public let configuration: ArmUnmapConfiguration
  /// The levels and the root.
  public let tree: Tree<M>
  @usableFromInline let unmapping: UnmapStrategy
  @usableFromInline let faults: ArmUnmapFaultSet
  @usableFromInline let encoding: Encoding
  @usableFromInline let invalidation: Invalidation

  /// The first root page.
  @inlinable public var root: M.Table { tree.root }

  /// A table around an existing tree.
  @inlinable
  public init(
    configuration: ArmUnmapConfiguration,
    tree: Tree<M>,
    unmapping: UnmapStrategy,
    faults: ArmUnmapFaultSet = []
  ) {
    self.configuration = configuration
    self.tree = tree
    self.unmapping = unmapping
    self.faults = faults
    encoding = Encoding(pageShift: tree.geometry.pageShift)
    invalidation = Invalidation(
      configuration.isHyp ? .hyp : .stage2,
      usesRanges: configuration.hasRangeInvalidation
    )
  }

  /// Allocates a table that translates nothing; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: ArmUnmapConfiguration,
    unmapping: UnmapStrategy,
    faults: ArmUnmapFaultSet = [],
    on machine: inout M
  ) -> HistoricUnmap? {
    guard let tree = Tree<M>(geometry: Geometry(configuration), on: &machine) else { return nil }
    machine.barrier(.dsbISHST)
    return HistoricUnmap(
      configuration: configuration,
      tree: tree,
      unmapping: unmapping,
      faults: faults
    )
  }

  /// The functions, mended; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: ArmUnmapConfiguration,
    on machine: inout M
  ) -> HistoricUnmap? {
    create(configuration, unmapping: .nested, on: &machine)
  }

  /// Unmaps `sizeInBytes` from `address`: drops leaves and annotations and frees the tables that are
  /// left empty.
  ///
  /// The range is rounded outwards to pages; a block that it touches goes as a whole. Of a guest's
  /// table the memory that was mapped cacheable is cleaned from the data cache. Where the root is
  /// gone there is nothing to unmap.
  ///
  /// - Parameters:
  ///   - address: The first byte.
  ///   - sizeInBytes: The size; 0 unmaps nothing.
  ///   - mayYield: Whether others are let run after each root entry that led to a table.
  ///   - machine: The machine it runs on.
  /// - Returns: `range` where the range leaves the input address space; then nothing is unmapped.
  @inlinable
  public func unmap(
    address: M.W,
    sizeInBytes: M.W,
    mayYield: Bool,
    on machine: inout M
  ) -> Errno {
    var start = address
    var end = address &+ sizeInBytes
    if !faults.contains(.rangeUnchecked) {
      guard isInSpace(address, sizeInBytes, on: &machine) else { return .range }
    }
    guard faults.contains(.rootLostBefore) || hasRoot(on: &machine) else { return .ok }
    if !faults.contains(.rangeUnrounded) { (start, end) = roundedOutwards(start, end) }
    if !faults.contains(.emptyRangeWalked), machine.holds(sizeInBytes .== M.W(0)) { return .ok }
    let yields = mayYield || faults.contains(.yieldsAlways)
    switch unmapping {
    case .loop: unmapByLoop(from: start, to: end, on: &machine)
    case .nested: unmapByLevel(from: start, to: end, yields: yields, on: &machine)
    }
    return .ok
  }

  /// Whether a range lies in the input address space and does not wrap.
  @inlinable
  func isInSpace(_ address: M.W, _ sizeInBytes: M.W, on machine: inout M) -> Bool {
    let limit = M.W(1 &<< tree.geometry.inputAddressBits)
    return machine.holds((address .<= limit) .& (sizeInBytes .<= limit &- address))
  }

  /// The whole pages that a range touches.
  @inlinable
  func roundedOutwards(_ start: M.W, _ end: M.W) -> (start: M.W, end: M.W) {
    let offset = M.W(tree.geometry.pageSize &- 1)
    return (start & ~offset, (end &+ offset) & ~offset)
  }

  /// Whether the table has its root still.
  @inlinable
  func hasRoot(on machine: inout M) -> Bool { machine.holds(machine.hasRoot(tree.root)) }

  /// The root's address as the register of the root has it: its field begins at the bit to which a
  /// root of this size is aligned.
  @inlinable
  public func base(on machine: inout M) -> M.W {
    var size = tree.geometry.pageSize &* UInt64(tree.geometry.rootPageCount)
    if faults.contains(.baseFieldTooHigh) { size &<<= 1 }
    return machine.address(of: tree.root) & ~M.W(size &- 1)
  }

  /// Frees everything: what is mapped, as an unmap of the whole space does, then the root.
  @inlinable
  public func destroy(on machine: inout M) {
    guard hasRoot(on: &machine) else { return }
    let size = M.W(1 &<< tree.geometry.inputAddressBits)
    _ = unmap(address: M.W(0), sizeInBytes: size, mayYield: false, on: &machine)
    machine.freeRoot(tree.root, pageCount: tree.geometry.rootPageCount)
  }
}
