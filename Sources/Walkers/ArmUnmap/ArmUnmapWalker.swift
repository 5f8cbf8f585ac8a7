public import Machines

/// A library of single mappings and of unmaps by range, as a check drives it.
///
/// Addresses and sizes are in bytes.
public protocol ArmUnmapWalker<M> {
  /// The machine it runs on.
  associatedtype M: ArmMachine

  /// Allocates a table that translates nothing; nil when there is no memory.
  static func create(_ configuration: ArmUnmapConfiguration, on machine: inout M) -> Self?
  /// The first root page.
  var root: M.Table { get }
  /// Maps one page, or one block of `level`; see `ArmUnmapTable.map`.
  func map(
    address: M.W,
    physical: M.W,
    protection: M.W,
    level: LookupLevel,
    on machine: inout M
  ) -> Errno
  /// Annotates a page; see `ArmUnmapTable.annotate`.
  func annotate(address: M.W, on machine: inout M) -> Errno
  /// Maps what a guest's access needs; see `ArmUnmapTable.faultIn`.
  func faultIn(address: M.W, slot: MemorySlot, isWrite: Bool, on machine: inout M) -> Errno
  /// Unmaps a range; see `ArmUnmapTable.unmap`.
  func unmap(address: M.W, sizeInBytes: M.W, mayYield: Bool, on machine: inout M) -> Errno
  /// Clears the access flag of a leaf and says whether it was set; see `ArmUnmapTable.age`.
  func age(address: M.W, on machine: inout M) -> M.W.Condition
  /// What the register of the root is to hold; see `ArmUnmapTable.base`.
  func base(on machine: inout M) -> M.W
  /// Cleans the data cache of a range; see `ArmUnmapTable.flush`.
  func flush(address: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno
  /// Frees everything; a second time it does nothing.
  func destroy(on machine: inout M)
}
