/// The state of one search, on which the passes work: each pass is an extension in a file.
struct ShrinkSearch<Target: ShrinkTarget> {
  var target: Target
  /// The simplest failing case so far.
  var current: Recording
  /// How often `current` was replaced; tells a pass, or a round of them, whether it did anything.
  var improvements = 0
  var runs = 0
  /// What the latest run consumed, whether or not it failed.
  var choices: Choices
  private let budget: Int
  /// Digests of all candidates tried.
  ///
  /// A case that did not fail never will, and one that was not simpler than an earlier `current` is
  /// not simpler than a later one: none is worth a second run.
  private var tried: Set<UInt64> = []

  init(_ values: [UInt64], target: Target, shrinker: Shrinker) {
    self.target = target
    budget = shrinker.budget
    choices = Choices(replaying: values, limit: shrinker.choiceLimit)
    current = choices.recording
  }

  var canContinue: Bool { runs < budget && !target.isCancelled }

  /// Runs the case as given; the choices that it never looked at are dropped here.
  mutating func reproduces() -> Bool {
    runs += 1
    guard target.stillFails(&choices) else { return false }
    current = choices.recording
    _ = tried.insert(digest(of: current.values))
    return true
  }

  /// Cheap passes until they find nothing, then dear ones, and again until nothing at all is found.
  ///
  /// No pass loops until it finds nothing more by itself: another pass may have made the case so
  /// much smaller by then that the work would have been wasted.
  mutating func reachFixpoint() -> ShrinkEnding {
    var before: Int
    repeat {
      before = improvements
      runCheapPasses()
      hoistSpans()
      sortSiblings()
      deletePairsOfSpans()
      lowerDuplicates()
      lowerTogether()
      redistribute()
      deleteWhileDecrementing()
      trySuggestions()
    } while improvements > before && canContinue
    if target.isCancelled { return .cancelled }
    return runs < budget ? .minimal : .outOfBudget
  }

  private mutating func runCheapPasses() {
    var before: Int
    repeat {
      before = improvements
      deleteRunsOfSiblings()
      deleteSpans()
      zeroSpans()
      lowerValues()
      deleteWindows()
    } while improvements > before && canContinue
  }

  /// Runs a candidate; takes it if it fails still and is simpler.
  @discardableResult
  mutating func attempt(_ candidate: [UInt64]) -> Bool {
    guard canContinue, tried.insert(digest(of: candidate)).inserted else { return false }
    runs += 1
    choices.reset(replaying: candidate)
    guard target.stillFails(&choices), choices.isSimpler(than: current) else { return false }
    current = choices.recording
    improvements += 1
    return true
  }

  /// What a domain knows and the other passes cannot.
  private mutating func trySuggestions() {
    for candidate in target.suggestions(for: current) { attempt(candidate) }
  }

  /// A digest that is the same in every process, as `Hasher` is not.
  private func digest(of values: [UInt64]) -> UInt64 {
    var digest = UInt64(values.count)
    for value in values { digest = CaseRandom.mixed(digest &* 3 ^ value) }
    return digest
  }
}

extension Choices {
  /// Whether they are simpler than those of a recording.
  func isSimpler(than other: Recording) -> Bool {
    recorded.lazy.map(\.value).isSimpler(
      than: other.choices.lazy.map(\.value),
      surcharge: surcharge,
      otherSurcharge: other.surcharge
    )
  }
}
