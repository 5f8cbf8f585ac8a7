/// Which steps of a run come before which, since each conflicts with the next or is of one thread.
struct StepOrder {
  /// By thread, a step of its: the number of the choice, counted from 1; 0 for none.
  typealias Clock = SIMD16<UInt32>

  /// Two steps that conflict, with nothing between that orders them: the first could be the second.
  struct Race {
    /// The choice at which the first was made.
    var index: Int
    /// Who could make a step there instead, so that the second comes first in the end.
    var initials: ThreadSet
  }

  /// What was done to one word.
  private struct Word {
    /// The latest step of each thread that touched or changed it.
    var touched = Clock()
    var changed = Clock()
    /// The same without those that only let others go on.
    var touchedByOthers = Clock()
    var changedByOthers = Clock()
    /// What lies before the latest of them.
    var beforeTouch = Clock()
    var beforeChange = Clock()
  }

  /// What lies before each thread's next step.
  private var past = [Clock](repeating: Clock(), count: 16)
  /// The steps of the run: who, and what lies before each, itself included; by choice.
  private var steps: ContiguousArray<(thread: Int, clock: Clock)> = []
  private var places: [Int32] = []
  private var touchedWords: [Int] = []
  private var words: ContiguousArray<Word> = []

  mutating func reset() {
    for thread in 0..<16 { past[thread] = Clock() }
    for word in touchedWords { places[word] = 0 }
    touchedWords.removeAll(keepingCapacity: true)
    words.removeAll(keepingCapacity: true)
    words.append(Word())
    steps.removeAll(keepingCapacity: true)
  }

  private mutating func place(_ word: UInt32) -> Int {
    let word = Int(word)
    while places.count <= word { places.append(0) }
    if places[word] == 0 {
      places[word] = Int32(words.count)
      words.append(Word())
      touchedWords.append(word)
    }
    return Int(places[word])
  }

  /// Calls `body` for each word that an operation touches, and whether it changes it.
  @inline(__always)
  private mutating func forEachWord(
    _ operation: PendingOperation,
    _ body: (inout StepOrder, Int, Bool) -> Void
  ) {
    if operation.word != 0 { body(&self, place(operation.word), operation.isWrite) }
    if operation.record != 0, !operation.isFree { body(&self, place(operation.record), false) }
    if operation.isFence { body(&self, place(ReservedWord.fence), true) }
    if operation.isAnnounced { body(&self, place(ReservedWord.announced), true) }
  }

  /// The latest step of each other thread that conflicts with an operation and that nothing orders
  /// before it.
  ///
  /// A step that only let others go on is none where the operation waits: the two were never both
  /// possible.
  private mutating func conflicts(_ operation: PendingOperation, by thread: Int) -> Clock {
    var latest = Clock()
    forEachWord(operation) { order, place, isWrite in
      let known = order.words[place]
      let steps: Clock
      if operation.role == .waits {
        steps = isWrite ? known.touchedByOthers : known.changedByOthers
      } else {
        steps = isWrite ? known.touched : known.changed
      }
      latest = pointwiseMax(latest, steps)
    }
    latest.replace(with: 0, where: latest .<= past[thread])
    latest[thread] = 0
    return latest
  }

  /// The races of an operation that a thread is about to make, or waits to make.
  mutating func races(_ operation: PendingOperation, by thread: Int) -> [Race] {
    let latest = conflicts(operation, by: thread)
    guard any(latest .!= 0) else { return [] }
    var races: [Race] = []
    for other in latest.indices where latest[other] != 0 {
      let step = latest[other]
      // What comes before another of them is in no race itself.
      let isCovered = latest.indices.contains {
        latest[$0] > step && steps[Int(latest[$0]) - 1].clock[other] >= step
      }
      guard !isCovered else { continue }
      let clock = clock(of: operation, by: thread)
      races.append(
        Race(
          index: Int(step) - 1,
          initials: initials(after: Int(step) - 1, by: other, until: clock, thread)
        )
      )
    }
    return races
  }

  /// Who could go on where a step was made, if that step and all that needs it is left out.
  ///
  /// - Parameters:
  ///   - index: The choice at which the step was made.
  ///   - owner: Whose step it was.
  ///   - clock: What lies before the operation that is to come first, which is `thread`'s.
  ///   - thread: Who makes that operation.
  /// - Returns: the threads with a step after it that needs nothing else after it.
  private func initials(
    after index: Int,
    by owner: Int,
    until clock: Clock,
    _ thread: Int
  ) -> ThreadSet {
    var first = Clock(repeating: .max)
    var initials = ThreadSet()
    for later in index + 1..<max(steps.count, index + 1) {
      let step = steps[later]
      guard step.thread >= 0, step.clock[owner] < UInt32(index + 1) else { continue }
      guard first[step.thread] == .max else { continue }
      if !any(step.clock .>= first) { initials.insert(step.thread) }
      first[step.thread] = UInt32(later + 1)
    }
    if first[thread] == .max, !any(clock .>= first) { initials.insert(thread) }
    return initials
  }

  /// What lies before an operation that a thread would make next.
  private mutating func clock(of operation: PendingOperation, by thread: Int) -> Clock {
    var clock = past[thread]
    forEachWord(operation) { order, place, isWrite in
      let known = order.words[place]
      clock = pointwiseMax(clock, isWrite ? known.beforeTouch : known.beforeChange)
    }
    return clock
  }

  /// A thread makes a step, choice number `index` of the run.
  mutating func make(_ operation: PendingOperation, by thread: Int, at index: Int) {
    var clock = clock(of: operation, by: thread)
    let step = UInt32(index + 1)
    clock[thread] = step
    past[thread] = clock
    while steps.count < index { steps.append((-1, Clock())) }
    steps.append((thread, clock))
    forEachWord(operation) { order, place, isWrite in
      order.words[place].touched[thread] = step
      order.words[place].beforeTouch = pointwiseMax(order.words[place].beforeTouch, clock)
      if isWrite {
        order.words[place].changed[thread] = step
        order.words[place].beforeChange = pointwiseMax(order.words[place].beforeChange, clock)
      }
      guard operation.role != .enables else { return }
      order.words[place].touchedByOthers[thread] = step
      if isWrite { order.words[place].changedByOthers[thread] = step }
    }
  }
}
