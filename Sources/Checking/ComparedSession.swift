public import Property

/// A session that can go beside another one's, on the same operations and without a reference.
public protocol ComparedSession: Session {
  /// What an operation came to.
  associatedtype Answer: ComparedAnswer

  /// Whether a variant has an operation; neither of two is asked for what one of them has not.
  static func has(_ operation: Plan.Operation, _ variant: Variant) -> Bool
  /// The numbers of the operations that a variant has not.
  static func missingOperations(of variant: Variant) -> Set<Int>
  /// Performs an operation, whatever judges and reference say of it.
  mutating func call(_ operation: Plan.Operation) -> ComparedCall<Answer>
  /// What is seen at a place, in a word or two.
  static var observed: String { get }
  /// What is seen at a place, in words that are the same for what is the same.
  func observation(at place: UInt64) -> String
}

extension ComparedSession {
  /// It has all.
  @inlinable
  public static func has(_ operation: Plan.Operation, _ variant: Variant) -> Bool { true }
  /// None.
  public static func missingOperations(of variant: Variant) -> Set<Int> { [] }
  /// What it holds.
  public static var observed: String { "state" }
  /// Nothing beside the answers.
  public func observation(at place: UInt64) -> String { "" }
}

/// What an operation came to, and can be compared.
public protocol ComparedAnswer: Equatable, UsableOnThreads {
  /// The first thing in which two differ; nil where they are equal.
  func difference(from other: Self) -> AnswerDifference?
}

extension ComparedAnswer {
  /// Their words.
  public func difference(from other: Self) -> AnswerDifference? {
    self == other ? nil : AnswerDifference("result of", "\(self)", "\(other)")
  }
}

/// In what two answers differ.
public struct AnswerDifference {
  /// What differs, before the operation's name: `result of`.
  let what: String
  /// What it is in the first.
  let first: String
  /// What it is in the second.
  let second: String

  /// A difference in what two were found to be.
  public init(_ what: String, _ first: String, _ second: String) {
    self.what = what
    self.first = first
    self.second = second
  }
}

/// One operation of a comparison, as one side performed it.
public struct ComparedCall<Answer: ComparedAnswer> {
  /// What it came to.
  let answer: Answer
  /// The number that it is counted by; nil where it costs nothing.
  let kind: Int?
  /// What it cost.
  let costs: CallEvents
  /// The places at which what is seen may have changed.
  let places: [UInt64]
  /// Why the subject did not come back; nil where it did.
  let loss: String?

  /// An operation that came to an answer.
  public init(
    _ answer: Answer,
    kind: Int?,
    costs: CallEvents,
    places: [UInt64] = [],
    loss: String? = nil
  ) {
    self.answer = answer
    self.kind = kind
    self.costs = costs
    self.places = places
    self.loss = loss
  }
}
