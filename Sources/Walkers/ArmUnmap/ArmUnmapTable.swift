public import Machines

/// Tables of the kernel's older walkers: single mappings, and unmaps by range that give back every
/// table that they leave empty.
///
/// A table page's count is 1 plus its entries in use, annotations included. The same code serves a
/// hypervisor's own tables and a guest's stage 2. What history had these calls do is in `Historic`.
public struct ArmUnmapTable<M: ArmMachine>: ArmUnmapWalker {
  /// What the table was made with.
  public let configuration: ArmUnmapConfiguration
  /// The levels and the root.
  public let tree: Tree<M>
  @usableFromInline let encoding: Encoding
  @usableFromInline let invalidation: Invalidation

  /// The first root page.
  @inlinable public var root: M.Table { tree.root }

  /// A table around an existing tree.
  @inlinable
  public init(configuration: ArmUnmapConfiguration, tree: Tree<M>) {
    self.configuration = configuration
    self.tree = tree
    encoding = Encoding(pageShift: tree.geometry.pageShift)
    invalidation = Invalidation(
      configuration.isHyp ? .hyp : .stage2,
      usesRanges: configuration.hasRangeInvalidation
    )
  }

  /// Allocates a table that translates nothing; nil when there is no memory.
  @inlinable
  public static func create(_ configuration: ArmUnmapConfiguration, on machine: inout M) -> Self? {
    guard let tree = Tree<M>(geometry: Geometry(configuration), on: &machine) else { return nil }
    machine.barrier(.dsbISHST)
    return Self(configuration: configuration, tree: tree)
  }

  /// The whole pages that a range touches; nil where it leaves the input address space or wraps.
  @inlinable
  func pages(
    from address: M.W,
    sizeInBytes: M.W,
    on machine: inout M
  ) -> (start: M.W, end: M.W)? {
    let limit = M.W(1 &<< tree.geometry.inputAddressBits)
    let offset = M.W(tree.geometry.pageSize &- 1)
    guard machine.holds((address .<= limit) .& (sizeInBytes .<= limit &- address)) else {
      return nil
    }
    return (address & ~offset, (address &+ sizeInBytes &+ offset) & ~offset)
  }

  /// Whether the table has its root still.
  @inlinable
  func hasRoot(on machine: inout M) -> Bool { machine.holds(machine.hasRoot(tree.root)) }

  /// Whether a stage-2 leaf is normal write-back memory.
  @inlinable
  func isCacheable(_ descriptor: M.W) -> M.W.Condition {
    (descriptor & M.W(Encoding.stage2MemoryAttributes))
      .== M.W(Encoding.stage2Normal(forcesWriteBack: false))
  }

  /// The root's address as the register of the root has it: its field begins at the bit to which a
  /// root of this size is aligned.
  @inlinable
  public func base(on machine: inout M) -> M.W {
    let size = tree.geometry.pageSize &* UInt64(tree.geometry.rootPageCount)
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

extension Geometry {
  /// The tree of an older walker's table.
  public init(_ configuration: ArmUnmapConfiguration) {
    if configuration.isHyp {
      self.init(
        HypConfiguration(
          granule: configuration.granule,
          inputAddressBits: configuration.inputAddressBits,
          outputAddressBits: configuration.outputAddressBits
        )
      )
    } else {
      self.init(
        Stage2Configuration(
          granule: configuration.granule,
          inputAddressBits: configuration.inputAddressBits,
          outputAddressBits: configuration.outputAddressBits
        )
      )
    }
  }
}
