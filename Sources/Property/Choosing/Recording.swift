/// One recorded choice.
public struct Choice: Hashable, Sendable {
  /// What was chosen; 0 is the simplest.
  public let value: UInt64
  /// The greatest value that could have been chosen; 0 where there was no choice to make.
  public let maximum: UInt64

  @inlinable
  init(value: UInt64, maximum: UInt64) {
    self.value = value
    self.maximum = maximum
  }

  /// Whether the value was dictated by the generator and merely holds its place.
  @inlinable
  public var isDictated: Bool { maximum == 0 }
}

/// What a span of choices makes; a domain adds kinds of its own from 16 up.
public struct SpanKind: RawRepresentable, Hashable, Sendable {
  /// The number that tells kinds apart.
  public let rawValue: UInt16

  /// Makes the kind of a number.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// An element of a list.
  public static let element = SpanKind(rawValue: 0)
  /// A value made of several choices.
  public static let value = SpanKind(rawValue: 1)
}

/// A run of adjacent choices which together make one thing.
public struct ChoiceSpan: Hashable, Sendable {
  /// What the choices make.
  public let kind: SpanKind
  @usableFromInline let parentIndex: Int32
  @usableFromInline let start: Int32
  @usableFromInline var end: Int32

  @inlinable
  init(kind: SpanKind, parentIndex: Int32, start: Int32) {
    self.kind = kind
    self.parentIndex = parentIndex
    self.start = start
    self.end = start
  }

  /// The positions of its choices.
  @inlinable
  public var range: Range<Int> { Int(start)..<Int(end) }

  /// The index of the span that directly encloses it, among the recording's spans.
  @inlinable
  public var parent: Int? { parentIndex < 0 ? nil : Int(parentIndex) }
}

/// All that a case chose: its choices, and its spans in the order in which they were opened.
public struct Recording: Hashable, Sendable {
  /// The choices consumed, in order.
  public internal(set) var choices: [Choice]
  /// The spans, outer before inner, earlier before later.
  public internal(set) var spans: [ChoiceSpan]
  /// How many choices it is taken to have beside its own.
  public internal(set) var surcharge: Int

  /// The values alone: enough to replay the case.
  public var values: [UInt64] { choices.map(\.value) }

  /// The indexes of spans that share a parent, in order, one group a parent; groups of the
  /// outermost first.
  public var siblings: [[Int]] {
    var groups: [[Int]] = Array(repeating: [], count: spans.count + 1)
    for (index, span) in spans.enumerated() where !span.range.isEmpty {
      groups[Int(span.parentIndex) + 1].append(index)
    }
    return groups.filter { !$0.isEmpty }
  }
}
