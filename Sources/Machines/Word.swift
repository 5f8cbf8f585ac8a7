/// The 64-bit word a walker computes with: a number on a real machine, a term on a symbolic one.
///
/// Arithmetic wraps, as it does in the hardware and in C. Comparisons are *pointwise*: they give a
/// `Condition`, which only a `Machine` can turn into a Swift `Bool` (see `Machine.holds(_:)`), so
/// that a symbolic machine sees every decision a walker takes.
public protocol Word: Sendable {
  /// What a comparison of two words gives: `Bool`, or a formula.
  associatedtype Condition: WordCondition

  /// The word with this value.
  init(_ value: UInt64)

  /// Sum modulo 2^64.
  static func &+ (a: Self, b: Self) -> Self
  /// Difference modulo 2^64.
  static func &- (a: Self, b: Self) -> Self
  /// Bitwise and.
  static func & (a: Self, b: Self) -> Self
  /// Bitwise or.
  static func | (a: Self, b: Self) -> Self
  /// Bitwise exclusive or.
  static func ^ (a: Self, b: Self) -> Self
  /// Bitwise complement.
  static prefix func ~ (a: Self) -> Self
  /// Logical shift to the left by 0 to 63 bits; the distance is always a plain number.
  static func &<< (a: Self, bits: UInt64) -> Self
  /// Logical shift to the right by 0 to 63 bits; the distance is always a plain number.
  static func &>> (a: Self, bits: UInt64) -> Self

  /// Equality.
  static func .== (a: Self, b: Self) -> Condition
  /// Inequality.
  static func .!= (a: Self, b: Self) -> Condition
  /// Unsigned less-than.
  static func .< (a: Self, b: Self) -> Condition
  /// Unsigned less-than-or-equal.
  static func .<= (a: Self, b: Self) -> Condition

  /// The first word where the condition holds, else the second; no decision is taken.
  static func select(_ condition: Condition, _ whenTrue: Self, _ whenFalse: Self) -> Self
}

/// A truth value of a machine: `Bool`, or a formula.
public protocol WordCondition: Sendable {
  /// The constant truth value.
  init(_ value: Bool)
  /// Conjunction; both sides are evaluated.
  static func .& (a: Self, b: Self) -> Self
  /// Disjunction; both sides are evaluated.
  static func .| (a: Self, b: Self) -> Self
  /// Negation.
  static prefix func .! (a: Self) -> Self
}

extension UInt64: Word {
  /// A plain truth value.
  public typealias Condition = Bool

  /// Equality.
  @inlinable @inline(__always)
  public static func .== (a: UInt64, b: UInt64) -> Bool { a == b }
  /// Inequality.
  @inlinable @inline(__always)
  public static func .!= (a: UInt64, b: UInt64) -> Bool { a != b }
  /// Unsigned less-than.
  @inlinable @inline(__always)
  public static func .< (a: UInt64, b: UInt64) -> Bool { a < b }
  /// Unsigned less-than-or-equal.
  @inlinable @inline(__always)
  public static func .<= (a: UInt64, b: UInt64) -> Bool { a <= b }
  /// The first word where the condition holds, else the second.
  @inlinable @inline(__always)
  public static func select(_ condition: Bool, _ whenTrue: UInt64, _ whenFalse: UInt64) -> UInt64 {
    condition ? whenTrue : whenFalse
  }
}

extension Bool: WordCondition {
  /// Conjunction.
  @inlinable @inline(__always)
  public static func .& (a: Bool, b: Bool) -> Bool { a && b }
  /// Disjunction.
  @inlinable @inline(__always)
  public static func .| (a: Bool, b: Bool) -> Bool { a || b }
  /// Negation.
  @inlinable @inline(__always)
  public static prefix func .! (a: Bool) -> Bool { !a }
}
