/// Decides which thread goes on.
public protocol Scheduler {
  /// Says which thread goes on, before each step.
  ///
  /// - Parameters:
  ///   - runnable: Those that can go on, one at least.
  ///   - current: Who made the step before, whether or not it can go on; nil before the first.
  /// - Returns: One of them; nil to end the run here.
  mutating func next(of runnable: Runnable, after current: Int?) -> Int?

  /// Decides between alternatives that are no threads: whether memory is had. The first, 0, is the plainest.
  mutating func choose(below count: Int) -> Int

  /// Decides which write a load returns, and where a store goes: before so many of the latest.
  mutating func chooseWrite(below count: Int) -> Int
}

extension Scheduler {
  /// As between any alternatives.
  @inlinable
  public mutating func chooseWrite(below count: Int) -> Int { choose(below: count) }
}

/// The threads that can go on, with what each would do.
public struct Runnable {
  /// Who can go on.
  public let threads: ThreadSet
  /// How many steps were made.
  public let stepCount: Int
  @usableFromInline let states: UnsafeMutablePointer<ThreadState>

  @inlinable @inline(__always)
  init(threads: ThreadSet, stepCount: Int, states: UnsafeMutablePointer<ThreadState>) {
    self.threads = threads
    self.stepCount = stepCount
    self.states = states
  }

  /// What a thread does next, whether or not it can go on.
  @inlinable
  public func operation(of thread: Int) -> PendingOperation { states[thread].pending }
}
