public import Machines

/// Sections of readers: they are left as often as they are entered, and before the thread ends.
///
/// Does not establish: that what is read in them is read safely; lifetimes do.
struct SectionBalance: Sendable {
  private struct Open: Sendable {
    var domain: UInt64
    var thread: Int
  }

  private var open: [Open] = []

  mutating func reset() { open.removeAll(keepingCapacity: true) }

  mutating func enter(_ domain: SectionDomain, _ thread: Int) {
    open.append(Open(domain: domain.address, thread: thread))
  }

  mutating func leave(_ domain: SectionDomain, _ thread: Int, _ findings: inout Findings) -> Bool {
    let index = open.lastIndex { $0.domain == domain.address && $0.thread == thread }
    guard let index else {
      findings.add(
        .unbalancedReadSection,
        "thread \(thread) leaves a section that it is not in",
        detail: "left"
      )
      return false
    }
    open.remove(at: index)
    return true
  }

  func judgeEnd(_ thread: Int, _ findings: inout Findings) {
    let count = open.filter { $0.thread == thread }.count
    guard count > 0 else { return }
    findings.add(
      .unbalancedReadSection,
      "thread \(thread) ends in \(count) section\(count == 1 ? "" : "s") of readers",
      detail: "kept"
    )
  }
}

extension ThreadJudges {
  mutating func observeSection(_ event: RecordEvent, _ thread: Int) {
    switch event {
    case .enterSection(let domain):
      sections.enter(domain, thread)
      if domain == .rcu { sleeping.changeRCU(by: 1, thread) }
      // A grace period that began before is over for who enters after.
      order.take(shadows.words[shadows.index(domain.address)].handed, thread)
    case .leaveSection(let domain):
      guard sections.leave(domain, thread, &findings) else { return }
      if domain == .rcu { sleeping.changeRCU(by: -1, thread) }
      let index = shadows.index(domain.address)
      shadows.words[index].handedShared.join(order.give(thread))
    case .beginGracePeriod(let domain):
      sleeping.judge("waits for a grace period", thread, &findings)
      shadows.words[shadows.index(domain.address)].handed.join(order.give(thread))
    case .endGracePeriod(let domain):
      order.take(shadows.words[shadows.index(domain.address)].handedShared, thread)
    default: break
    }
  }
}

extension Rule {
  /// A section of readers is left that was not entered, or the other way about.
  public static let unbalancedReadSection = Rule(
    "unbalanced-read-section",
    "a section of readers is left as often as it is entered, and before its thread ends",
    oracle: "SectionBalance"
  )
}

extension SectionBalance {
  /// The rules that are judged here.
  static let rules: [Rule] = [.unbalancedReadSection]
}
