/// One choice of the execution that is being made, with what is left to try there.
struct ExplorationNode {
  /// Who could go on; nobody where it is no thread that was chosen.
  var enabled = ThreadSet()
  /// Who is to be tried, and who was.
  var wanted = ThreadSet()
  var done = ThreadSet()
  /// Whose next step, made here, leads nowhere new.
  var asleep = ThreadSet()
  /// Who went on, or which alternative was taken.
  var chosen = 0
  /// How many alternatives there are; 0 where threads are chosen between.
  var alternativeCount = 0
  /// Who made the step before, unless it lets others run; -1 for nobody.
  var previous = -1
  /// How often a thread was preempted until here.
  var preemptionCount = 0
}

/// Walks through all schedules that can matter: each run is the next one that was not seen.
///
/// Depth first, from what the run before did. Where two steps of different threads conflict and nothing
/// orders them, the other order is tried, from the place where the first was made; where no two steps
/// conflict, one order stands for all. A step that was tried at a place is not tried again after it
/// before somebody else makes a step that conflicts with it (it is *asleep*): a run in which only
/// such steps are left is given up.
///
/// With a bound of preemptions every order is tried, but others go on only before steps that touch what
/// threads share.
///
/// How often a thread looks again in vain is not gone through: code that counts its tries may end in
/// other ways.
///
/// Reference: Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic Partial Order Reduction", POPL 2014
/// (source sets); Flanagan, Godefroid, "Dynamic Partial-Order Reduction for Model Checking Software",
/// POPL 2005; Musuvathi, Qadeer, "Iterative Context Bounding", PLDI 2007.
public struct ExplorationTree: Scheduler {
  /// Whether runs that differ in the order of steps that do not conflict are taken for one.
  let isReduced: Bool
  /// How often threads may be preempted in a run; nil for no bound.
  let preemptionLimit: Int?

  private(set) var nodes: [ExplorationNode] = []
  /// How many choices were made in this run.
  private var depth = 0
  /// How many of them the run has in common with the one before.
  private var sharedDepth = 0
  /// Who is asleep at the next choice, if nothing is known of it.
  private var nextAsleep = ThreadSet()
  private var order = StepOrder()
  private var sharedWords = SharedWords()
  /// Whether the latest run was given up, since what is left of it was seen.
  @usableFromInline private(set) var wasPruned = false
  /// Whether a run did not do again what the run before it did.
  @usableFromInline private(set) var isNondeterministic = false
  /// Whether a run only repeats the one before.
  @usableFromInline var isRepeating = false

  @usableFromInline
  init(isReduced: Bool, preemptionLimit: Int?) {
    self.isReduced = isReduced
    self.preemptionLimit = preemptionLimit
  }

  /// Whether races say what is tried.
  private var followsRaces: Bool { isReduced && preemptionLimit == nil }

  /// Who goes on.
  public mutating func next(of runnable: Runnable, after current: Int?) -> Int? {
    if current == nil { begin() }
    if depth == nodes.count {
      if isRepeating, wasPruned { return nil }
      if !isRepeating, !push(runnable, current) {
        wasPruned = true
        return nil
      }
    }
    guard depth < nodes.count, nodes[depth].enabled == runnable.threads else {
      isNondeterministic = true
      return nil
    }
    let chosen = nodes[depth].chosen
    let operation = runnable.operation(of: chosen)
    if followsRaces {
      follow(operation, chosen, runnable)
    } else {
      sharedWords.note(operation, by: chosen)
    }
    depth += 1
    return chosen
  }

  /// Takes note of a step, of who stays asleep after it, and of what it could have come before.
  private mutating func follow(
    _ operation: PendingOperation,
    _ chosen: Int,
    _ runnable: Runnable
  ) {
    nextAsleep = ThreadSet()
    var candidates = nodes[depth].asleep
    candidates.bits |= nodes[depth].done.bits
    candidates.remove(chosen)
    for thread in candidates where !operation.conflicts(with: runnable.operation(of: thread)) {
      nextAsleep.insert(thread)
    }
    guard !isRepeating else { return }
    if depth + 1 >= sharedDepth {
      for race in order.races(operation, by: chosen) { want(race) }
    }
    order.make(operation, by: chosen, at: depth)
  }

  /// Which of the alternatives.
  public mutating func choose(below count: Int) -> Int {
    if depth == nodes.count, !isRepeating {
      var node = ExplorationNode()
      node.alternativeCount = count
      nodes.append(node)
    }
    guard depth < nodes.count, nodes[depth].alternativeCount == count else {
      isNondeterministic = true
      return 0
    }
    depth += 1
    return nodes[depth - 1].chosen
  }

