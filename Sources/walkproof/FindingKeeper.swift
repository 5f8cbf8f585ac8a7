import Checking
import Machines
import Property
import Reports
import Synchronization
import Systems

/// Puts what is found into the corpus the moment it is found, as it is; and once more when it is shrunk.
final class FindingKeeper: Sendable {
  private struct State {
    /// The fingerprints that are on the disk.
    var kept: Set<String>
    var complaint: Complaint?
  }

  private let folder: Corpus?
  private let system: String
  private let subject: Subject
  private let seed: Seed
  private let state: Mutex<State>

  /// Keeps findings of a subject in a folder, in none for nil; `known` are on the disk, and were just
  /// found again.
  init(
    _ folder: Corpus?,
    _ system: System,
    _ subject: Subject,
    seed: Seed,
    known: Set<String> = []
  ) {
    self.folder = folder
    self.system = system.name
    self.subject = subject
    self.seed = seed
    state = Mutex(State(kept: known))
  }

  /// Why something could not be kept; nil where everything could.
  var complaint: Complaint? { state.withLock { $0.complaint } }

  /// Keeps a failure; of those with one fingerprint the first, until one is shrunk.
  func keep(_ failure: Failure) {
    let fingerprint = failure.violation.fingerprint
    state.withLock { state in
      guard failure.shrunk != nil || !state.kept.contains(fingerprint) else { return }
      state.kept.insert(fingerprint)
      keep(
        fingerprint,
        choices: failure.simplest,
        setting: subject.setting,
        firstCase: failure.caseIndex,
        complaint: &state.complaint
      )
    }
  }

  /// Keeps a case of somebody's own that did not do the same twice, the first; of ours that is no finding.
  func keep(_ unsteady: Nondeterminism) {
    guard subject.role == .external else { return }
    state.withLock { state in
      guard state.kept.insert(Rule.unsteady.name).inserted else { return }
      keep(
        Rule.unsteady.name,
        choices: unsteady.choices,
        kind: .unsteady,
        setting: subject.setting,
        firstCase: unsteady.caseIndex,
        complaint: &state.complaint
      )
    }
  }

  /// Keeps what an exploration found, the first of each fault.
  func keep(_ fingerprint: String, _ token: ReplayToken) {
    state.withLock { state in
      guard state.kept.insert(fingerprint).inserted else { return }
      keep(
        fingerprint,
        choices: token.choices,
        kind: token.kind,
        setting: token.setting,
        firstCase: 0,
        complaint: &state.complaint
      )
    }
  }

  /// Keeps what is in a report.
  func keep(_ violations: [ViolationReport]) {
    for violation in violations {
      guard let token = try? ReplayToken(parsing: violation.token),
        let firstCase = violation.firstCase ?? (token.kind == .explored ? 0 : nil)
      else { continue }
      let meaning = subject.retell(token)?.meaning ?? []
      state.withLock { state in
        keep(
          violation.fingerprint,
          choices: token.choices,
          kind: token.kind,
          setting: token.setting,
          meaning: meaning,
          firstCase: firstCase,
          complaint: &state.complaint
        )
      }
    }
  }

  private func keep(
    _ fingerprint: String,
    choices: [UInt64],
    kind: ReplayToken.Kind = .drawn,
    setting: String,
    meaning: [String] = [],
    firstCase: UInt64,
    complaint: inout Complaint?
  ) {
    guard let folder else { return }
    do throws(Complaint) {
      try folder.add(
        CorpusEntry(
          system: system,
          subject: subject.name,
          seed: seed,
          caseIndex: firstCase,
          choices: choices,
          kind: kind,
          fingerprint: fingerprint,
          setting: setting,
          origin: subject.origin,
          meaning: meaning
        )
      )
    } catch {
      complaint = complaint ?? error
    }
  }
}
