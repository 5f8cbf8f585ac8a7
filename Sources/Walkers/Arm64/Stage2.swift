public import Machines

/// A guest's stage-2 table: the optimised walker.
///
/// Every call takes the machine it runs on. Addresses and sizes are in bytes; the offset of an
/// address in its page is ignored and a size is rounded up to pages.
public struct Stage2<M: ArmMachine> {
  /// What the table was made with.
  public let configuration: Stage2Configuration
  /// The levels and the root.
  public let tree: Tree<M>
  @usableFromInline let encoding: Encoding
  @usableFromInline let invalidation: Invalidation

  /// Whether forced write-back is in effect, so that the guest's view is always coherent.
  @inlinable
  public var forcesWriteBack: Bool {
    configuration.hasForceWriteBack && !configuration.disablesForceWriteBack
  }

  /// A table around an existing tree, as the proofs need it.
  @inlinable
  public init(configuration: Stage2Configuration, tree: Tree<M>) {
    self.configuration = configuration
    self.tree = tree
    encoding = Encoding(pageShift: tree.geometry.pageShift)
    invalidation = Invalidation(.stage2, usesRanges: configuration.hasRangeInvalidation)
  }

  /// Allocates a table that translates nothing; nil when there is no memory.
  @inlinable
  public static func create(_ configuration: Stage2Configuration, on machine: inout M) -> Stage2? {
    guard let tree = Tree<M>(geometry: Geometry(configuration), on: &machine) else { return nil }
    machine.barrier(.dsbISHST)
    return Stage2(configuration: configuration, tree: tree)
  }

  /// Whether the leaf is normal write-back memory.
  @inlinable @inline(__always)
  func isCacheable(_ descriptor: M.W) -> M.W.Condition {
    (descriptor & M.W(Encoding.stage2MemoryAttributes))
      .== M.W(Encoding.stage2Normal(forcesWriteBack: forcesWriteBack))
  }
}
