public import Property

/// Probabilistic concurrency testing: threads have priorities, and the highest that can go on does,
/// but at a few steps, drawn beforehand, whoever is at it falls to the lowest priority.
///
/// Or at a few writes: what is written in the wrong order shows to those alone who look right between two of
/// them, and there are several steps to each.
///
/// A bug of depth d is one that shows whenever d steps come in a certain order. With d - 1 such changes
/// among k steps of n threads it is missed by one run with a chance of 1 - 1/(n k^(d-1)) at most.
///
/// Reference: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic
/// Guarantees of Finding Bugs", ASPLOS 2010.
public struct PCTScheduler: Scheduler {
  /// What priorities change at.
  public enum Unit: Sendable {
    /// Any step.
    case step
    /// A write, right after it was made.
    case write
  }

  /// Where the choices come from, and are recorded.
  public var choices: Choices
  /// How many changes there are: one less than the depth.
  public var changeCount: Int
  /// What they are at.
  public var unit: Unit
  /// About how many steps, or writes, a run takes.
  public var stepCount: UInt64
  /// How many threads there are.
  public var threadCount: Int
  /// The steps or writes at which priorities change, the nearest last.
  @usableFromInline var changes: [UInt64] = []
  @usableFromInline var nextChange = UInt64.max
  /// Each thread's priority, and who has a higher one than it.
  @usableFromInline var priorities = SIMD16<Int32>()
  @usableFromInline var higher = SIMD16<UInt32>()
  @usableFromInline var lowest: Int32 = 0
  /// How many writes were made, and whether the last step was one.
  @usableFromInline var writeCount: UInt64 = 0
  @usableFromInline var isWriting = false
  /// How many more steps a thread may make while others could: PCT is not fair by itself.
  @usableFromInline var patience = 0

  /// How many steps a thread may make on end while others could.
  @usableFromInline static let patienceLimit = 4096

  /// Draws from `choices`.
  ///
  /// - Parameters:
  ///   - choices: The case's choices; its calls may have been drawn from them before.
  ///   - threadCount: How many threads there are.
  ///   - stepCount: About how many steps the run takes, or writes.
  ///   - depth: The depth of the bugs that are looked for, 1 at least.
  ///   - unit: What priorities change at.
  public init(
    _ choices: Choices,
    threadCount: Int,
    stepCount: UInt64,
    depth: Int,
    at unit: Unit = .step
  ) {
    precondition(depth >= 1 && threadCount <= ThreadSet.limit)
    self.choices = choices
    self.threadCount = threadCount
    self.stepCount = max(stepCount, 1)
    self.unit = unit
    changeCount = depth - 1
  }

  /// The chance that one run shows a bug of a depth, at least.
  public static func bound(threadCount: Int, stepCount: UInt64, depth: Int) -> Double {
    var bound = 1 / Double(max(threadCount, 1))
    for _ in 1..<max(depth, 1) { bound /= Double(max(stepCount, 1)) }
    return bound
  }

  /// How many runs show a bug with a chance of 99 in 100, at most.
  public static func runs(threadCount: Int, stepCount: UInt64, depth: Int) -> Double {
    4.605 / bound(threadCount: threadCount, stepCount: stepCount, depth: depth)
  }

  /// Who has the highest priority.
  @inlinable @inline(__always)
  public mutating func next(of runnable: Runnable, after current: Int?) -> Int? {
    if isWriting { writeCount &+= 1 }
    let place = unit == .step ? UInt64(truncatingIfNeeded: runnable.stepCount) : writeCount
    let next: Int
    if let current, place < nextChange, patience > 0,
      runnable.threads.bits & higher[current & 15] == 0, runnable.threads.contains(current)
    {
      patience &-= 1
      next = current
    } else {
      next = choose(runnable, current, at: place)
    }
    isWriting = unit == .write && runnable.operation(of: next).isStore
    return next
  }

  @usableFromInline @inline(never)
  mutating func choose(_ runnable: Runnable, _ current: Int?, at place: UInt64) -> Int {
    guard let current else {
      begin()
      return highest(runnable.threads)
    }
    let isChange = place >= nextChange
    if isChange { nextChange = changes.popLast() ?? .max }
    if isChange || patience == 0 {
      lowest -= 1
      priorities[current] = lowest
      rank()
    }
    patience = Self.patienceLimit
    return highest(runnable.threads)
  }

  /// Draws priorities, and the steps at which they change; a change at step 0 is none.
  private mutating func begin() {
    let span = choices.open(.turn)
    var left = Array(0..<threadCount)
    for place in 0..<threadCount {
      let index = left.count > 1 ? Int(choices.draw(below: UInt64(left.count))) : 0
      priorities[left.remove(at: index)] = Int32(threadCount - place)
    }
    choices.close(span)
    changes.removeAll(keepingCapacity: true)
    for _ in 0..<changeCount {
      let change = choices.span(.turn) { choices in
        choices.choose(through: stepCount) { $0.next(through: stepCount - 1) + 1 }
      }
      if change > 0 { changes.append(change) }
    }
    changes.sort(by: >)
    nextChange = changes.popLast() ?? .max
    lowest = 0
    writeCount = 0
    patience = Self.patienceLimit
    rank()
  }

  private mutating func rank() {
    for thread in 0..<threadCount {
      var above: UInt32 = 0
      for other in 0..<threadCount where priorities[other] > priorities[thread] {
        above |= 1 << UInt32(other)
      }
      higher[thread] = above
    }
  }

  private func highest(_ threads: ThreadSet) -> Int {
    var best = threads.first
    for thread in threads where priorities[thread] > priorities[best] { best = thread }
    return best
  }

  /// One of the alternatives, the plainest more often than others.
  @inlinable
  public mutating func choose(below count: Int) -> Int { choices.drawAlternative(below: count) }

  /// One of the writes, the latest and the oldest more often than others.
  @inlinable
  public mutating func chooseWrite(below count: Int) -> Int { choices.drawWrite(below: count) }
}
