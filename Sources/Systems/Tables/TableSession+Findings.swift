import Architecture
import Checking
import Machines
import Oracles
import Reference

extension TableSession {
  /// All that the last call broke, of which `first` was noticed first.
  ///
  /// Where the walker did not come back nothing else is news. Where a result is not the model's the
  /// entries are not compared: the model did something else. Once the case has ended there is no table
  /// whose entries could be compared.
  func findings(_ first: Finding, hasEnded: Bool) -> [Finding] {
    if let loss = machine.loss { return [loss] }
    var findings = machine.judges.violations.map { Finding($0) }
    let isOfJudges = findings.contains { $0.fingerprint == first.fingerprint }
    if !isOfJudges { findings.append(qualified(first)) }
    if !hasEnded, isOfJudges || first.rule == .wrongEntry {
      findings += differences().map(qualified)
    }
    return findings
  }

  /// Whether the last call returned what is accepted and did no more than the model.
  func goesOn(after accepted: Finding) -> Bool {
    machine.judges.violationCount == 0 && accepted.rule == .wrongResult && differences().isEmpty
  }

  /// With the end of its fingerprint, where the walker's calls and functions are known.
  private func qualified(_ finding: Finding) -> Finding {
    var finding = finding
    let log = machine.base.listener.log
    finding.fingerprint +=
      finding.rule == .wrongEntry
      ? log.qualifyEntry(
        at: finding.entryAddress,
        inputAddress: finding.inputAddress,
        level: finding.level.map { LookupLevel($0) }
      ) : log.qualifyResult(replaced: replacedLeaf)
    return finding
  }

  /// The first valid leaf that the last call did away with, and did not merely change.
  private var replacedLeaf: (kind: EntryKind, inputAddress: UInt64)? {
    for number in 0..<machine.judges.touchedCount {
      let entry = machine.judges.touched(at: number)
      let kind = comparison.regime.kind(of: entry.before, at: entry.level)
      let now = comparison.memory.descriptor(at: entry.entryAddress) ?? 0
      let isGone = !comparison.regime.kind(of: now, at: entry.level).isValid
      guard
        kind.isLeaf,
        isGone || comparison.regime.demandsBreak(from: entry.before, to: now, at: entry.level)
      else { continue }
      return (kind, entry.inputAddress)
    }
    return nil
  }

  /// Every kind of difference between the entries that either side changed in the last call.
  private func differences() -> [Finding] {
    let touched = (0..<machine.judges.touchedCount).map { machine.judges.touched(at: $0) }
    let places =
      tables.changes
      + touched.map { EntryLocation(level: $0.level, address: $0.inputAddress) }
    var seen: Set<EntryLocation> = []
    return places.filter { seen.insert($0).inserted }.compactMap {
      comparison.compare($0, with: tables)
    }
  }
}
