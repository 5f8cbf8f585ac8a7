/// What becomes of a guest's access by partition-scoped translation.
public enum PartitionAccess: Sendable, Hashable {
  /// It is done, at this real address.
  case done(realAddress: UInt64)
  /// There is no translation.
  case noTranslation(RadixFault)
  /// The leaf does not permit it.
  case denied
  /// The leaf's reference or change bit has to be set, and this CPU leaves that to software.
  case needsReferenceOrChange

  /// Performs an access.
  ///
  /// Reference: Power ISA 3.0B, Book III, "Radix Tree Translation" and "Reference and Change
  /// Recording": the update of an entry is atomic.
  ///
  /// - Parameters:
  ///   - address: The guest real address.
  ///   - isWrite: It is a store.
  ///   - root: The first doubleword of the partition-table entry.
  ///   - setsBits: The CPU sets reference and change bits itself.
  ///   - read: The doubleword at a real address; nil where there is no memory.
  ///   - write: Writes one.
  /// - Returns: What becomes of it.
  public static func perform(
    _ address: UInt64,
    isWrite: Bool,
    from root: UInt64,
    setsBits: Bool,
    read: (UInt64) -> UInt64?,
    write: (_ value: UInt64, _ place: UInt64) -> Void
  ) -> PartitionAccess {
    let leaf: RadixLeaf
    switch RadixTree.walk(address, from: root, read: read) {
    case .failure(let fault): return .noTranslation(fault)
    case .success(let found): leaf = found
    }
    guard leaf.has(isWrite ? RadixField.write : RadixField.read) else { return .denied }
    let wanted = RadixField.reference.mask | (isWrite ? RadixField.change.mask : 0)
    if leaf.entry & wanted != wanted {
      guard setsBits else { return .needsReferenceOrChange }
      write(leaf.entry | wanted, leaf.place)
    }
    return .done(realAddress: leaf.realAddress(of: address))
  }
}
