import Architecture
import Machines
import Oracles
public import Property

/// Where two subjects first differ on the same calls.
public struct SubjectDifference: Sendable, Hashable {
  /// The configuration in words.
  public var configuration: String
  /// The calls, in order; in the last one they differ.
  public var calls: [String]
  /// What differs, in a few words.
  public var what: String
  /// What the first subject returned or translates.
  public var first: String
  /// What the second did.
  public var second: String
}

/// Two subjects of one system, on the same calls.
public struct SubjectPair: Sendable {
  private let makeCheck: @Sendable () -> PairCheck
  private let explain: @Sendable ([UInt64]) -> SubjectDifference?
  private let hasCall: @Sendable (Int) -> (Bool, Bool)

  /// Two subjects; nil where they are not of one system, or have no granule in common.
  public init?(_ first: Subject, _ second: Subject) {
    guard let limits = first.limits.intersection(second.limits) else { return nil }
    if let first = first.driver as? CallDriver<Stage2Generator>,
      let second = second.driver as? CallDriver<Stage2Generator>
    {
      self.init(first, second, limits) { $0.kind.rawValue }
    } else if let first = first.driver as? CallDriver<HypGenerator>,
      let second = second.driver as? CallDriver<HypGenerator>
    {
      self.init(first, second, limits) { $0.kind.rawValue }
    } else if let first = first.driver as? CallDriver<LadderGenerator>,
      let second = second.driver as? CallDriver<LadderGenerator>
    {
      self.init(first, second, limits) { $0.kind.rawValue }
    } else if let first = first.driver as? RadixSubject,
      let second = second.driver as? RadixSubject,
      RadixPair(first, second) != nil
    {
      self.init(first, second)
    } else {
      return nil
    }
  }

  private init<G: OperationGenerator & UsableOnThreads>(
    _ first: CallDriver<G>,
    _ second: CallDriver<G>,
    _ limits: GeneratorLimits,
    kind: @escaping @Sendable (G.Operation) -> Int
  ) {
    makeCheck = {
      let pair = PairCase(drivers: (first, second), limits: limits, kind: kind)
      var pools = (MachinePool(), MachinePool())
      return PairCheck { pair.run(&$0, into: &$1, &pools) }
    }
    hasCall = { (first.kinds.contains($0), second.kinds.contains($0)) }
    explain = { values in
      let pair = PairCase(drivers: (first, second), limits: limits, kind: kind)
      var pools = (MachinePool(), MachinePool())
      var choices = Choices(replaying: values)
      var costs = CallCosts()
      return pair.run(&choices, into: &costs, &pools)
    }
  }

  private init(_ first: RadixSubject, _ second: RadixSubject) {
    makeCheck = {
      var pair = RadixPair(first, second)
      return PairCheck { pair?.run(&$0, into: &$1) }
    }
    hasCall = { _ in (true, true) }
    explain = { values in
      var pair = RadixPair(first, second)
      var choices = Choices(replaying: values)
      var costs = CallCosts()
      return pair?.run(&choices, into: &costs)
    }
  }

  /// The operations of a system that only one of the two has, each with whether it is the first; they
  /// are performed on neither.
  public func unshared(in system: System) -> [(operation: String, isFirst: Bool)] {
    system.operations.enumerated().compactMap { number, name in
      let (first, second) = hasCall(number)
      return first == second ? nil : (name, first)
    }
  }

  /// A campaign over the pair; its failures are differences.
  public func campaign(
    _ plan: CampaignPlan,
    jobs: Int,
    interrupt: InterruptFlag = InterruptFlag()
  ) -> Campaign<PairCheck> {
    Campaign(plan, jobs: jobs, interrupt: interrupt) { [makeCheck] in makeCheck() }
  }

  /// Runs the case with these choices; nil where the two do the same.
  public func difference(replaying choices: [UInt64]) -> SubjectDifference? { explain(choices) }
}

/// The property that two subjects do the same.
public struct PairCheck: CaseProperty {
  let body: (inout Choices, inout CallCosts) -> SubjectDifference?

  /// Runs one case.
  public mutating func run(
    _ choices: inout Choices,
    into statistics: inout CallCosts
  ) -> Outcome {
    guard let difference = body(&choices, &statistics) else { return .holds }
    return .violated(Violation(fingerprint: difference.what, summary: difference.what))
  }
}

extension GeneratorLimits {
  /// What both can be made with; nil where that is nothing.
  func intersection(_ other: GeneratorLimits) -> GeneratorLimits? {
    let common = granules.filter { other.granules.contains($0) }
    guard !common.isEmpty else { return nil }
    return GeneratorLimits(
      granules: common,
      isAlwaysWide: isAlwaysWide || other.isAlwaysWide,
      hasForcingByProtection: hasForcingByProtection && other.hasForcingByProtection,
      hasSharedWalks: hasSharedWalks && other.hasSharedWalks,
      disablesForceWriteBack: disablesForceWriteBack && other.disablesForceWriteBack,
      hasNoOwner: hasNoOwner && other.hasNoOwner,
      hasUnprivilegedAccess: hasUnprivilegedAccess && other.hasUnprivilegedAccess,
      hasBranchTargets: hasBranchTargets && other.hasBranchTargets,
      leavesCachesAlone: leavesCachesAlone && other.leavesCachesAlone,
      hasExecutionByPrivilege: hasExecutionByPrivilege && other.hasExecutionByPrivilege,
      refusesExecutionByPrivilege: refusesExecutionByPrivilege && other.refusesExecutionByPrivilege,
      hasSplit: hasSplit && other.hasSplit,
      splitsWholeBlocks: splitsWholeBlocks && other.splitsWholeBlocks,
      agesByRange: agesByRange && other.agesByRange,
      hasFaultMaps: hasFaultMaps && other.hasFaultMaps,
      hasDeferredFrees: hasDeferredFrees && other.hasDeferredFrees,
      hasRivals: hasRivals && other.hasRivals
    )
  }
}
