/// A schedule written out: who makes each step, and what else was chosen.
public struct Schedule: Sendable, Hashable {
  /// Who makes each step.
  public var steps: [UInt8]
  /// The other choices, in order: which write a load returns, whether memory is had.
  public var values: [UInt8]

  /// A schedule of these steps and choices.
  public init(steps: [UInt8], values: [UInt8] = []) {
    self.steps = steps
    self.values = values
  }

  /// How often the thread changes from one step to the next.
  public var switchCount: Int { zip(steps, steps.dropFirst()).count { $0 != $1 } }
}
