import Property
import Testing

@testable import Systems

/// A museum piece's place: its system, its name, the rules of which one has to convict it, and in how
/// many calls the shortest case shows it.
struct Exhibit: Sendable {
  let system: String
  let subject: String
  let rules: Set<String>
  let calls: Int

  init(_ system: String, _ subject: String, _ rules: Set<String>, _ calls: Int) {
    self.system = system
    self.subject = subject
    self.rules = rules
    self.calls = calls
  }
}
@EXHIBITS@
