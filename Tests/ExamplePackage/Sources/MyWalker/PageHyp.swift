public import Machines
public import Walkers

/// A hypervisor's stage 1 of one's own; here it hands everything on to the built-in one.
///
/// `Flaw` says whether it does so correctly.
public struct PageHyp<M: ArmMachine, Flaw: HypFlaw>: HypWalker {
  private let base: Hyp<M>

  /// Allocates a table that translates nothing.
  public static func create(_ configuration: HypConfiguration, on machine: inout M) -> Self? {
    Hyp.create(configuration, on: &machine).map { PageHyp(base: $0) }
  }

  /// The root page.
  public var root: M.Table { base.root }

  /// Maps a range.
  public func map(
    address: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    on machine: inout M
  ) -> Errno {
    base.map(
      address: address,
      sizeInBytes: sizeInBytes,
      physical: physical,
      protection: protection,
      on: &machine
    )
  }

  /// Unmaps a range; the flawed one leaves out 4 KiB at its end.
  public func unmap(address: M.W, sizeInBytes: M.W, on machine: inout M) -> M.W {
    let size = Flaw.isFlawed ? sizeInBytes &- M.W(4096) : sizeInBytes
    return base.unmap(address: address, sizeInBytes: size, on: &machine)
  }

  /// The descriptor and level at which a walk ends.
  public func leaf(at address: M.W, on machine: inout M) -> Leaf<M.W> {
    base.leaf(at: address, on: &machine)
  }

  /// Frees everything.
  public func destroy(on machine: inout M) { base.destroy(on: &machine) }
}

/// Whether a walker is as it should be.
public protocol HypFlaw {
  /// Whether it is not.
  static var isFlawed: Bool { get }
}

/// It is.
public enum Sound: HypFlaw {
  /// No.
  public static let isFlawed = false
}

/// It is not.
public enum Flawed: HypFlaw {
  /// Yes.
  public static let isFlawed = true
}
