public import Machines

/// A leaf that a radix-tree walk ends at.
public struct RadixLeaf: Sendable, Hashable {
  /// The real address of its doubleword.
  public let place: UInt64
  /// The doubleword.
  public let entry: UInt64
  /// Its level, 2 to 0.
  public let level: RadixLevel
  /// The base-2 logarithm of its page in bytes.
  public let shift: UInt64

  /// Where an address in its page leads.
  public func realAddress(of address: UInt64) -> UInt64 {
    entry & RadixField.realPage.mask + address % (1 << shift)
  }

  /// Whether a field of one bit is set.
  public func has(_ field: PowerField) -> Bool { field.value(in: entry) == 1 }
}

/// The walk of a radix tree, which is the same in both scopes.
///
/// Levels are numbered from 3, the first, to 0. Reference: Power ISA 3.0B, Book III, "Radix Tree
/// Translation".
public enum RadixTree {
  /// The address bits that a tree of the supported geometry translates.
  static let addressBits: UInt64 = 52
  /// The bits that each level before the last resolves, by its number.
  static let levelBits: [UInt64] = [0, 9, 9, 13]

  /// Walks from a process- or partition-table entry's first doubleword to a leaf.
  ///
  /// - Parameters:
  ///   - address: An effective or guest real address.
  ///   - root: The doubleword that says where the tree's root is.
  ///   - read: The doubleword at a real address; nil where there is no memory.
  /// - Returns: The leaf, or why there is none.
  public static func walk(
    _ address: UInt64,
    from root: UInt64,
    read: (UInt64) -> UInt64?
  ) -> Result<RadixLeaf, RadixFault> {
    let size = RadixField.treeSizeHigh.value(in: root) << 3 | RadixField.treeSizeLow.value(in: root)
    guard size + 31 == addressBits else { return .failure(.geometry(level: nil)) }
    var base = root & RadixField.rootBase.mask
    var bits = RadixField.rootSize.value(in: root)
    var shift = addressBits
    for level in stride(from: RadixLevel.root, through: .last, by: -1) {
      guard level == 0 ? bits == 5 || bits == 9 : bits == levelBits[level.number] else {
        return .failure(.geometry(level: level))
      }
      guard base % (8 << bits) == 0 else { return .failure(.tableMisaligned(level: level)) }
      shift -= bits
      let place = base + address >> shift % (1 << bits) * 8
      guard let entry = read(place) else { return .failure(.noMemory(level: level)) }
      guard RadixField.valid.value(in: entry) == 1 else {
        return .failure(.notPresent(level: level))
      }
      if RadixField.leaf.value(in: entry) == 1 {
        guard level < 3 else { return .failure(.leafTooLarge) }
        guard entry & RadixField.realPage.mask % (1 << shift) == 0 else {
          return .failure(.leafMisaligned(level: level))
        }
        return .success(RadixLeaf(place: place, entry: entry, level: level, shift: shift))
      }
      base = entry & RadixField.nextBase.mask
      bits = RadixField.nextSize.value(in: entry)
    }
    return .failure(.noLeaf)
  }
}
