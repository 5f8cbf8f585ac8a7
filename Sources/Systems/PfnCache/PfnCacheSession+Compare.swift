public import Checking
public import Machines
import Property
import Schedules
import Walkers

/// What a call on a cache came to.
public struct PfnCacheAnswer: ComparedAnswer, CustomStringConvertible {
  /// The result; `-EAGAIN` for a check that says no.
  public let result: Errno?
  /// The result, or that there is none.
  public var description: String { result.map { "\($0)" } ?? "nothing" }
}

extension PfnCacheSession: ComparedSession {
  /// Performs an operation alone, whoever's it is: schedules differ where steps do.
  public mutating func call(
    _ operation: PfnCacheOperation
  ) -> ComparedCall<PfnCacheAnswer> {
    var alone = operation
    alone.thread = nil
    world.world.withListener { listener in
      listener.counts = SIMD8()
      listener.isCounted = true
    }
    var choices = Choices(replaying: [])
    let ending = world.run([alone], &choices).ending
    let counts = world.world.withListener { $0.counts }
    return ComparedCall(
      PfnCacheAnswer(result: world.state.pointee.results[0]),
      kind: operation.number,
      costs: CallEvents(loads: counts[0], stores: counts[1], barriers: counts[2]),
      loss: ending == .finished ? nil : "it never ends"
    )
  }
}
