public import Machines

extension Rule {
  /// A walker did not do the same when the same calls were made again.
  public static let unsteady = Rule(
    "not-deterministic",
    "the same calls on a new table come to the same each time",
    reference: "what a counterexample, its replay and every comparison rely on",
    oracle: "Replay"
  )
}
