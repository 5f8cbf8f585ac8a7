public import Property

/// Where two subjects first differ on the same operations.
public struct SubjectDifference: Sendable, Hashable {
  /// The configuration in words.
  public var configuration: String
  /// The operations, in order; in the last one they differ.
  public var calls: [String]
  /// What differs, in a few words.
  public var what: String
  /// What the first subject returned or shows.
  public var first: String
  /// What the second did.
  public var second: String
}

/// Two subjects of one system, on the same operations.
public struct SubjectPair: Sendable {
  /// Runs one case.
  typealias Body = (inout Choices, inout CallCosts) -> SubjectDifference?

  private let missing: (first: Set<Int>, second: Set<Int>)
  private let makeBody: @Sendable () -> Body

  /// Two subjects; nil where their cases are not drawn alike, or have nothing in common.
  public init?(_ first: Subject, _ second: Subject) {
    guard let pair = first.compared.pair(with: second.compared) else { return nil }
    self = pair
  }

  init(missing: (Set<Int>, Set<Int>), makeBody: @escaping @Sendable () -> Body) {
    self.missing = (missing.0, missing.1)
    self.makeBody = makeBody
  }

  /// The operations of a system that only one of the two has, each with whether it is the first; they
  /// are performed on neither.
  public func unshared(in system: System) -> [(operation: String, isFirst: Bool)] {
    system.operations.enumerated().compactMap { number, name in
      let isMissing = (missing.first.contains(number), missing.second.contains(number))
      return isMissing.0 == isMissing.1 ? nil : (name, isMissing.1)
    }
  }

  /// A campaign over the pair; its failures are differences.
  public func campaign(
    _ plan: CampaignPlan,
    jobs: Int,
    interrupt: InterruptFlag = InterruptFlag(),
    watch: CampaignWatch = CampaignWatch()
  ) -> Campaign<PairCheck> {
    Campaign(plan, jobs: jobs, interrupt: interrupt, watch: watch) { [makeBody] in
      PairCheck(body: makeBody())
    }
  }

  /// Runs the case with these choices; nil where the two do the same.
  public func difference(replaying values: [UInt64]) -> SubjectDifference? {
    var choices = Choices(replaying: values)
    var costs = CallCosts()
    return makeBody()(&choices, &costs)
  }
}

/// The property that two subjects do the same.
public struct PairCheck: CaseProperty {
  let body: SubjectPair.Body

  /// Runs one case.
  public mutating func run(
    _ choices: inout Choices,
    into statistics: inout CallCosts
  ) -> Outcome {
    guard let difference = body(&choices, &statistics) else { return .holds }
    return .violated(CaseViolation(fingerprint: difference.what, summary: difference.what))
  }
}
