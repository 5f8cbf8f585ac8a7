/// All that can be seen of one run of a case.
struct CaseRun<P: CaseProperty> {
  let outcome: Outcome
  let recording: Recording
  let statistics: P.Statistics

  /// Runs what `choices` are set to.
  init(_ property: inout P, _ choices: inout Choices) {
    var statistics = P.Statistics()
    outcome = property.run(&choices, into: &statistics)
    recording = choices.recording
    self.statistics = statistics
  }

  /// In what another run of the same case differs, in a line; nil where it does not.
  func difference(in replay: CaseRun) -> String? {
    if replay.recording != recording { return "the replay made other choices" }
    if replay.outcome != outcome {
      return "\(words(for: outcome)), and in the replay \(words(for: replay.outcome))"
    }
    return replay.statistics == statistics ? nil : "the replay counted otherwise"
  }
}

extension CaseProperty {
  /// Runs a case `count` times from its choices, or until two runs differ.
  ///
  /// - Returns: In what they do, in a line; nil where all came to the same.
  public mutating func difference(amongRunsOf values: [UInt64], count: Int) -> String? {
    var choices = Choices(replaying: values)
    let first = CaseRun(&self, &choices)
    for _ in 1..<max(count, 2) {
      choices.reset(replaying: values)
      if let difference = first.difference(in: CaseRun(&self, &choices)) { return difference }
    }
    return nil
  }
}

/// What a case came to, in words.
private func words(for outcome: Outcome) -> String {
  switch outcome {
  case .holds: "nothing was wrong"
  case .discarded: "it was no case"
  case .violated(let violation): violation.summary
  }
}
