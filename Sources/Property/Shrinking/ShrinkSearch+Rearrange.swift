extension ShrinkSearch {
  /// Sorts siblings of one kind, all at once and else by swapping neighbours.
  ///
  /// It gains nothing by itself, but the same failure then looks the same whichever case it was
  /// found in, and a value that only mattered because of its place can be lowered afterwards.
  mutating func sortSiblings() {
    var group = 0
    while group < current.siblings.count, canContinue {
      let sorted = current.siblings[group].sorted { current.isSimpler(span: $0, than: $1) }
      attempt(current.arranging(current.siblings[group], as: sorted))
      var position = 0
      while position + 1 < current.siblings[safely: group].count {
        let pair = Array(current.siblings[group][position...(position + 1)])
        if current.isSimpler(span: pair[1], than: pair[0]) {
          attempt(current.arranging(pair, as: pair.reversed()))
        }
        position += 1
      }
      group += 1
    }
  }

  /// Replaces a span by one of the same kind inside it.
  ///
  /// A tree that fails because of a subtree: the subtree takes its place.
  mutating func hoistSpans() {
    var outer = 0
    while outer < current.spans.count, canContinue {
      let span = current.spans[outer]
      for inner in current.spans.dropFirst(outer + 1) {
        guard inner.range.lowerBound < span.range.upperBound else { break }
        guard inner.kind == span.kind, inner.range.count < span.range.count else { continue }
        let values = current.values
        let hoisted =
          values[..<span.range.lowerBound] + values[inner.range] + values[span.range.upperBound...]
        if attempt(Array(hoisted)) { break }
      }
      outer += 1
    }
  }
}

extension Recording {
  /// Whether the first span's choices are the simpler.
  func isSimpler(span first: Int, than second: Int) -> Bool {
    let one = choices[spans[first].range].lazy.map(\.value)
    return one.isSimpler(than: choices[spans[second].range].lazy.map(\.value))
  }

  /// The values with the spans at `places` replaced by those of `order`, the rest unmoved.
  func arranging(_ places: [Int], as order: [Int]) -> [UInt64] {
    let values = values
    var result: [UInt64] = []
    var position = 0
    for (place, source) in zip(places, order) {
      let range = spans[place].range
      result += values[position..<range.lowerBound]
      result += values[spans[source].range]
      position = range.upperBound
    }
    return result + values[position...]
  }
}
