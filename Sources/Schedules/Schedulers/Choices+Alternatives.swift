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

  /// One of some writes: the latest, 0, half of the time, and else as often the oldest as any.
  ///
  /// A thread that is behind in one word is so in others: what shows that needs the oldest of several.
  @inlinable
  mutating func drawWrite(below count: Int) -> Int {
    let greatest = UInt64(count - 1)
    return Int(
      choose(through: greatest) {
        switch $0.next(through: 3) {
        case 0, 1: 0
        case 2: greatest
        default: $0.next(through: greatest)
        }
      }
    )
  }
}
