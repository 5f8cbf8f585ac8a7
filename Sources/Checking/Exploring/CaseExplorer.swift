public import Machines
public import Schedules

/// Goes through the schedules of a system's programs, and runs one of them again.
///
/// Inlined where the type is known, so that everything inside a run is specialised.
@usableFromInline
struct CaseExplorer<E: Explorable> {
  /// What tells runs apart of which one is kept.
  @usableFromInline
  struct End: Hashable {
    @usableFromInline let fingerprints: [String]

    @usableFromInline
    init(fingerprints: [String]) { self.fingerprints = fingerprints }
  }

  /// How many runs may be spent on finding fewer preemptions for what was found.
  @usableFromInline static var shrinkLimit: Int { 20_000 }

  @usableFromInline let variant: E.Variant

  @inlinable
  init(_ variant: E.Variant) { self.variant = variant }

  /// The operations of each thread.
  @inlinable
  func operations(_ program: ExploredProgram) -> [[E.Operation]] {
    program.threads.map { $0.map { E.calls[E.calls.startIndex + $0].value } }
  }

  /// What is done before.
  @inlinable
  func earlier(_ program: ExploredProgram) -> [E.Operation] {
    E.states[E.states.startIndex + program.state].value
  }

  /// Goes through the schedules of a program, and then looks for fewest preemptions of what was found.
  @inlinable
  func explore(
    _ program: ExploredProgram,
    _ limits: ExplorationLimits,
    shouldStop: () -> Bool
  ) -> ProgramExploration {
    var ends: Set<UInt64> = []
    let exploration = explore(
      operations(program),
      after: earlier(program),
      limits,
      shouldStop: shouldStop,
      ends: &ends
    )
    var violations = violations(exploration, program, limits)
    if !violations.isEmpty {
      shorten(&violations, program, limits, shouldStop: shouldStop)
    }
    return ProgramExploration(
      program: program,
      exploration,
      endStateCount: ends.count,
      violations: violations
    )
  }

  /// Goes through the schedules of threads after what is done before, and notes which ends differ.
  @inlinable
  func explore(
    _ threads: [[E.Operation]],
    after earlier: [E.Operation],
    _ limits: ExplorationLimits,
    shouldStop: () -> Bool,
    ends: inout Set<UInt64>
  ) -> Exploration<End> {
    var explorer = Explorer()
    explorer.preemptionLimit = limits.preemptionLimit
    explorer.runLimit = limits.runLimit
    explorer.settings = E.settings
    explorer.settings.threadLimit = threads.count
    explorer.settings.isWeak = limits.isWeak
    let system = E(variant)
    let body: (inout Explorer.World<E.Judges>.Machine) -> Void = { system.perform(on: &$0) }
    let bodies = Array(repeating: body, count: threads.count)
    return explorer.explore(
      listener: E.judges,
      begin: { world in
        world.withListener { E.reset(&$0.listener) }
        system.begin(threads, after: earlier, on: world.alone)
        return bodies
      },
      end: { world, result in
        var digest = world.memoryDigest
        for result in system.results {
          digest = digest &* 0x100_0000_01b3 ^ UInt64(result.map { Int($0.rawValue) + 2 } ?? 1)
        }
        if result.ending == .finished { system.audit(on: world.alone) }
        var end = End(fingerprints: [])
        if world.withListener({ system.hasFindings($0.listener) }) {
          let findings = world.withListener { system.findings($0.listener) }
          end = End(fingerprints: CaseExplorer.combined(findings).map(\.fingerprint))
          for fingerprint in end.fingerprints {
            for byte in fingerprint.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
          }
        }
        ends.insert(digest)
        return end
      },
      shouldStop: shouldStop
    )
  }

  /// What is wrong in a run: what explains the others first.
  @usableFromInline
  static func combined(_ findings: [Finding]) -> [Finding] {
    guard let first = Finding.combined(findings, rank: E.explanatoryRank) else { return [] }
    return [first] + first.others
  }

  /// What was found, each fault once: its first witness.
  @usableFromInline
  func violations(
    _ exploration: Exploration<End>,
    _ program: ExploredProgram,
    _ limits: ExplorationLimits
  ) -> [ProgramExploration.Violation] {
    var found: [String: ProgramExploration.Violation] = [:]
    for (end, witness) in exploration.outcomes {
      guard let fingerprint = end.fingerprints.first else { continue }
      let count = witness.count + (found[fingerprint]?.runCount ?? 0)
      var shortest = witness.schedule
      if let other = found[fingerprint]?.shortest.schedule, other.precedes(shortest) {
        shortest = other
      }
      found[fingerprint] = ProgramExploration.Violation(
        fingerprint: fingerprint,
        runCount: count,
        shortest: ExploredCase(program, isWeak: limits.isWeak, schedule: shortest)
      )
    }
    return found.values.sorted { $0.fingerprint < $1.fingerprint }
  }

  /// Looks for what was found with ever more preemptions, beginning with none.
  @inlinable
  func shorten(
    _ violations: inout [ProgramExploration.Violation],
    _ program: ExploredProgram,
    _ limits: ExplorationLimits,
    shouldStop: () -> Bool
  ) {
    var left = Set(violations.map(\.fingerprint))
    var bounded = limits
    bounded.runLimit = CaseExplorer.shrinkLimit
    for count in 0..<(limits.preemptionLimit ?? 6) where !left.isEmpty {
      bounded.preemptionLimit = count
      var ends: Set<UInt64> = []
      let exploration = explore(
        operations(program),
        after: earlier(program),
        bounded,
        shouldStop: shouldStop,
        ends: &ends
      )
      for violation in self.violations(exploration, program, limits) {
        guard left.remove(violation.fingerprint) != nil,
          let index = violations.firstIndex(where: { $0.fingerprint == violation.fingerprint })
        else { continue }
        violations[index].shortest = violation.shortest
      }
      guard exploration.isExhausted else { return }
    }
  }
}

extension Schedule {
  /// Whether it has fewer switches; an order of all schedules, so that none is chosen by chance.
  func precedes(_ other: Schedule) -> Bool {
    if switchCount != other.switchCount { return switchCount < other.switchCount }
    if steps != other.steps { return steps.lexicographicallyPrecedes(other.steps) }
    return values.lexicographicallyPrecedes(other.values)
  }
}
