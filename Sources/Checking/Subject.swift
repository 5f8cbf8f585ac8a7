public import Property

/// Says where in a walker's source the instructions at some offsets of its file are, as
/// `function, file:line`, or an empty text.
public typealias SourceLocator =
  @Sendable (_ file: String, _ offsets: [UInt64]) -> [String]

/// How a case is run again.
public enum ReplayForm: Sendable, Hashable {
  /// By the command line, with these options besides the token.
  case command(options: String)
  /// By a call in a test, of the type with this name.
  case call(type: String)

  /// What a person types to run the case with a token.
  public func text(token: String) -> String {
    switch self {
    case .command(let options): "walkproof replay \(token)\(options.isEmpty ? "" : " \(options)")"
    case .call(let type): "replay(\(type).self, \"\(token)\")"
    }
  }
}

/// Something that can be checked, by its name.
public struct Subject: Sendable {
  /// What a check of a subject is expected to find.
  public enum Role: String, Sendable, Hashable {
    /// One of ours, in which nothing may be found.
    case clean
    /// The document that the project was created from, with its faults.
    case seed
    /// A museum piece: one fault, which has to be found.
    case variant
    /// A museum piece that looks like a fault and is none.
    case control
    /// Somebody's own, in which nothing should be found.
    case external
  }

  /// The name, unique in its system.
  public let name: String
  /// What it is, in a sentence.
  public let summary: String
  /// What a check of it is expected to find.
  public let role: Role
  /// What it cannot be asked to do, and so what was not checked.
  public let notJudged: [String]
  /// Where it differs from others of its kind without being wrong, in sentences.
  public let dialect: [String]
  /// What was loaded, each with the name that it has for itself; empty for what is in this package.
  public let loaded: [String]
  /// Which of all that go by its name it is, a folder or a file; empty for what is in this package.
  public let origin: String
  /// What its cases are drawn from, where its name does not say it, in its system's words.
  public let setting: String
  /// Labels that its contract excludes, and so no check of it can reach.
  public let unreachable: Set<String>
  /// How one of its cases is run again.
  public let replay: ReplayForm
  /// Says where in a walker's source the instructions at these offsets of its file are, an empty
  /// text where that is not known; nil for walkers of this package.
  let locate: SourceLocator?
  /// What of it can be explored; nil where there are no threads.
  public internal(set) var exploration: SubjectExploration?
  /// The subject as one side of a comparison.
  let compared: any AnyComparedSubject
  /// Makes a worker's own check.
  ///
  /// Nil where it can make no case in the setting; its own for nil.
  let makeCheck: @Sendable (_ accepted: Set<String>, _ setting: String?) -> SubjectCheck?
  /// A subject whose cases are run in sessions of a type.
  ///
  /// Inlined, so that the case loop is specialised for the session.
  @inlinable @inline(__always)
  public init<S: ComparedSession>(
    _ name: String,
    _ role: Role,
    _ summary: String,
    checkedIn session: S.Type,
    _ variant: S.Variant,
    notJudged: [String] = [],
    unreachable: Set<String> = [],
    dialect: [String] = [],
    loaded: [String] = [],
    origin: String = "",
    replay: ReplayForm = .command(options: ""),
    locate: SourceLocator? = nil,
    limits: S.Plan.Limits
  ) {
    self.init(
      name: name,
      summary: summary,
      role: role,
      notJudged: notJudged,
      dialect: dialect,
      unreachable: unreachable,
      loaded: loaded,
      origin: origin,
      setting: role == .external ? limits.text : "",
      replay: replay,
      locate: locate,
      compared: ComparedSubject<S.Plan, S.Answer>(
        limits: limits,
        missing: S.missingOperations(of: variant),
        makeSide: { ComparedSide(S.self, variant) }
      ),
      makeCheck: { accepted, setting in
        guard let limits = limits.restricted(to: setting) else { return nil }
        var check = CaseCheck(S.self, variant, limits: limits, accepting: accepted)
        return SubjectCheck(suggestions: S.suggestions) { choices, statistics, narrator in
          check.run(&choices, into: &statistics, narrator: &narrator)
        }
      }
    )
  }

