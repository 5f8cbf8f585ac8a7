public import Checking
public import Machines
import Property
import Schedules
import Walkers

/// What a call on a buffer came to.
public struct BufferAnswer: ComparedAnswer, CustomStringConvertible {
  /// The result.
  public let result: Errno?
  /// The result, or that there is none.
  public var description: String { result.map { "\($0)" } ?? "nothing" }
}

extension BufferSession: ComparedSession {
  /// Performs an operation alone, whoever's it is: schedules differ where steps do.
  public mutating func call(_ operation: BufferOperation) -> ComparedCall<BufferAnswer> {
    var alone = operation
    alone.thread = nil
    world.world.withListener { $0.counts = SIMD8() }
    var choices = Choices(replaying: [])
    let ending = world.run([alone], &choices).ending
    let counts = world.world.withListener { $0.counts }
    return ComparedCall(
      BufferAnswer(result: world.state.pointee.results[0]),
      kind: operation.number,
      costs: CallEvents(loads: counts[0], stores: counts[1], barriers: counts[2]),
      loss: ending == .finished ? nil : "it never ends"
    )
  }
}
