public import Machines

/// A guest stage-2 page-table library, as a check drives it.
///
/// Conform a type of your own to have it checked: the requirements are the calls of the library,
/// each on the machine that it must use for everything. Addresses and sizes are in bytes.
public protocol Stage2Walker<M> {
  /// The machine it runs on.
  associatedtype M: ArmMachine

  /// Allocates a table that translates nothing; nil when there is no memory.
  static func create(_ configuration: Stage2Configuration, on machine: inout M) -> Self?
  /// The first root page.
  var root: M.Table { get }
  /// Maps a range; see `Stage2.map`.
  func map(
    ipa: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    on machine: inout M
  ) -> Errno
  /// Unmaps a range; see `Stage2.unmap`.
  func unmap(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno
  /// Annotates a range with its owner; see `Stage2.setOwner`.
  func setOwner(ipa: M.W, sizeInBytes: M.W, owner: M.W, on machine: inout M) -> Errno
  /// Takes write permission from a range; see `Stage2.writeProtect`.
  func writeProtect(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno
  /// Sets the access flag; see `Stage2.makeYoung`.
  func makeYoung(ipa: M.W, on machine: inout M) -> M.W
  /// Clears the access flag; see `Stage2.makeOld`.
  func makeOld(ipa: M.W, on machine: inout M) -> M.W
  /// Whether the access flag is set; see `Stage2.isYoung`.
  func isYoung(ipa: M.W, on machine: inout M) -> M.W.Condition
  /// Adds permissions; see `Stage2.relaxPermissions`.
  func relaxPermissions(ipa: M.W, protection: M.W, on machine: inout M) -> Errno
  /// Cleans the data cache of a range; see `Stage2.flush`.
  func flush(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno
  /// The descriptor and level at which a walk ends; see `Stage2.leaf`.
  func leaf(at ipa: M.W, on machine: inout M) -> Leaf<M.W>
  /// Splits the blocks of a range into leaves of the next level, and those in the range again, with
  /// `cachedPages` pages at hand; a library that never splits has no need of it.
  func split(ipa: M.W, sizeInBytes: M.W, cachedPages: Int, on machine: inout M) -> Errno
  /// Whether a leaf of a range is young; clears every access flag of it if `clears`. A library that
  /// reads ages by address only has no need of it.
  func testClearYoung(
    ipa: M.W,
    sizeInBytes: M.W,
    clears: Bool,
    on machine: inout M
  ) -> M.W.Condition
  /// Frees what was to be freed later; a library that frees at once has no need of it.
  func quiesce(on machine: inout M)
  /// Frees everything.
  func destroy(on machine: inout M)
}

extension Stage2Walker {
  /// Nothing is to be freed.
  public func quiesce(on machine: inout M) {}

  /// Not there; nothing is young.
  public func testClearYoung(
    ipa: M.W,
    sizeInBytes: M.W,
    clears: Bool,
    on machine: inout M
  ) -> M.W.Condition {
    M.W(0) .!= M.W(0)
  }

  /// Not there.
  public func split(
    ipa: M.W,
    sizeInBytes: M.W,
    cachedPages: Int,
    on machine: inout M
  ) -> Errno {
    .notImplemented
  }
}

/// A hypervisor stage-1 page-table library, as a check drives it.
public protocol HypWalker<M> {
  /// The machine it runs on.
  associatedtype M: ArmMachine

  /// Allocates a table that translates nothing; nil when there is no memory.
  static func create(_ configuration: HypConfiguration, on machine: inout M) -> Self?
  /// The root page.
  var root: M.Table { get }
  /// Maps a range; see `Hyp.map`.
  func map(
    address: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    on machine: inout M
  ) -> Errno
  /// Unmaps a range and returns how many bytes it unmapped; see `Hyp.unmap`.
  func unmap(address: M.W, sizeInBytes: M.W, on machine: inout M) -> M.W
  /// The descriptor and level at which a walk ends; see `Hyp.leaf`.
  func leaf(at address: M.W, on machine: inout M) -> Leaf<M.W>
  /// Frees everything.
  func destroy(on machine: inout M)
}

extension Stage2: Stage2Walker {
  /// The first root page.
  @inlinable public var root: M.Table { tree.root }
}

extension Hyp: HypWalker {
  /// The root page.
  @inlinable public var root: M.Table { tree.root }
}
