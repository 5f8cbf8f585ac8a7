/// Which of the faults that a walker could have it has.
public struct FaultsOf<Member>: Sendable, Hashable, ExpressibleByArrayLiteral
where Member: RawRepresentable<UInt8> & Hashable & Sendable {
  @usableFromInline let bits: UInt64

  /// The set of these faults.
  @inlinable
  public init(arrayLiteral faults: Member...) {
    bits = faults.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }

  /// Whether the walker has this fault.
  @inlinable @inline(__always)
  public func contains(_ fault: Member) -> Bool { bits >> UInt64(fault.rawValue) & 1 != 0 }
}
