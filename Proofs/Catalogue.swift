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
  public static var jobs: [ProofJob] { jobs(of: []) }

  /// The systems that there are theorems about.
  public static var systems: [String] { all.map(\.system) }

  /// The jobs that prove those about some systems; all of them for none.
  public static func jobs(of systems: [String]) -> [ProofJob] {
    all.filter { systems.isEmpty || systems.contains($0.system) }.flatMap { $0.jobs() }
  }

  /// A subject as the theorems know it, and the systems whose theorems are about it, none for all; nil
  /// for no such subject.
  ///
  /// The built-in walkers are those of every system; other subjects belong to the first system, of those
  /// named, that has one of that name.
  public static func subject(
    named name: String,
    among systems: [String]
  ) -> (subject: ProofSubject, systems: [String])? {
    if name == "built-in" { return (.builtIn, systems) }
    for theorems in all where systems.isEmpty || systems.contains(theorems.system) {
      if let subject = theorems.subject(name) { return (subject, [theorems.system]) }
    }
    return nil
  }
}
