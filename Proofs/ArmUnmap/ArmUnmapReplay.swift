import Machines
import Symbolic
import Walkers

/// Turns a model of a false claim about an older walker into a case, and runs the walker on it in plain
/// memory.
///
/// Where others run in the middle, what comes before the first such moment is run and compared: what
/// they do to memory is no part of the case.
struct ArmUnmapReplay {
  let scenario: ArmUnmapScenario
  let options: ProofOptions
  let machine: SymbolicMachine
  let call: ArmUnmapCall<BitVector>

  /// The case, and whether the walker did there what the model says it does.
  func counterexample(_ claim: String, _ model: Model) -> ProofCounterexample {
    let part = machine.parts.first ?? machine
    var layout = ConcreteLayout(format: scenario.format, machine: part, model: model)
    let before = layout.build()
    var tracing = layout.tracing
    tracing.listener.events = []
    tracing.stepAllowance = 100_000
    let isRefused = part.trace.contains { $0.isRefusal }
    let allocations = part.trace.count { if case .allocate = $0 { true } else { false } }
    let failing = FailingMachine(tracing, allocations: isRefused ? allocations : .max)
    var mutating = MutatingMachine(failing, options.mutation)
    let concrete = call.converted { model.value(of: $0) }
    let result = options.subject.perform(
      concrete,
      scenario.configuration,
      scenario.geometry,
      root: layout.root,
      on: &mutating
    )
    let all = mutating.base.base.listener.events
    let events = Array(all.prefix { $0 != .yield })
    return ProofCounterexample(
      claim: claim,
      operation: "\(concrete) = \(result)",
      before: before,
      events: events.map { "\($0)" } + (events.count < all.count ? ["others run"] : []),
      isReplayed: layout.matches(events, part.trace, isCut: machine.isCut)
    )
  }
}

extension ArmUnmapScenario {
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
