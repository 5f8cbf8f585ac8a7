/// Follows a schedule that is written out: who makes each step, and what else is chosen.
///
/// Where the script ends, or its thread cannot go on, the current thread goes on, or else the first that
/// can.
public struct ScriptScheduler: Scheduler {
  /// Who makes each step.
  public var steps: [UInt8]
  /// The other choices, in order.
  public var values: [UInt8]
  @usableFromInline var position = 0
  @usableFromInline var valuePosition = 0
  /// Who made each step in fact.
  public private(set) var taken: [UInt8] = []

  /// Follows `steps`, and chooses `values`.
  public init(steps: [UInt8], values: [UInt8] = []) {
    self.steps = steps
    self.values = values
  }

  /// The thread that the script names.
  public mutating func next(of runnable: Runnable, after current: Int?) -> Int? {
    if current == nil {
      position = 0
      valuePosition = 0
      taken.removeAll(keepingCapacity: true)
    }
    var next = runnable.threads.first
    if let current, runnable.threads.contains(current) { next = current }
    if position < steps.count, runnable.threads.contains(Int(steps[position])) {
      next = Int(steps[position])
    }
    position += 1
    taken.append(UInt8(next))
    return next
  }

  /// What the script says.
  public mutating func choose(below count: Int) -> Int {
    defer { valuePosition += 1 }
    return valuePosition < values.count ? min(Int(values[valuePosition]), count - 1) : 0
  }
}
