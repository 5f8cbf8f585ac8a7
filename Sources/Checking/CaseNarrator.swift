/// Writes a failing case down.
public struct CaseNarrator: Sendable {
  /// The longest history that is kept.
  static let historyLimit = 48

  /// The configuration in words.
  @usableFromInline var configuration = ""
  private var calls: [Counterexample.Call] = []
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

  /// The case has failed.
  @usableFromInline
  mutating func end(_ finding: Finding, _ account: CaseAccount) {
    let history = account.history
    counterexample = Counterexample(
      finding: finding,
      configuration: configuration,
      calls: calls,
      history: Array(history.suffix(CaseNarrator.historyLimit)),
      omittedSteps: max(0, history.count - CaseNarrator.historyLimit),
      sections: account.sections,
      sourceFile: account.sourceFile
    )
  }
}
