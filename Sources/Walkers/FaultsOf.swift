/// Which of the faults that a walker could have it has: up to 128.
public struct FaultsOf<Member>: Sendable, Hashable, ExpressibleByArrayLiteral
where Member: RawRepresentable<UInt8> & Hashable & Sendable {
  /// The first 64, a bit each.
  @usableFromInline let low: UInt64
  /// The others.
  @usableFromInline let high: UInt64

  /// The set of these faults.
  @inlinable
  public init(arrayLiteral faults: Member...) {
    func bits(from first: UInt64) -> UInt64 {
      faults.reduce(0) { bits, fault in
        let number = UInt64(fault.rawValue)
        return number >> 6 == first >> 6 ? bits | 1 << (number - first) : bits
      }
    }
    low = bits(from: 0)
    high = bits(from: 64)
  }

  /// Whether the walker has this fault.
  @inlinable @inline(__always)
  public func contains(_ fault: Member) -> Bool {
    let number = UInt64(fault.rawValue)
    return (number < 64 ? low : high) &>> number & 1 != 0
  }
}
