import Machines
import Symbolic
import Walkers

/// Turns a model of a false claim into a case, and runs the walker on it in plain memory.
struct ProofReplay {
  let scenario: Scenario
  let options: ProofOptions
  let machine: SymbolicMachine
  let call: Call<BitVector>

  /// The case, and whether the walker did there what the model says it does.
  func counterexample(_ claim: String, _ model: Model) -> ProofCounterexample {
    var layout = ConcreteLayout(format: scenario.format, machine: machine, model: model)
    let before = layout.build()
    let root = layout.root
    let isRefused = machine.trace.contains { $0.isRefusal }
    let allocations = machine.trace.count { if case .allocate = $0 { true } else { false } }
    var tracing = layout.tracing
    tracing.listener.events = []
    tracing.stepAllowance = 100_000
    let failing = FailingMachine(tracing, allocations: isRefused ? allocations : .max)
    var mutating = MutatingMachine(failing, options.mutation)
    let concrete = concreteCall(model)
    let answer = scenario.perform(concrete, of: options.subject, root: root, on: &mutating)
    let events = mutating.base.base.listener.events
    return ProofCounterexample(
      claim: claim,
      operation: "\(describe(concrete)) = \(answer.word.map(hex) ?? answer.result.description)",
      before: before,
      events: events.map { "\($0)" },
      isReplayed: layout.matches(events, machine.trace, isCut: machine.isCut)
    )
  }

  private func concreteCall(_ model: Model) -> Call<UInt64> {
    switch call {
    case .map(let ipa, let size, let physical, let protection):
      .map(
        ipa: model.value(of: ipa),
        sizeInBytes: model.value(of: size),
        physical: model.value(of: physical),
        protection: model.value(of: protection)
      )
    case .unmap(let ipa, let size):
      .unmap(ipa: model.value(of: ipa), sizeInBytes: model.value(of: size))
    case .setOwner(let ipa, let size, let owner):
      .setOwner(
        ipa: model.value(of: ipa),
        sizeInBytes: model.value(of: size),
        owner: model.value(of: owner)
      )
    case .writeProtect(let ipa, let size):
      .writeProtect(ipa: model.value(of: ipa), sizeInBytes: model.value(of: size))
    case .makeYoung(let ipa): .makeYoung(ipa: model.value(of: ipa))
    case .makeOld(let ipa): .makeOld(ipa: model.value(of: ipa))
    case .isYoung(let ipa): .isYoung(ipa: model.value(of: ipa))
    case .relaxPermissions(let ipa, let protection):
      .relaxPermissions(ipa: model.value(of: ipa), protection: model.value(of: protection))
    case .flush(let ipa, let size):
      .flush(ipa: model.value(of: ipa), sizeInBytes: model.value(of: size))
    }
  }

  private func describe(_ call: Call<UInt64>) -> String {
    switch call {
    case .map(let ipa, let size, let physical, let protection):
      "map(\(hex(ipa)), \(hex(size)), \(hex(physical)), \(hex(protection)))"
    case .unmap(let ipa, let size): "unmap(\(hex(ipa)), \(hex(size)))"
    case .setOwner(let ipa, let size, let owner):
      "set_owner(\(hex(ipa)), \(hex(size)), \(owner))"
    case .writeProtect(let ipa, let size): "wrprotect(\(hex(ipa)), \(hex(size)))"
    case .makeYoung(let ipa): "mkyoung(\(hex(ipa)))"
    case .makeOld(let ipa): "mkold(\(hex(ipa)))"
    case .isYoung(let ipa): "is_young(\(hex(ipa)))"
    case .relaxPermissions(let ipa, let protection):
      "relax_perms(\(hex(ipa)), \(hex(protection)))"
    case .flush(let ipa, let size): "flush(\(hex(ipa)), \(hex(size)))"
    }
  }
}

extension Scenario {
  /// How its tables are laid out.
  var format: TableFormat {
    TableFormat(
      pageShift: geometry.pageShift,
      rootPageCount: geometry.rootPageCount,
      entryCount: geometry.entryCount,
      addressField: decoder.addressField,
      isTable: { decoder.isTable($0, level: $1) },
      isLink: { $1 < Decoder.lastLevel && $0 & 3 == 3 },
      shift: { decoder.shift($0) }
    )
  }
}

/// A number as reports print addresses.
func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// Collects events.
struct EventCollector: EventListener {
  var events: [Event] = []
  /// Told of each event after it was kept, with how many there are.
  var hardware: ((_ eventCount: Int) -> Void)?
  mutating func observe(_ event: Event) {
    events.append(event)
    hardware?(events.count)
  }
}
