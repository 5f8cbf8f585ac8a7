/// The number from which every case of a campaign is derived.
public struct Seed: Hashable, Sendable {
  /// The seed itself; every value is as good as any other.
  public let value: UInt64

  /// Wraps a number as a seed.
  public init(_ value: UInt64) {
    self.value = value
  }
}

extension Seed: ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// Makes a seed of a literal.
  public init(integerLiteral value: UInt64) {
    self.init(value)
  }

  /// The seed in decimal, as the command line takes it.
  public var description: String { String(value) }
}

/// The random numbers of one case: xoshiro256++, its state derived from (seed, case) alone.
///
/// The derivation is injective: the third word of the state determines the seed, and with it the
/// first determines the case. No two cases of any campaign share a stream, and a case can be made
/// without making those before it, so that shards and threads need no coordination.
/// The mixing function is the finaliser of SplitMix64, a bijection of 64-bit words.
public struct CaseRandom: Sendable {
  @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

  /// Makes the stream of one case.
  @inlinable
  public init(seed: Seed, case caseIndex: UInt64) {
    let golden: UInt64 = 0x9e37_79b9_7f4a_7c15
    let seedWord = Self.mixed(seed.value &+ golden)
    let caseWord = Self.mixed(seedWord ^ caseIndex)
    state = (
      Self.mixed(caseWord &+ golden),
      // An all-zero state would stay zero for ever.
      Self.mixed(caseWord &+ golden &* 2) | 1,
      Self.mixed(seedWord &+ golden),
      Self.mixed(caseWord &+ golden &* 3)
    )
  }

  @inlinable
  static func mixed(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word &>> 31)
  }

  /// The next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let sum = state.0 &+ state.3
    let result = ((sum &<< 23) | (sum &>> 41)) &+ state.0
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = (state.3 &<< 45) | (state.3 &>> 19)
    return result
  }

  /// A number of 0 to `maximum`, both included, all equally likely.
  @inlinable
  public mutating func next(through maximum: UInt64) -> UInt64 {
    let bound = maximum &+ 1
    guard bound != 0 else { return next() }
    var product = next().multipliedFullWidth(by: bound)
    // Lemire's method: a division only where the low half could be biased.
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold {
        product = next().multipliedFullWidth(by: bound)
      }
    }
    return product.high
  }
}
