public import Property

/// The one case loop: draws a case, performs it in a session, and judges what comes of it.
///
/// A worker's own. Inlined where the session's type is known, so that everything inside a case is
/// specialised.
public struct CaseCheck<S: Session> {
  @usableFromInline let variant: S.Variant
  @usableFromInline let limits: S.Plan.Limits
  /// Fingerprints of findings that are known and accepted.
  @usableFromInline let accepted: Set<String>
  @usableFromInline var world: S.World

  /// A check of a variant.
  @inlinable
  public init(
    _ session: S.Type,
    _ variant: S.Variant,
    limits: S.Plan.Limits,
    accepting accepted: Set<String>
  ) {
    self.variant = variant
    self.limits = limits
    self.accepted = accepted
    world = S.world(for: variant)
  }

  /// Runs one case; `narrator`, where there is one, is told of it.
  @inlinable
  public mutating func run(
    _ choices: inout Choices,
    into statistics: inout CheckStatistics,
    narrator: inout CaseNarrator?
  ) -> Finding? {
    var plan = S.Plan(&choices, within: limits)
    narrator?.configuration = plan.configurationText
    let setting = CaseSetting(isRecorded: narrator != nil, accepted: accepted)
    guard var session = S(plan, variant, in: &world, setting) else {
      narrator?.end(S.unmade, CaseAccount())
      return S.unmade
    }
    var finding = session.begin()
    var operations = S.Plan.length
    while finding == nil, operations.next(&choices) {
      let operation = plan.operation(&choices)
      let isAudited = S.Plan.audits.draw(&choices)
      let beside = plan.beside(operation, within: limits, &choices)
      narrator?.draw(operation.description)
      finding = session.perform(operation, beside: beside, &choices, into: &statistics)
      if session.performs(operation) {
        narrator?.call(session.text(of: operation), eventCount: session.eventCount)
      }
      passOver(&finding, session, &statistics)
      if finding == nil, isAudited {
        statistics.countAudit()
        finding = session.audit()
      }
    }
    if finding == nil, S.Plan.audits != .never {
      statistics.countAudit()
      finding = session.audit()
    }
    if finding == nil {
      for operation in plan.closing(&choices) where finding == nil {
        finding = session.perform(operation, beside: nil, &choices, into: &statistics)
        narrator?.call(session.text(of: operation), eventCount: session.eventCount)
        passOver(&finding, session, &statistics)
      }
    }
    var hasEnded = false
    if finding == nil {
      finding = session.end()
      hasEnded = true
      if let text = S.endText { narrator?.call(text, eventCount: session.eventCount) }
    }
    combine(&finding, session, hasEnded: hasEnded, &statistics)
    session.count(into: &statistics)
    if let finding, let operationEnds = narrator?.operationEnds {
      narrator?.end(finding, session.account(of: finding, operationEnds: operationEnds))
    }
    session.leave(&world)
    return finding
  }

  /// Passes over what is known and accepted, and hinders neither side from going on.
  @inlinable @inline(__always)
  func passOver(_ finding: inout Finding?, _ session: S, _ statistics: inout CheckStatistics) {
    if !accepted.isEmpty, let first = finding, isPassedOver(first, session) {
      statistics.count(accepted: [session.findings(first, hasEnded: false)[0].fingerprint: 1])
      finding = nil
    }
  }

  @usableFromInline
  func isPassedOver(_ first: Finding, _ session: S) -> Bool {
    let all = session.findings(first, hasEnded: false)
    return all.count == 1 && accepted.contains(all[0].fingerprint)
      && session.goesOn(after: all[0])
  }

  /// Makes one finding of all that the last operation broke, without what is accepted: after that the
  /// case ends, since its reference no longer applies.
  @usableFromInline
  func combine(
    _ finding: inout Finding?,
    _ session: S,
    hasEnded: Bool,
    _ statistics: inout CheckStatistics
  ) {
    guard let first = finding else { return }
    var others: [Finding] = []
    for found in session.findings(first, hasEnded: hasEnded) {
      if accepted.contains(found.fingerprint) {
        statistics.count(accepted: [found.fingerprint: 1])
      } else {
        others.append(found)
      }
    }
    finding = .combined(others, rank: S.explanatoryRank)
  }
}
