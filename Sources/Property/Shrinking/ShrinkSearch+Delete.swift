extension ShrinkSearch {
  /// Deletes halves, quarters, eighths and so on of each list.
  ///
  /// A long list fails mostly because of a few of its elements; this gets rid of the rest in a few
  /// runs each rather than one each. From the end, since what follows the cause never matters.
  mutating func deleteRunsOfSiblings() {
    var group = 0
    while group < current.siblings.count {
      var size = current.siblings[group].count / 2
      while size >= 2, canContinue {
        var end = current.siblings[safely: group].count
        while end > 0 {
          let members = current.siblings[safely: group]
          guard members.count >= end else { break }
          let start = max(0, end - size)
          let range =
            current.spans[members[start]].range
            .lowerBound..<current.spans[members[end - 1]].range.upperBound
          attempt(current.values.without(range))
          end = start
        }
        size /= 2
      }
      group += 1
    }
  }

  /// Deletes each span, the longest first.
  ///
  /// A span is a thing with a meaning, an operation for instance, so that what is left is read as
  /// the same things as before. Longest first, since what encloses spares what is enclosed.
  mutating func deleteSpans() {
    var order = current.rangesByLength()
    var index = 0
    while index < order.count, canContinue {
      if attempt(current.values.without(order[index])) {
        // What was tried before it and rejected waits for the next round.
        order = current.rangesByLength()
      } else {
        index += 1
      }
    }
  }

  /// Deletes two siblings that need not be neighbours.
  ///
  /// One may undo what the other does, so that neither can go alone: a lock and its unlock.
  mutating func deletePairsOfSpans() {
    var group = 0
    while group < current.siblings.count {
      var second = current.siblings[group].count - 1
      while second > 0, canContinue {
        var first = second - 1
        while first >= 0 {
          let members = current.siblings[safely: group]
          guard members.count > second else { break }
          let later = current.spans[members[second]].range
          let earlier = current.spans[members[first]].range
          attempt(current.values.without(later).without(earlier))
          first -= 1
        }
        second -= 1
      }
      group += 1
    }
  }

  /// Deletes up to eight adjacent choices, spans or not.
  ///
  /// For generators that mark no spans, and for what lies between them.
  mutating func deleteWindows() {
    for size in stride(from: 8, to: 0, by: -1) {
      var start = current.choices.count - size
      while start >= 0, canContinue {
        if start + size <= current.choices.count {
          attempt(current.values.without(start..<start + size))
        }
        start -= 1
      }
    }
  }

  /// Lowers a value by one and deletes a span, or up to four choices, after it.
  ///
  /// For lists that were drawn as a length and then so many elements: neither the length nor an
  /// element can change alone without everything after it being read as something else.
  mutating func deleteWhileDecrementing() {
    var index = 0
    while index < current.choices.count, canContinue {
      let choice = current.choices[index]
      if choice.value > 0 && !choice.isDictated {
        let ranges = current.spans.map(\.range).filter { $0.lowerBound > index }
        let windows = (1...4).flatMap { size in
          stride(from: index + 1, through: current.choices.count - size, by: 1).map {
            $0..<$0 + size
          }
        }
        let values = current.values
        for range in ranges + windows where !range.isEmpty {
          var candidate = values.without(range)
          candidate[index] -= 1
          if attempt(candidate) { break }
        }
      }
      index += 1
    }
  }
}

extension Recording {
  /// The distinct ranges of all spans, longest first and then latest first.
  func rangesByLength() -> [Range<Int>] {
    Set(spans.map(\.range)).filter { !$0.isEmpty }.sorted {
      ($0.count, $0.lowerBound) > ($1.count, $1.lowerBound)
    }
  }
}

extension Array {
  /// The array with a range removed.
  func without(_ range: Range<Int>) -> [Element] {
    var copy = self
    copy.removeSubrange(range)
    return copy
  }
}

extension Array where Element == [Int] {
  /// The group, or an empty one where shrinking has left fewer.
  subscript(safely index: Int) -> [Int] {
    index < count ? self[index] : []
  }
}
