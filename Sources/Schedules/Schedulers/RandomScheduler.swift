public import Property

/// Runs each thread for a while, drawn afresh, and then another, drawn too.
///
/// What is chosen is how long each goes on, not who makes each step: a schedule is about two choices a
/// switch, and where a choice is 0 the thread goes on until it has to wait. So the shrinker, which
/// deletes choices and lowers them, arrives at the fewest switches. Replaying the choices replays the
/// schedule.
public struct RandomScheduler: Scheduler {
  /// Where the choices come from, and are recorded.
  public var choices: Choices
  /// How long a thread goes on, on average, where its case does not draw that itself.
  @usableFromInline let meanLength: UInt64?
  /// How many more steps the current thread makes, the one that it is at included.
  @usableFromInline var remaining = UInt64.max
  /// As a power of 2, how long a thread goes on.
  @usableFromInline var scale: UInt64 = 0
  /// What is followed rather than drawn.
  @usableFromInline var script: Schedule?
  @usableFromInline var scriptValues = 0

  /// The greatest number of steps that a thread can be told to make.
  public static let greatestLength: UInt64 = 1024

  /// Draws from `choices`.
  ///
  /// - Parameters:
  ///   - choices: The case's choices; its calls may have been drawn from them before.
  ///   - meanLength: How many steps a thread makes on average; nil for a case's own, of 1 to 32.
  public init(_ choices: Choices, meanLength: UInt64? = nil) {
    self.choices = choices
    self.meanLength = meanLength
  }

  /// Follows a schedule, and records it as choices that replay it.
  ///
  /// - Parameters:
  ///   - schedule: What an exploration found.
  ///   - choices: Choices that draw afresh; what is drawn is the schedule's.
  public init(following schedule: Schedule, recordingIn choices: Choices) {
    self.init(choices)
    script = schedule
  }

  /// The current thread, while its steps last.
  @inlinable @inline(__always)
  public mutating func next(of runnable: Runnable, after current: Int?) -> Int? {
    if let current, remaining > 1, runnable.threads.contains(current) {
      remaining &-= 1
      return current
    }
    return draw(runnable.threads, current, runnable.stepCount)
  }

  /// Another thread, and for how long.
  @usableFromInline @inline(never)
  mutating func draw(_ threads: ThreadSet, _ current: Int?, _ step: Int) -> Int {
    if current == nil { drawScale() }
    var others = threads
    if let current { others.remove(current) }
    // Its turn is over, but nobody else can go on: another step, and then it is asked again.
    guard !others.isEmpty else {
      remaining = 1
      return threads.first
    }
    let span = choices.open(.turn)
    let scripted = script.flatMap { $0.turn(at: step) }
    var next = others.first
    if others.count > 1 {
      let index = choices.choose(through: UInt64(others.count - 1)) { random in
        guard let scripted else { return random.next(through: UInt64(others.count - 1)) }
        return UInt64(others.index(of: scripted.thread))
      }
      next = others.member(Int(index))
    }
    let mean = meanLength ?? 1 &<< scale
    let length = choices.choose(through: Self.greatestLength) { random in
      if let scripted { return min(UInt64(scripted.length), Self.greatestLength) }
      // Geometric: each step is the last with the same chance.
      var length: UInt64 = 1
      while length < Self.greatestLength, random.next(through: mean - 1) != 0 { length += 1 }
      return length
    }
    remaining = length == 0 ? .max : length
    choices.close(span)
    return next
  }

  private mutating func drawScale() {
    remaining = .max
    scriptValues = 0
    scale =
      meanLength == nil
      ? choices.choose(through: 5) { [script] in
        script == nil ? $0.next(through: 5) : 0
      } : 0
  }

  /// One of the alternatives, the plainest more often than others.
  @inlinable
  public mutating func choose(below count: Int) -> Int {
    guard let script else { return choices.drawAlternative(below: count) }
    return follow(script, below: count)
  }

  /// One of the writes, the latest and the oldest more often than others.
  @inlinable
  public mutating func chooseWrite(below count: Int) -> Int {
    guard let script else { return choices.drawWrite(below: count) }
    return follow(script, below: count)
  }

  @usableFromInline
  mutating func follow(_ script: Schedule, below count: Int) -> Int {
    let value = scriptValues < script.values.count ? script.values[scriptValues] : 0
    scriptValues += 1
    return Int(
      choices.choose(through: UInt64(count - 1)) { _ in min(UInt64(value), UInt64(count - 1)) }
    )
  }
}

extension Schedule {
  /// Who makes a step, and how many on end; nil past the end.
  func turn(at step: Int) -> (thread: Int, length: Int)? {
    guard step < steps.count else { return nil }
    let rest = steps[step...]
    return (Int(steps[step]), rest.prefix { $0 == steps[step] }.count)
  }
}

extension SpanKind {
  /// A thread's turn: who, and for how long.
  public static let turn = SpanKind(rawValue: 8)
}
