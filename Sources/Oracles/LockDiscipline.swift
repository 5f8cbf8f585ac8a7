import Architecture
public import Machines

/// Lock discipline: sections in which tables are kept for other walks are balanced, and a call beside
/// which such walks may run writes tables inside one only and frees none of them at once.
///
/// A table that is taken out of the tree may still be read by a walk that came to it before; it is
/// freed when every section that was entered before is left. The rule is the API's.
///
/// Does not establish: that loads are made inside a section; what two walks do to each other.
struct LockDiscipline {
  /// How many sections are entered and not left.
  private(set) var depth = 0

  /// A section was entered or left.
  mutating func note(isEntered: Bool, _ findings: inout Findings) {
    if !isEntered, depth == 0 {
      findings.add(.unbalancedSection, "a section was left that was not entered", detail: "left")
      return
    }
    depth += isEntered ? 1 : -1
  }

  /// Others were let run.
  func judgeYield(_ contract: CallContract, _ findings: inout Findings) {
    guard !contract.permitsYield else { return }
    findings.add(.yieldNotPermitted, "others were let run by a call whose caller cannot wait")
  }

  /// A store by a call that shares the tables.
  func judgeStore(_ address: UInt64, _ page: PageShadow, _ findings: inout Findings) {
    guard depth == 0 else { return }
    findings.add(
      .storeOutsideSection,
      "an entry was written outside any section, while other walks may run",
      at: page.place(address)
    )
  }

  /// A table page was freed by a call that shares the tables; one that no walk ever reached may be.
  func judgeFree(_ page: PageShadow, _ address: UInt64, _ findings: inout Findings) {
    guard page.wasLinked else { return }
    findings.add(
      .freedWhileShared,
      "a table that another walk may be reading was freed at once",
      at: page.place(address)
    )
  }

  /// The call has returned.
  mutating func judgeReturn(_ findings: inout Findings) {
    guard depth > 0 else { return }
    findings.add(
      .unbalancedSection,
      "\(depth) section\(depth == 1 ? " was" : "s were") entered and not left",
      detail: "kept"
    )
    depth = 0
  }
}

extension Rule {
  /// A section was left that was not entered, or the other way about.
  public static let unbalancedSection = Rule(
    "unbalanced-section",
    "a section in which tables are kept for other walks is left as often as it is entered, and"
      + " before the call returns",
    oracle: "LockDiscipline"
  )

  /// An entry was written in no section, where other walks may run.
  public static let storeOutsideSection = Rule(
    "store-outside-section",
    "a call beside which other walks may run writes tables only inside a section that keeps them",
    oracle: "LockDiscipline"
  )

  /// A table was freed at once, where other walks may be reading it.
  public static let freedWhileShared = Rule(
    "freed-while-shared",
    "a call beside which other walks may run frees no table that they may be reading",
    oracle: "LockDiscipline"
  )

  /// Others were let run by a call that may not.
  public static let yieldNotPermitted = Rule(
    "yield-not-permitted",
    "a call lets others run only where its caller can wait",
    oracle: "LockDiscipline"
  )
}

extension LockDiscipline {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .unbalancedSection, .storeOutsideSection, .freedWhileShared, .yieldNotPermitted,
  ]
}
