import Checking
import Machines
import Oracles

extension TableSession {
  static var observed: String { "translation" }

  static func has(_ operation: Plan.Operation, _ variant: Variant) -> Bool {
    variant.library.has(operation)
  }

  static func missingOperations(of variant: Variant) -> Set<Int> { variant.library.missing }

  mutating func call(_ operation: Plan.Operation) -> ComparedCall<CallAnswer> {
    machine.begin(.owing, allocations: Plan.allocations(of: operation) ?? .max)
    machine.base.stepAllowance = .max
    machine.base.listener.forget()
    machine.base.listener.hiddenLoads = 0
    let answer = answer(to: operation)
    machine.judges.endCall()
    return ComparedCall(
      answer,
      kind: Self.number(of: operation),
      costs: CallEvents(
        machine.base.listener.log.events,
        hiddenLoads: machine.base.listener.hiddenLoads
      ),
      places: (0..<machine.judges.touchedCount).map { machine.judges.touched(at: $0).inputAddress },
      loss: machine.loss?.message
    )
  }

  func observation(at address: UInt64) -> String {
    comparison.translation(of: address)
  }
}
