import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

/// A library of the kernel's older walkers that can be checked.
struct ArmUnmapLibrary<W: ArmUnmapWalker & UsableOnThreads>: Sendable where W.M == CheckMachine {
  /// Makes a table.
  let create: @Sendable (ArmUnmapConfiguration, inout CheckMachine) -> W?
  /// Whether its unmap lets others run where its caller can wait.
  var letsOthersRun = true
}

extension ArmUnmapLibrary: TableLibrary {
  typealias Generator = ArmUnmapGenerator

  // In a comparison no table ends before its case.
  func has(_ operation: ArmUnmapOperation) -> Bool { operation.kind != .destroy }

  var missing: Set<Int> { [ArmUnmapOperation.Kind.destroy.rawValue] }
}

/// A case of such a library.
struct ArmUnmapSession<W: ArmUnmapWalker & UsableOnThreads>: TableSession
where W.M == CheckMachine {
  typealias Plan = ArmUnmapGenerator

  var machine: CheckMachine
  private let callers: ArmUnmapCallers<W>

  var comparison: TableComparison { callers.comparison }
  var tables: TableModel { _read { yield callers.model.tables } }

  init?(
    _ machine: consuming CheckMachine,
    _ configuration: ArmUnmapConfiguration,
    regime: TranslationRegime,
    library: ArmUnmapLibrary<W>
  ) {
    machine.base.skip(pages: configuration.pagesBeforeRoot)
    machine.begin(.map, allocations: .max)
    guard let walker = library.create(configuration, &machine) else { return nil }
    machine.judges.endCall()
    let comparison = TableComparison(
      regime: regime,
      memory: machine.base.memory,
      // What the hardware walks from is what the register says.
      root: walker.base(on: &machine)
    )
    callers = ArmUnmapCallers(
      walker,
      ArmUnmapModel(configuration),
      comparison,
      letsOthersRun: library.letsOthersRun
    )
    self.machine = machine
  }

  mutating func perform(
    _ operation: ArmUnmapOperation,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    let outcome = callers.perform(operation, on: &machine)
    if let result = outcome.result {
      statistics.count(operation: operation.kind.rawValue, result: result)
    }
    return outcome.finding
  }

  mutating func answer(to operation: ArmUnmapOperation) -> CallAnswer {
    callers.walker.perform(operation, on: &machine)
  }

  static func number(of operation: ArmUnmapOperation) -> Int { operation.kind.rawValue }

  mutating func destroyTables() { callers.walker.destroy(on: &machine) }
}

extension ArmUnmapWalker where M == CheckMachine {
  /// Makes one call.
  func perform(_ operation: ArmUnmapOperation, on machine: inout M) -> CallAnswer {
    switch operation {
    case .map(let address, let physical, let protection, let level, _):
      let result = map(
        address: address,
        physical: physical,
        protection: protection,
        level: level,
        on: &machine
      )
      return CallAnswer(result: result)
    case .annotate(let address, _):
      return CallAnswer(result: annotate(address: address, on: &machine))
    case .faultIn(let address, let slot, let isWrite, _):
      return CallAnswer(
        result: faultIn(address: address, slot: slot, isWrite: isWrite, on: &machine)
      )
    case .unmap(let address, let size, let mayYield, _):
      return CallAnswer(
        result: unmap(address: address, sizeInBytes: size, mayYield: mayYield, on: &machine)
      )
    case .flush(let address, let size):
      return CallAnswer(result: flush(address: address, sizeInBytes: size, on: &machine))
    case .age(let address): return CallAnswer(word: age(address: address, on: &machine) ? 1 : 0)
    case .destroy:
      destroy(on: &machine)
      return CallAnswer()
    }
  }
}
