extension Choices {
  /// A number of 0 to `maximum`, both included, all equally likely.
  @inlinable
  public mutating func draw(through maximum: UInt64) -> UInt64 {
    choose(through: maximum) { $0.next(through: maximum) }
  }

  /// A number below `bound`, all equally likely; `bound` is not 0.
  @inlinable
  public mutating func draw(below bound: UInt64) -> UInt64 {
    precondition(bound > 0, "nothing is below 0")
    return draw(through: bound - 1)
  }

  /// A number of the range, all equally likely; the lowest is the simplest.
  @inlinable
  public mutating func draw<Number: FixedWidthInteger>(in range: ClosedRange<Number>) -> Number {
    let lowest = UInt64(truncatingIfNeeded: range.lowerBound)
    let width = UInt64(truncatingIfNeeded: range.upperBound) &- lowest
    return Number(truncatingIfNeeded: lowest &+ draw(through: width))
  }

  /// A number of 0 to `maximum`, its length in bits drawn first: small ones as likely as great ones.
  @inlinable
  public mutating func drawScaled(through maximum: UInt64) -> UInt64 {
    choose(through: maximum) { random in
      let widest = UInt64(UInt64.bitWidth - maximum.leadingZeroBitCount)
      let width = random.next(through: widest)
      let greatest = width == 64 ? UInt64.max : (1 &<< width) &- 1
      return random.next(through: min(greatest, maximum))
    }
  }

  /// True once in `count` times; false is the simpler.
  @inlinable
  public mutating func flip(oneIn count: UInt64) -> Bool {
    flip(1, in: count)
  }

  /// True `favourable` times in `count`; false is the simpler.
  @inlinable
  public mutating func flip(_ favourable: UInt64, in count: UInt64) -> Bool {
    precondition(count > 0, "a chance of \(favourable) in 0")
    return choose(through: 1) { $0.next(through: count - 1) < favourable ? 1 : 0 } == 1
  }

  /// An index, as likely as its weight; the choice recorded is the index, so 0 is the simplest.
  @inlinable
  public mutating func draw(weights: Weights) -> Int {
    let index = choose(through: UInt64(weights.cumulative.count - 1)) { random in
      let roll = random.next(through: weights.total - 1)
      var index = 0
      while roll >= weights.cumulative[index] { index += 1 }
      return UInt64(index)
    }
    return Int(index)
  }

  /// An element, all equally likely; the first is the simplest, and there must be one.
  @inlinable
  public mutating func pick<Elements: RandomAccessCollection>(
    _ elements: Elements
  ) -> Elements.Element {
    let offset = Int(draw(below: UInt64(elements.count)))
    return elements[elements.index(elements.startIndex, offsetBy: offset)]
  }
}

/// How likely each of a few alternatives is; make it once, outside the case.
public struct Weights: Sendable {
  @usableFromInline let cumulative: [UInt64]

  /// Takes one weight an alternative, simplest first; a weight of 0 is reached by replays alone.
  public init(_ weights: [UInt64]) {
    var sum: UInt64 = 0
    cumulative = weights.map { weight in
      sum += weight
      return sum
    }
    precondition(sum > 0, "weights \(weights) add up to nothing")
  }

  /// The sum of all weights.
  @inlinable
  public var total: UInt64 { cumulative[cumulative.count - 1] }
}
