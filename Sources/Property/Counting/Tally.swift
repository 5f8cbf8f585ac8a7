/// One of a few alternatives that are counted: an enumeration with raw values from 0 up, as a rule.
public protocol TallyKey: CaseIterable, Hashable, Sendable {
  /// The position of the key in `allCases`.
  var ordinal: Int { get }
}

extension TallyKey where Self: RawRepresentable, RawValue: BinaryInteger {
  /// The raw value.
  @inlinable
  public var ordinal: Int { Int(rawValue) }
}

/// How often each of a few alternatives came up, in the order in which they are declared.
public struct Tally<Key: TallyKey>: Equatable, Sendable {
  @usableFromInline var counts: [Int]

  /// All at 0.
  public init() {
    assert(Key.allCases.enumerated().allSatisfy { $0.offset == $0.element.ordinal })
    counts = Array(repeating: 0, count: Key.allCases.count)
  }

  /// How often the key came up.
  @inlinable
  public subscript(key: Key) -> Int { counts[key.ordinal] }

  /// Counts the key once, or as often as given.
  @inlinable
  public mutating func count(_ key: Key, times: Int = 1) {
    counts[key.ordinal] += times
  }

  /// Adds the other's counts.
  public mutating func merge(_ other: Tally) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The sum of all counts.
  public var total: Int { counts.reduce(0, +) }

  /// Every key with its count, zeros included.
  public var entries: [(key: Key, count: Int)] {
    zip(Key.allCases, counts).map { (key: $0, count: $1) }
  }

  /// The keys that never came up: what was not tested.
  public var unreached: [Key] { entries.filter { $0.count == 0 }.map(\.key) }
}
