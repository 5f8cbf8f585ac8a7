public import Checking
public import Machines
public import Property
import Schedules
import Walkers

/// What a call on shared partition-scoped tables came to.
public struct PartitionThreadsAnswer: ComparedAnswer, CustomStringConvertible {
  /// The result; `notFound` for an answer that is no.
  public let result: Errno?
  /// The result, or that there is none.
  public var description: String { result.map { "\($0)" } ?? "nothing" }
}

extension PartitionThreadsSession: ComparedSession {
  /// Performs an operation alone, whoever's it is: schedules differ where steps do.
  public mutating func call(
    _ operation: PartitionThreadsOperation
  ) -> ComparedCall<PartitionThreadsAnswer> {
    var alone = operation
    alone.thread = nil
    world.world.withListener { listener in
      listener.counts = SIMD4()
      listener.isCounted = true
    }
    var choices = Choices(replaying: [])
    let ending = world.run([alone], &choices).ending
    let counts = world.world.withListener { $0.counts }
    return ComparedCall(
      PartitionThreadsAnswer(result: world.state.pointee.results[0]),
      kind: operation.number,
      costs: CallEvents(loads: counts[0], stores: counts[1], barriers: counts[2]),
      loss: ending == .finished ? nil : "it never ends"
    )
  }

  /// Edits that a schedule and its operations need together, as of any case whose first choice is how many
  /// threads there are.
  public static func suggestions(for recording: Recording) -> [[UInt64]] {
    PfnCacheSession<ListedPfnCache>.suggestions(for: recording)
  }
}
