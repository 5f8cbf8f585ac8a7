public import Property

extension Choices {
  /// One of some alternatives: the plainest, 0, half of the time, and else any.
  @inlinable
  mutating func drawAlternative(below count: Int) -> Int {
    let greatest = UInt64(count - 1)
    return Int(
      choose(through: greatest) { $0.next(through: 1) == 0 ? 0 : $0.next(through: greatest) }
    )
  }
}
