/// Draws a list: asks before every element whether there is one more.
///
///     var operations = ElementLoop(0...40, averaging: 12)
///     while operations.next(&choices) { ... }
///
/// The question lies inside the element's span, so that deleting the span removes the element and
/// its question together, and leaves everything after it in place. Where the answer is settled by
/// the bounds it is recorded all the same, for the same reason. The loop may be left early: a span
/// still open is closed by whatever encloses it.
public struct ElementLoop: Sendable {
  @usableFromInline let counts: ClosedRange<Int>
  @usableFromInline let further: UInt64
  @usableFromInline let kind: SpanKind
  @usableFromInline var current: OpenSpan?
  @usableFromInline var begun = 0

  /// How many elements were begun.
  @inlinable
  public var count: Int { begun }

  /// Prepares a list with a number of elements in `counts`.
  ///
  /// - Parameters:
  ///   - counts: How many elements there may be.
  ///   - average: About how many there are; the distribution is geometric.
  ///   - kind: What an element is.
  @inlinable
  public init(_ counts: ClosedRange<Int>, averaging average: Int, kind: SpanKind = .element) {
    precondition(counts.lowerBound >= 0, "a list of \(counts) elements")
    self.counts = counts
    self.kind = kind
    further = UInt64(max(average - counts.lowerBound, 1))
  }

  /// Closes the element before, and says whether there is another.
  @inlinable
  public mutating func next(_ choices: inout Choices) -> Bool {
    if let current { choices.close(current) }
    let span = choices.open(kind)
    let hasMore: Bool
    if begun < counts.lowerBound {
      choices.dictate(1)
      hasMore = true
    } else if begun >= counts.upperBound {
      choices.dictate(0)
      hasMore = false
    } else {
      hasMore = choices.flip(further, in: further + 1)
    }
    guard hasMore else {
      choices.abandon(span)
      current = nil
      return false
    }
    current = span
    begun += 1
    return true
  }
}

extension Choices {
  /// Draws a list into an array, for generators that need all of it at once.
  @inlinable
  public mutating func list<Element>(
    _ counts: ClosedRange<Int>,
    averaging average: Int,
    kind: SpanKind = .element,
    of element: (inout Choices) -> Element
  ) -> [Element] {
    var loop = ElementLoop(counts, averaging: average, kind: kind)
    var elements: [Element] = []
    while loop.next(&self) { elements.append(element(&self)) }
    return elements
  }
}
