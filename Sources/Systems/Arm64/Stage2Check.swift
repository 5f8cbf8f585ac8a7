import Architecture
import Machines
import Oracles
import Property
import Reference
import Walkers

/// The property that a guest stage-2 library is checked for: whatever the calls, results and tables
/// are those of the model, and every judge is content with every event.
struct Stage2Check<W: Stage2Walker & UsableOnThreads> where W.M == CheckMachine {
  let subject: Stage2Subject<W>
  /// Machines by what they were made for; a worker's own.
  private var machines = MachinePool()

  init(_ subject: Stage2Subject<W>) { self.subject = subject }

  /// Runs one case, and tells `narrator` of it.
  mutating func runCase<N: CaseNarrator>(
    _ choices: inout Choices,
    into statistics: inout CheckStatistics,
    narrator: inout N
  ) -> Finding? {
    var generator = Stage2Generator(&choices)
    let regime = TranslationRegime(generator.configuration)
    let machine = machines.take(
      regime,
      countsPages: subject.abilities.countsPages,
      recording: N.records
    )
    narrator.begin(configurationText(generator.configuration))
    guard
      var session = Stage2Session(
        machine,
        generator.configuration,
        regime: regime,
        subject: subject
      )
    else { preconditionFailure("no memory for a root") }
    var finding: Finding?
    var operations = ElementLoop(1...48, averaging: 16)
    while finding == nil, operations.next(&choices) {
      let operation = generator.operation(&choices)
      let audits = choices.flip(oneIn: 32)
      finding = session.perform(operation, into: &statistics)
      narrator.call(operation, session.machine)
      if finding == nil, audits {
        statistics.countAudit()
        finding = session.audit()
      }
    }
    if finding == nil {
      statistics.countAudit()
      finding = session.audit()
      if finding == nil {
        finding = session.destroy()
        narrator.call("destroy()", session.machine)
      }
    }
    narrator.end(finding, session.machine) {
      session.comparison.views(of: $0, session.model.tables)
    }
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
    var machine = machines.removeValue(forKey: regime) ?? make(regime, countsPages: countsPages)
    machine.reset()
    machine.base.listener.isRecording = recording
    machine.base.listener.recording.removeAll()
    return machine
  }

  /// Gives a machine back.
  mutating func put(_ machine: consuming CheckMachine, for regime: TranslationRegime) {
    machines[regime] = machine
  }

  private func make(_ regime: TranslationRegime, countsPages: Bool) -> CheckMachine {
    // Where output addresses have 52 bits the tables lie above 2^48, so that a lost bit shows.
    let base: UInt64 = regime.outputAddressBits == 52 ? 0xa << 48 | 1 << 32 : 1 << 36
    let memory = PhysicalMemory(granule: regime.granule, base: base, capacity: 1536)
    return CheckMachine(
      judges: Judges(regime: regime, memory: memory, countsPages: countsPages),
      memory: memory
    )
  }
}

/// A configuration in words.
func configurationText(_ configuration: Stage2Configuration) -> String {
  var parts = [
    "\(configuration.granule) granule", "\(configuration.inputAddressBits)-bit input",
    "\(configuration.outputAddressBits)-bit output",
  ]
  if configuration.hasForceWriteBack { parts.append("FWB") }
  if configuration.disablesForceWriteBack { parts.append("FWB not used") }
  if configuration.hasRangeInvalidation { parts.append("range TLBI") }
  if configuration.isIdentityMap { parts.append("identity map") }
  switch configuration.pageForcing {
  case .never: break
  case .always: parts.append("pages only")
  case .unless(let protection):
    parts.append("pages only unless \(protectionText(protection))")
  }
  return parts.joined(separator: ", ")
}
