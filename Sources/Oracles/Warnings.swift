public import Machines

/// Warnings: the walker does not report what its author thought impossible.
///
/// Does not establish: that the author's conditions are right.
enum Warnings {
  static func judge(_ site: Site, _ contract: CallContract, _ findings: inout Findings) {
    guard !contract.permitsWarnings else { return }
    // A context names the condition and the function; a line does not survive an edit.
    let detail = findings.context == nil ? "\(site)" : ""
    let condition = findings.context?.condition ?? ""
    findings.add(
      .unexpectedWarning,
      "the walker warned: \(site)\(condition.isEmpty ? "" : ", \(condition)")",
      detail: detail
    )
  }
}

extension Rule {
  /// The walker reached what its author thought impossible.
  public static let unexpectedWarning = Rule(
    "unexpected-warning",
    "the walker does not reach what its author thought impossible",
    oracle: "Warnings"
  )
}

extension Warnings {
  /// The rules that are judged here.
  static let rules: [Rule] = [.unexpectedWarning]
}
