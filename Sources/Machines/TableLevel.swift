/// A level of a walk of tables, in the architecture's numbering.
///
/// It is vocabulary and no more: what a level resolves, walkers and models each know by themselves. A
/// literal is the level of that number; sums and differences of levels are not checked.
public protocol TableLevel: Sendable, Hashable, Strideable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
where Stride == Int, IntegerLiteralType == Int {
  /// The architecture's number of the level.
  var number: Int { get }

  /// The level with this number.
  init(_ number: Int)
}

extension TableLevel {
  /// The level with this number.
  @inlinable @inline(__always)
  public init(integerLiteral number: Int) { self.init(number) }

  /// The level's number.
  public var description: String { "\(number)" }

  /// By their numbers.
  @inlinable @inline(__always)
  public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
  /// The level whose number is so much higher.
  @inlinable @inline(__always)
  public func advanced(by count: Int) -> Self { self &+ count }
  /// By how much the number of another is higher.
  @inlinable @inline(__always)
  public func distance(to other: Self) -> Int { other.number &- number }

  /// The level whose number is so much higher.
  @inlinable @inline(__always)
  public static func &+ (level: Self, count: Int) -> Self { Self(level.number &+ count) }
  /// The level whose number is so much lower.
  @inlinable @inline(__always)
  public static func &- (level: Self, count: Int) -> Self { Self(level.number &- count) }
  /// The level whose number is so much higher.
  @inlinable @inline(__always)
  public static func + (level: Self, count: Int) -> Self { level &+ count }
  /// The level whose number is so much lower.
  @inlinable @inline(__always)
  public static func - (level: Self, count: Int) -> Self { level &- count }
  /// Goes to the level whose number is so much higher.
  @inlinable @inline(__always)
  public static func &+= (level: inout Self, count: Int) { level = level &+ count }
  /// Goes to the level whose number is so much lower.
  @inlinable @inline(__always)
  public static func &-= (level: inout Self, count: Int) { level = level &- count }
  /// Goes to the level whose number is so much higher.
  @inlinable @inline(__always)
  public static func += (level: inout Self, count: Int) { level = level &+ count }
  /// Goes to the level whose number is so much lower.
  @inlinable @inline(__always)
  public static func -= (level: inout Self, count: Int) { level = level &- count }
}
