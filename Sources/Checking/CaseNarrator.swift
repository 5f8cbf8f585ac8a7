/// Writes a case down.
public struct CaseNarrator: Sendable {
  /// The longest history that is kept.
  static let historyLimit = 48

  /// The configuration in words.
  @usableFromInline var configuration = "" { didSet { meaning = [configuration] } }
  private(set) var calls: [Counterexample.Call] = []
  /// The configuration and the operations as they were drawn, in words.
  public private(set) var meaning: [String] = []
  /// The number of events after each operation.
  @usableFromInline private(set) var operationEnds: [Int] = []
  /// The case; nil where it holds.
  public private(set) var counterexample: Counterexample?

  /// Of a case that has not begun.
  public init() {}

  /// An operation was performed; there are `eventCount` events now.
  @usableFromInline
  mutating func call(_ text: String, eventCount: Int) {
    calls.append(.init(text: text, eventCount: eventCount - (operationEnds.last ?? 0)))
    operationEnds.append(eventCount)
  }

  /// An operation was drawn.
  @usableFromInline
  mutating func draw(_ text: @autoclosure () -> String) { meaning.append(text()) }

  /// The case has failed.
  @usableFromInline
  mutating func end(_ finding: Finding, _ account: CaseAccount) {
    let history = account.history
    counterexample = Counterexample(
      finding: finding,
      configuration: configuration,
      meaning: meaning,
      calls: calls,
      history: Array(history.suffix(CaseNarrator.historyLimit)),
      omittedSteps: max(0, history.count - CaseNarrator.historyLimit),
      sections: account.sections,
      sourceFile: account.sourceFile
    )
  }
}
