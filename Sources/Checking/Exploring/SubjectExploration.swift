public import Property

/// What of a subject can be explored, whatever its system.
public struct SubjectExploration: Sendable {
  /// Something done, or several things, by the name that a person calls it.
  public struct Named: Sendable, Hashable {
    /// The name.
    public let name: String
    /// What is done; nothing for the state that there is at the beginning.
    public let operations: [String]
  }

  /// What a thread may be given.
  public let calls: [Named]
  /// What threads may begin with.
  public let states: [Named]
  private let refusalOf: @Sendable (ExploredProgram) -> String?
  private let exploreBody:
    @Sendable (ExploredProgram, ExplorationLimits, () -> Bool) -> ProgramExploration
  private let tellBody: @Sendable (ExploredCase) -> RetoldCase

  /// The exploration of a variant.
  @inlinable @inline(__always)
  public init<E: Explorable>(_ system: E.Type, _ variant: E.Variant) {
    self.init(
      calls: E.calls.map { Named($0.key, [$0.value.description]) },
      states: E.states.map { Named($0.key, $0.value.map(\.description)) },
      refusal: { program in
        let explorer = CaseExplorer<E>(variant)
        return E.refusal(of: explorer.operations(program), after: explorer.earlier(program))
      },
      explore: { CaseExplorer<E>(variant).explore($0, $1, shouldStop: $2) },
      tell: { CaseExplorer<E>(variant).tell($0) }
    )
  }

  @usableFromInline
  init(
    calls: [Named],
    states: [Named],
    refusal: @escaping @Sendable (ExploredProgram) -> String?,
    explore:
      @escaping @Sendable (
        ExploredProgram, ExplorationLimits, () -> Bool
      ) -> ProgramExploration,
    tell: @escaping @Sendable (ExploredCase) -> RetoldCase
  ) {
    self.calls = calls
    self.states = states
    refusalOf = refusal
    exploreBody = explore
    tellBody = tell
  }

  /// Why threads cannot do this at once; nil where they can.
  public func refusal(of program: ExploredProgram) -> String? { refusalOf(program) }

  /// Goes through the schedules of a program.
  public func explore(
    _ program: ExploredProgram,
    _ limits: ExplorationLimits = ExplorationLimits(),
    shouldStop: () -> Bool = { false }
  ) -> ProgramExploration {
    exploreBody(program, limits, shouldStop)
  }

  /// Whether the system has the state and the calls of a program, and permits it.
  public func has(_ program: ExploredProgram) -> Bool {
    states.indices.contains(program.state)
      && program.threads.allSatisfy { $0.allSatisfy(calls.indices.contains) }
      && refusal(of: program) == nil
  }

  /// Runs a case and writes it down; nil where it holds.
  public func counterexample(_ explored: ExploredCase) -> Counterexample? {
    retell(explored)?.counterexample
  }

  /// Runs a case and writes it down, whether or not it holds; nil where the system has no such calls.
  public func retell(_ explored: ExploredCase) -> RetoldCase? {
    has(explored.program) ? tellBody(explored) : nil
  }
}

extension SubjectExploration.Named {
  @usableFromInline
  init(_ name: String, _ operations: [String]) {
    self.name = name
    self.operations = operations
  }
}

extension Subject {
  /// Runs the case of a token and writes it down, whether it was drawn or explored, and whether or not it
  /// holds.
  ///
  /// Findings with accepted fingerprints are passed over in what was drawn; an exploration accepts none.
  ///
  /// - Returns: The case; nil where the subject can make none of the token's setting or calls.
  public func retell(
    _ token: ReplayToken,
    accepting accepted: Set<String> = []
  ) -> RetoldCase? {
    guard token.kind == .explored else {
      return retell(token.choices, accepting: accepted, in: token.setting)
    }
    return ExploredCase(choices: token.choices).flatMap { exploration?.retell($0) }
  }

  /// The subject, which can be explored besides.
  @inlinable @inline(__always)
  public func explored<E: Explorable>(_ system: E.Type, _ variant: E.Variant) -> Subject {
    exploring(SubjectExploration(system, variant))
  }

  @usableFromInline
  func exploring(_ exploration: SubjectExploration) -> Subject {
    var subject = self
    subject.exploration = exploration
    return subject
  }
}
