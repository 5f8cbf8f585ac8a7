import Architecture
import Machines
import Oracles
import Property

/// The property that a page-table library is checked for: whatever the calls, results and tables are
/// those of the model, and every judge is content with every event.
struct TableCheck<S: TableSession> {
  let library: S.Library
  /// Whether the library keeps a count for each table page.
  let countsPages: Bool
  private let limits: GeneratorLimits
  /// Fingerprints of findings that are known and accepted.
  private let accepted: Set<String>
  /// Machines by what they were made for; a worker's own.
  private var machines = MachinePool()

  init(
    _ library: S.Library,
    countsPages: Bool,
    limits: GeneratorLimits,
    accepting accepted: Set<String>
  ) {
    self.limits = limits
    self.accepted = accepted
    self.library = library
    self.countsPages = countsPages
  }

  /// Runs one case, and tells `narrator` of it.
  mutating func runCase<N: CaseNarrator>(
    _ choices: inout Choices,
    into statistics: inout CheckStatistics,
    narrator: inout N
  ) -> Finding? {
    var generator = S.Generator(&choices, within: limits)
    let regime = generator.regime
    var machine = machines.take(regime, countsPages: countsPages, recording: N.records)
    machine.judges.acceptedFingerprints = accepted
    narrator.begin(generator.configurationText)
    guard
      var session = S(machine, generator.configuration, regime: regime, library: library)
    else {
      let finding = Finding.noTable
      let machine = MachinePool.make(regime, countsPages: countsPages)
      narrator.end(finding, machine) { _ in CaseViews(hardware: "", model: "", entryAddress: nil) }
      return finding
    }
    // A library of somebody else's may fail before its first call.
    var finding = session.machine.firstFinding
    var operations = ElementLoop(1...96, averaging: 32)
    while finding == nil, operations.next(&choices) {
      let operation = generator.operation(&choices)
      let audits = choices.flip(oneIn: 64)
      if limits.hasSharedWalks {
        session.machine.base.listener.raceCount = 0
        session.machine.base.listener.raceAt =
          choices.flip(oneIn: 8) ? 1 + Int(choices.draw(through: 3)) : 0
      }
      finding = session.perform(operation, into: &statistics)
      let isRaced = session.machine.base.listener.raceCount > 0
      if isRaced {
        narrator.call("\(operation), after another CPU", session.machine)
      } else {
        narrator.call(operation, session.machine)
      }
      if let first = finding, session.isPassedOver(first, accepting: accepted) {
        statistics.count(accepted: [session.findings(first)[0].fingerprint: 1])
        finding = nil
      }
      if finding == nil, audits {
        statistics.countAudit()
        finding = session.audit()
      }
    }
    var isDestroyed = false
    if finding == nil {
      statistics.countAudit()
      finding = session.audit()
      if finding == nil {
        finding = session.destroy()
        isDestroyed = true
        narrator.call("destroy()", session.machine)
      }
    }
    if let first = finding {
      // After what is accepted the case ends: its model no longer applies.
      let all = session.findings(first, comparesEntries: !isDestroyed)
      let isKnown = all.map { accepted.contains($0.fingerprint) }
      for (finding, isKnown) in zip(all, isKnown) where isKnown {
        statistics.count(accepted: [finding.fingerprint: 1])
      }
      finding = .combined(zip(all, isKnown).filter { !$0.1 }.map(\.0))
    }
    statistics.count(accepted: session.machine.judges.takeAcceptedCounts())
    narrator.end(finding, session.machine) { session.comparison.views(of: $0, session.tables) }
    statistics.count(
      events: session.machine.judges.eventCount,
      transitions: session.machine.judges.takeTransitions()
    )
    machines.put(session.machine, for: regime)
    return finding
  }
}

/// Machines that cases reuse, by the regime that their judges read descriptors by.
struct MachinePool {
  private var machines: [TranslationRegime: CheckMachine] = [:]

  /// A machine as new.
  mutating func take(
    _ regime: TranslationRegime,
    countsPages: Bool,
    recording: Bool
  ) -> CheckMachine {
    var machine =
      machines.removeValue(forKey: regime) ?? MachinePool.make(regime, countsPages: countsPages)
    machine.reset()
    machine.base.listener.isRecording = recording
    machine.base.listener.forget()
    return machine
  }

  /// Gives a machine back.
  mutating func put(_ machine: consuming CheckMachine, for regime: TranslationRegime) {
    machines[regime] = machine
  }

  /// A new machine.
  static func make(_ regime: TranslationRegime, countsPages: Bool) -> CheckMachine {
    // Where output addresses have 52 bits the tables lie above 2^48, so that a lost bit shows.
    let base: UInt64 = regime.outputAddressBits == 52 ? 0xa << 48 | 1 << 32 : 1 << 36
    let memory = PhysicalMemory(granule: regime.granule, base: base, capacity: 1536)
    return CheckMachine(
      judges: Judges(regime: regime, memory: memory, countsPages: countsPages),
      memory: memory
    )
  }
}

extension Subject {
  /// The subject that is this library.
  ///
  /// Inlined, so that the check is specialised for its session.
  @inline(__always)
  init<S: TableSession & UsableOnThreads>(
    _ name: String,
    _ role: Role,
    _ summary: String,
    checkedIn session: S.Type,
    _ library: S.Library,
    countsPages: Bool = true,
    notJudged: [String] = [],
    unreachable: Set<System.Transition> = [],
    dialect: [String] = [],
    replay: ReplayForm = .command(options: ""),
    locate: SourceLocator? = nil,
    limits: GeneratorLimits = GeneratorLimits()
  ) {
    self.init(
      name: name,
      summary: summary,
      role: role,
      notJudged: notJudged,
      dialect: dialect,
      unreachable: unreachable,
      replay: replay,
      locate: locate,
      limits: limits,
      driver: library.driver,
      makeCheck: { accepted in
        var check = TableCheck<S>(
          library,
          countsPages: countsPages,
          limits: limits,
          accepting: accepted
        )
        return SubjectCheck { choices, statistics in
          var narrator = SilentNarrator()
          return check.runCase(&choices, into: &statistics, narrator: &narrator)
        }
      },
      explain: { values, accepted in
        var check = TableCheck<S>(
          library,
          countsPages: countsPages,
          limits: limits,
          accepting: accepted
        )
        var choices = Choices(replaying: values)
        var statistics = CheckStatistics()
        var narrator = ReportNarrator()
        _ = check.runCase(&choices, into: &statistics, narrator: &narrator)
        return narrator.counterexample
      }
    )
  }
}
