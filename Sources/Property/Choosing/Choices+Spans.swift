/// A span that was opened; closing it needs this.
public struct OpenSpan: Sendable {
  @usableFromInline let index: Int32

  @inlinable
  init(index: Int32) {
    self.index = index
  }
}

extension Choices {
  /// Marks the choices drawn by `body` as one thing, which the shrinker may delete as a whole.
  @inlinable
  public mutating func span<Result>(
    _ kind: SpanKind,
    _ body: (inout Choices) -> Result
  ) -> Result {
    let opened = open(kind)
    let result = body(&self)
    close(opened)
    return result
  }

  /// Opens a span, for code that cannot draw inside a closure.
  @inlinable
  public mutating func open(_ kind: SpanKind) -> OpenSpan {
    let index = Int32(truncatingIfNeeded: recordedSpans.count)
    let start = Int32(truncatingIfNeeded: recorded.count)
    recordedSpans.append(ChoiceSpan(kind: kind, parentIndex: innermostSpan, start: start))
    innermostSpan = index
    return OpenSpan(index: index)
  }

  /// Closes a span, and those opened inside it that were left open.
  @inlinable
  public mutating func close(_ span: OpenSpan) {
    let end = Int32(truncatingIfNeeded: recorded.count)
    while innermostSpan >= span.index {
      recordedSpans[Int(innermostSpan)].end = end
      innermostSpan = recordedSpans[Int(innermostSpan)].parentIndex
    }
  }

  /// Forgets that a span was opened, but keeps its choices; nothing was opened inside it.
  @inlinable
  public mutating func abandon(_ span: OpenSpan) {
    precondition(Int(span.index) == recordedSpans.count - 1, "a span with spans inside it")
    innermostSpan = recordedSpans.removeLast().parentIndex
  }
}
