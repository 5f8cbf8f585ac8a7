/// Every theorem there is.
public enum Catalogue {
  /// The theorems of each system: one line each.
  static let all: [SystemTheorems] = [
    .arm64Stage2,
    .arm64Hyp,
    .armUnmap,
    .powerRadix,
    .pfnCache,
    .sharedBuffer,
  ]

  /// The jobs that prove them all, in a fixed order.
  public static var jobs: [ProofJob] { jobs(of: nil) }

  /// The systems that there are theorems about.
  public static var systems: [String] { all.map(\.system) }

  /// The jobs that prove those about a system; nil for all of them.
  public static func jobs(of system: String?) -> [ProofJob] {
    all.filter { system == nil || $0.system == system }.flatMap { $0.jobs() }
  }

  /// A subject as the theorems know it, and the system whose theorems are about it; nil for no such
  /// subject.
  ///
  /// The built-in walkers are those of every system; other subjects belong to the first system that has
  /// one of that name.
  public static func subject(
    named name: String,
    system: String?
  ) -> (subject: ProofSubject, system: String?)? {
    if name == "built-in" { return (.builtIn, system) }
    for theorems in all where system == nil || theorems.system == system {
      if let subject = theorems.subject(name) { return (subject, theorems.system) }
    }
    return nil
  }
}
