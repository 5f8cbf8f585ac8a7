public import Property

extension Recording {
  /// Edits of a random schedule that make fewer turns of many: for `suggestions(for:)`.
  ///
  /// The shrinker lowers choices and deletes them, but to make one turn of two a length has to grow. So
  /// turns of one thread are joined; and from each turn on, two or three are tried of lengths that are
  /// short, with no other preemption after them.
  public var joinedTurns: [[UInt64]] {
    let turns = spans.filter { $0.kind == .turn && !$0.range.isEmpty }.map(\.range)
    var edits: [[UInt64]] = []
    for index in turns.indices.dropLast(2) {
      let end = min(index + 4, turns.count)
      let next = turns[index + 1]
      let lengths = turns[index..<end].map { choices[$0.upperBound - 1].value }
      let own = joined(lengths[0], lengths[2])
      let others = joined(lengths[1], lengths.count > 3 ? lengths[3] : 0)
      edits.append(editing([(turns[index], own)], without: turns[(index + 1)..<(index + 3)]))
      edits.append(
        editing([(turns[index], own), (next, others)], without: turns[(index + 2)..<end])
      )
      for length in 1...tried(own) {
        edits.append(
          editing([(turns[index], length), (next, 0)], without: turns[(index + 2)...])
        )
        for other in 1...tried(others) {
          let three = [(turns[index], length), (next, other), (turns[index + 2], 0)]
          edits.append(editing(three, without: turns[(index + 3)...]))
        }
      }
    }
    return edits
  }

  /// The length of two turns together; 0 where one of them goes on until it has to wait.
  private func joined(_ first: UInt64, _ second: UInt64) -> UInt64 {
    first == 0 || second == 0 ? 0 : first + second
  }

  /// The greatest length that is tried in place of another.
  private func tried(_ length: UInt64) -> UInt64 { length == 0 ? 12 : min(length, 12) }

  private func editing(
    _ lengths: [(turn: Range<Int>, length: UInt64)],
    without dropped: ArraySlice<Range<Int>>
  ) -> [UInt64] {
    var values = values
    for (turn, length) in lengths { values[turn.upperBound - 1] = length }
    for range in dropped.reversed() { values.removeSubrange(range) }
    return values
  }
}
