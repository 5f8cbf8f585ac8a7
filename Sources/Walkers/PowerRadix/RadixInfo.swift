/// What user space is told of the radix trees and page sizes that a guest may have.
public struct RadixInfo: Sendable, Hashable {
  /// One shape of tree.
  public struct Geometry: Sendable, Hashable {
    /// The base-2 logarithm of its smallest page in bytes.
    public let pageShift: UInt64
    /// How many address bits each level resolves, the last level first.
    public let levelBits: [UInt64]
  }

  /// The shapes there are.
  public let geometries: [Geometry]
  /// A page size each: its base-2 logarithm in the low bits, and from bit 29 on what `tlbie` and its
  /// kin call it (the AP field).
  public let apEncodings: [UInt32]

  /// What POWER9 has.
  public static let power9 = RadixInfo(
    geometries: [(12, 9), (16, 5)].map { shift, lastBits in
      Geometry(
        pageShift: shift,
        levelBits: [lastBits] + (1...3).map { RadixLayout.bits(at: $0) }
      )
    },
    apEncodings: [(12, 0), (16, 5), (21, 1), (30, 2)].map { shift, ap in shift | ap << 29 }
  )
}
