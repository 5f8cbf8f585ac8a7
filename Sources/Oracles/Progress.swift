public import Machines

/// Progress: a call ends, and takes no more loads and stores than its range allows.
///
/// The bound is the contract's. Does not establish: anything about time.
@usableFromInline
struct Progress: Sendable {
  /// How many loads and stores the call has taken.
  @usableFromInline var steps = 0

  func judgeReturn(limit: Int, _ findings: inout Findings) {
    guard steps > limit else { return }
    findings.add(
      .tooManySteps,
      "the call took \(steps) loads and stores, where \(limit) are enough"
    )
  }

  static func judgeLoss(_ site: Site, _ findings: inout Findings) {
    findings.add(.lost, "there is no going on after the call: \(site)", detail: site.description)
  }

  static func judgeRunaway(_ findings: inout Findings) {
    findings.add(.runaway, "the call was cut off: it takes loads and stores without end")
  }
}

extension Rule {
  /// A call took more loads and stores than its range allows.
  public static let tooManySteps = Rule(
    "too-many-steps",
    "a call takes no more loads and stores than its range allows",
    oracle: "Progress"
  )

  /// A call did not end by itself.
  public static let runaway = Rule(
    "runaway",
    "a call ends",
    oracle: "Progress"
  )

  /// A call did not come back: its walker is gone.
  public static let lost = Rule(
    "lost",
    "a call comes back to its caller",
    oracle: "Progress"
  )
}

extension Progress {
  /// The rules that are judged here.
  static let rules: [Rule] = [.tooManySteps, .runaway, .lost]
}
