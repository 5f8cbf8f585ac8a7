/// A case that a subject fails, in words.
public struct Counterexample: Sendable, Hashable {
  /// An operation of the case.
  public struct Call: Sendable, Hashable {
    /// The operation as it would be written.
    public var text: String
    /// How many loads, stores and other events it took.
    public var eventCount: Int
  }

  /// Something that touched what is concerned.
  public struct Step: Sendable, Hashable {
    /// The number of the operation that it happened in, from 0.
    public var call: Int
    /// The number of the event in the case, from 1.
    public var ordinal: Int
    /// The event in words.
    public var text: String
    /// Where in `sourceFile` it was made; 0 where that is not known.
    public var site: UInt64

    /// A step of an operation.
    public init(call: Int, ordinal: Int, text: String, site: UInt64 = 0) {
      self.call = call
      self.ordinal = ordinal
      self.text = text
      self.site = site
    }
  }

  /// What one side makes of what is concerned, at the end.
  public struct Section: Sendable, Hashable {
    /// Whose account it is, in a word or two.
    public var title: String
    /// The account.
    public var text: String

    /// An account under a title.
    public init(_ title: String, _ text: String) {
      self.title = title
      self.text = text
    }
  }

  /// What is wrong.
  public var finding: Finding
  /// The configuration in words.
  public var configuration: String
  /// The configuration and the operations as they were drawn, in words.
  public var meaning: [String]
  /// The operations that were performed, in order.
  public var calls: [Call]
  /// What happened to what is concerned, in order.
  public var history: [Step]
  /// How many steps of the history were left out, for its length.
  public var omittedSteps: Int
  /// What each side makes of it at the end, as the session tells it.
  public var sections: [Section]
  /// The file that holds what was checked; nil for what is in this package.
  public var sourceFile: String?
}

/// A case that was run once more.
public struct RetoldCase: Sendable {
  /// The configuration and the operations as they were drawn, in words.
  public var meaning: [String]
  /// The operations that were performed, in order.
  public var calls: [Counterexample.Call]
  /// What is wrong with it; nil where it holds.
  public var counterexample: Counterexample?

  /// A case, and what is wrong with it.
  @usableFromInline
  init(
    meaning: [String],
    calls: [Counterexample.Call],
    counterexample: Counterexample? = nil
  ) {
    self.meaning = meaning
    self.calls = calls
    self.counterexample = counterexample
  }
}

extension Counterexample {
  /// A finding about a case that may hold when it is run once more.
  public init(_ finding: Finding, about told: RetoldCase) {
    self.init(
      finding: finding,
      configuration: told.meaning.first ?? "",
      meaning: told.meaning,
      calls: told.calls,
      history: [],
      omittedSteps: 0,
      sections: []
    )
  }
}