  @usableFromInline
  init(
    name: String,
    summary: String,
    role: Role,
    notJudged: [String],
    dialect: [String],
    unreachable: Set<String>,
    loaded: [String],
    origin: String,
    setting: String,
    replay: ReplayForm,
    locate: SourceLocator?,
    compared: any AnyComparedSubject,
    makeCheck: @escaping @Sendable (_ accepted: Set<String>, _ setting: String?) -> SubjectCheck?
  ) {
    self.name = name
    self.summary = summary
    self.role = role
    self.notJudged = notJudged
    self.dialect = dialect
    self.unreachable = unreachable
    self.loaded = loaded
    self.origin = origin
    self.setting = setting
    self.replay = replay
    self.locate = locate
    self.compared = compared
    self.makeCheck = makeCheck
  }

  /// Runs the case with these choices and writes it down; nil where it holds.
  ///
  /// Findings with accepted fingerprints are passed over.
  public func counterexample(
    replaying choices: [UInt64],
    accepting accepted: Set<String> = []
  ) -> Counterexample? {
    retell(choices, accepting: accepted)?.counterexample
  }

  /// Runs the case with these choices and writes it down, whether or not it holds.
  ///
  /// - Parameters:
  ///   - choices: The choices.
  ///   - accepted: Fingerprints of findings that are passed over.
  ///   - setting: What they were drawn from; the subject's own where that is empty.
  /// - Returns: The case; nil where the subject can make none in that setting.
  public func retell(
    _ choices: [UInt64],
    accepting accepted: Set<String> = [],
    in setting: String = ""
  ) -> RetoldCase? {
    guard let check = makeCheck(accepted, setting.isEmpty ? nil : setting) else { return nil }
    let narrator = check.explain(choices)
    return RetoldCase(
      meaning: narrator.meaning,
      calls: narrator.calls,
      counterexample: narrator.counterexample.map(located)
    )
  }

  /// With the places in its source.
  private func located(_ counterexample: Counterexample) -> Counterexample {
    var counterexample = counterexample
    if let file = counterexample.sourceFile, let locate {
      let places = locate(file, counterexample.history.map(\.site))
      for (step, place) in places.enumerated() where !place.isEmpty {
        counterexample.history[step].text += "  (\(place))"
      }
    }
    return counterexample
  }

  /// A campaign over the subject.
  public func campaign(
    _ plan: CampaignPlan,
    jobs: Int,
    accepting accepted: Set<String> = [],
    interrupt: InterruptFlag = InterruptFlag(),
    watch: CampaignWatch = CampaignWatch()
  ) -> Campaign<SubjectCheck> {
    Campaign(plan, jobs: jobs, interrupt: interrupt, watch: watch) { [makeCheck] in
      guard let check = makeCheck(accepted, nil) else {
        preconditionFailure("a subject makes no case in its own setting")
      }
      return check
    }
  }
}

/// The check of one subject, whatever its sessions' type.
///
/// A campaign calls it once a case through a closure that was made where the session's type is known,
/// so that everything inside a case is specialised.
public struct SubjectCheck: CaseProperty {
  @usableFromInline typealias Body =
    (inout Choices, inout CheckStatistics, inout CaseNarrator?) -> Finding?

  private let body: Body
  private let suggestions: (Recording) -> [[UInt64]]

  @usableFromInline
  init(suggestions: @escaping (Recording) -> [[UInt64]], body: @escaping Body) {
    self.suggestions = suggestions
    self.body = body
  }

  /// What the session's type suggests.
  public func suggestions(for recording: Recording) -> [[UInt64]] { suggestions(recording) }

  /// Runs one case.
  public mutating func run(
    _ choices: inout Choices,
    into statistics: inout CheckStatistics
  ) -> Outcome {
    var narrator: CaseNarrator?
    guard let finding = body(&choices, &statistics, &narrator) else { return .holds }
    return .violated(CaseViolation(fingerprint: finding.fingerprint, summary: finding.message))
  }

  /// Runs the case with these choices and writes it down.
  func explain(_ values: [UInt64]) -> CaseNarrator {
    var choices = Choices(replaying: values)
    var statistics = CheckStatistics()
    var narrator: CaseNarrator? = CaseNarrator()
    _ = body(&choices, &statistics, &narrator)
    return narrator ?? CaseNarrator()
  }
}