  private mutating func begin() {
    depth = 0
    nextAsleep = ThreadSet()
    if !isRepeating { wasPruned = false }
    order.reset()
  }

  /// Adds a choice of which nothing is known; false where all that could be done was done elsewhere.
  private mutating func push(_ runnable: Runnable, _ current: Int?) -> Bool {
    var node = ExplorationNode()
    node.enabled = runnable.threads
    node.asleep = followsRaces ? nextAsleep : ThreadSet()
    if let current, runnable.operation(of: current).kind != .yield { node.previous = current }
    node.preemptionCount = preemptionCount(before: nodes.count)
    let free = ThreadSet(bits: node.enabled.bits & ~node.asleep.bits)
    guard !free.isEmpty else { return false }
    node.chosen = free.first
    if let current, free.contains(current) { node.chosen = current }
    if followsRaces || (isReduced && commutes(runnable, current)) {
      node.wanted.insert(node.chosen)
    } else {
      node.wanted = node.enabled
    }
    nodes.append(node)
    return true
  }

  /// Whether the current thread can go on, and nobody else minds when.
  private func commutes(_ runnable: Runnable, _ current: Int?) -> Bool {
    guard let current, runnable.threads.contains(current) else { return false }
    let operation = runnable.operation(of: current)
    return operation.kind != .yield && !sharedWords.contains(operation)
  }

  private func preemptionCount(before index: Int) -> Int {
    guard let last = nodes[..<index].lastIndex(where: { $0.alternativeCount == 0 }) else {
      return 0
    }
    return nodes[last].preemptionCount + (isPreemption(nodes[last], nodes[last].chosen) ? 1 : 0)
  }

  private func isPreemption(_ node: ExplorationNode, _ thread: Int) -> Bool {
    node.previous >= 0 && node.previous != thread && node.enabled.contains(node.previous)
  }

  private func isPermitted(_ thread: Int, at node: ExplorationNode) -> Bool {
    guard let preemptionLimit, isPreemption(node, thread) else { return true }
    return node.preemptionCount < preemptionLimit
  }

  /// Wants one tried of those with whom the other order of a race begins, unless one is or was.
  private mutating func want(_ race: StepOrder.Race) {
    let node = nodes[race.index]
    guard race.initials.bits & (node.wanted.bits | node.asleep.bits) == 0 else { return }
    let possible = ThreadSet(bits: race.initials.bits & node.enabled.bits)
    if possible.isEmpty {
      nodes[race.index].wanted = node.enabled
    } else {
      nodes[race.index].wanted.insert(possible.first)
    }
  }

  /// The run has ended with threads that could not go on: what they wait to do was not tried before.
  @usableFromInline
  mutating func noteStuck(_ operations: [(thread: Int, operation: PendingOperation)]) {
    guard followsRaces else { return }
    for (thread, operation) in operations {
      for race in order.races(operation, by: thread) { want(race) }
    }
  }

  /// Begins anew, where a word turned out to be shared that was not thought to be.
  /// - Returns: whether it does.
  @usableFromInline
  mutating func restart() -> Bool {
    guard isReduced, preemptionLimit != nil, sharedWords.hasGrown else { return false }
    sharedWords.hasGrown = false
    nodes.removeAll(keepingCapacity: true)
    sharedDepth = 0
    return true
  }

  /// Turns to the next run.
  /// - Returns: whether there is one.
  @usableFromInline
  mutating func advance() -> Bool {
    while var node = nodes.popLast() {
      if node.alternativeCount > 0 {
        node.chosen += 1
        guard node.chosen < node.alternativeCount else { continue }
        nodes.append(node)
        sharedDepth = nodes.count
        return true
      }
      node.done.insert(node.chosen)
      let left = ThreadSet(bits: node.wanted.bits & ~node.done.bits & ~node.asleep.bits)
      guard let next = left.first(where: { isPermitted($0, at: node) }) else { continue }
      node.chosen = next
      nodes.append(node)
      sharedDepth = nodes.count
      return true
    }
    return false
  }

  /// The latest run's schedule.
  @usableFromInline var schedule: Schedule {
    Schedule(
      steps: nodes.filter { $0.alternativeCount == 0 }.map { UInt8($0.chosen) },
      values: nodes.filter { $0.alternativeCount > 0 }.map { UInt8($0.chosen) }
    )
  }
}
