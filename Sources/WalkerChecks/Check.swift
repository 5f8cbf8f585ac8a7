import Checking
public import Property
public import Reports
public import Systems
public import Walkers

/// The machine that a walker is checked on: a walker that is generic over its machine is checked as
/// `MyWalker<CheckedMachine>`.
public typealias CheckedMachine = CheckMachine

/// How much a check tries.
public struct CheckBudget: Sendable {
  /// How many cases.
  public var cases: UInt64
  /// The seed of all cases; the verdict is a function of it and of the number of cases.
  public var seed: UInt64
  /// How many threads; no verdict depends on it.
  public var threads: Int

  /// Two thousand cases of seed 1 on two threads, unless told otherwise.
  public init(cases: UInt64 = 2000, seed: UInt64 = 1, threads: Int = 2) {
    self.cases = cases
    self.seed = seed
    self.threads = threads
  }
}

/// Checks a guest stage 2 against the reference model, with every oracle.
///
/// - Parameters:
///   - walker: The type, on the machine of checks.
///   - budget: How much is tried.
/// - Returns: What was found, each finding in the shortest calls that show it, and what was covered;
///   its `status` is `held` where nothing was found and nothing that has to be reached was missed.
public func check<W: Stage2Walker & UsableOnThreads>(
  _ walker: W.Type,
  _ budget: CheckBudget = CheckBudget()
) -> CheckReport where W.M == CheckMachine {
  check(.stage2(name(of: walker), walker), of: "arm64-stage2", budget)
}

/// Checks a hypervisor stage 1 against the reference model, with every oracle.
///
/// - Parameters:
///   - walker: The type, on the machine of checks.
///   - budget: How much is tried.
/// - Returns: As for a guest stage 2.
public func check<W: HypWalker & UsableOnThreads>(
  _ walker: W.Type,
  _ budget: CheckBudget = CheckBudget()
) -> CheckReport where W.M == CheckMachine {
  check(.hyp(name(of: walker), walker), of: "arm64-hyp", budget)
}

/// Runs one case of a guest stage 2 again, and writes it down; nil where it holds.
///
/// - Parameters:
///   - walker: The type, on the machine of checks.
///   - token: The token that a report printed.
/// - Returns: The case in words; nil where it holds.
/// - Throws: `ReplayTokenError` for a token that is malformed.
public func replay<W: Stage2Walker & UsableOnThreads>(
  _ walker: W.Type,
  _ token: String
) throws -> String? where W.M == CheckMachine {
  try replay(.stage2(name(of: walker), walker), token)
}

/// Runs one case of a hypervisor stage 1 again, and writes it down; nil where it holds.
///
/// - Parameters:
///   - walker: The type, on the machine of checks.
///   - token: The token that a report printed.
/// - Returns: The case in words; nil where it holds.
/// - Throws: `ReplayTokenError` for a token that is malformed.
public func replay<W: HypWalker & UsableOnThreads>(
  _ walker: W.Type,
  _ token: String
) throws -> String? where W.M == CheckMachine {
  try replay(.hyp(name(of: walker), walker), token)
}

/// A type's name without its machine.
private func name<W>(of walker: W.Type) -> String {
  String("\(walker)".prefix { $0 != "<" })
}

private func check(_ subject: Subject, of systemName: String, _ budget: CheckBudget) -> CheckReport
{
  var report = CheckReport(results: [])
  guard let system = System.named(systemName) else { return report }
  var plan = CampaignPlan(seed: Seed(budget.seed), cases: 0..<budget.cases)
  plan.shrinkBudget = 4000
  let clock = ContinuousClock()
  let start = clock.now
  let campaign = subject.campaign(plan, jobs: max(1, budget.threads)).run()
  let seconds = (clock.now - start) / .seconds(1)
  report.results.append(
    CheckReport.Result(system: system, subject: subject, campaign: campaign, seconds: seconds)
  )
  return report
}

private func replay(_ subject: Subject, _ token: String) throws -> String? {
  let token = try ReplayToken(parsing: token)
  guard let counterexample = subject.retell(token)?.counterexample else { return nil }
  let violation = ViolationReport(counterexample, token: token, replay: subject.replay)
  return violation.lines(title: subject.name).joined(separator: "\n")
}
