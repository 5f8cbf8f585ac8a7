import Machines

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
    findings.add(.lost, "the call never came back: \(site)", detail: site.description)
  }

  static func judgeRunaway(_ findings: inout Findings) {
    findings.add(.runaway, "the call was cut off: it takes loads and stores without end")
  }
}
