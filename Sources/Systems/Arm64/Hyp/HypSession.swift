import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

/// A hypervisor stage-1 library that can be checked.
struct HypLibrary<W: HypWalker & UsableOnThreads>: Sendable where W.M == CheckMachine {
  /// Makes a table.
  let create: @Sendable (HypConfiguration, inout CheckMachine) -> W?
  /// The calls that it has; the others are left out.
  var calls = Set(HypOperation.Kind.allCases)
  /// Whether a map that is refused warns as well, as kernels do.
  var warnsOfMisuse = false
  /// Whether an unmap frees the tables that it leaves empty.
  var freesEmptyTables = true
}

extension HypLibrary: TableLibrary {
  typealias Generator = HypGenerator

  func has(_ operation: HypOperation) -> Bool { calls.contains(operation.kind) }

  var missing: Set<Int> {
    Set(HypOperation.Kind.allCases.filter { !calls.contains($0) }.map(\.rawValue))
  }
}

/// A case of a hypervisor stage-1 library.
struct HypSession<W: HypWalker & UsableOnThreads>: TableSession where W.M == CheckMachine {
  typealias Plan = HypGenerator

  var machine: CheckMachine
  let comparison: TableComparison
  private let library: HypLibrary<W>
  private let walker: W
  private var model: HypModel

  var tables: TableModel { _read { yield model.tables } }

  init?(
    _ machine: consuming CheckMachine,
    _ configuration: HypConfiguration,
    regime: TranslationRegime,
    library: HypLibrary<W>
  ) {
    machine.begin(.map, allocations: .max)
    guard let walker = library.create(configuration, &machine) else { return nil }
    machine.judges.endCall()
    comparison = TableComparison(
      regime: regime,
      memory: machine.base.memory,
      root: walker.root
    )
    self.library = library
    self.machine = machine
    self.walker = walker
    model = HypModel(configuration, freesEmptyTables: library.freesEmptyTables)
  }

  mutating func perform(
    _ operation: HypOperation,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    guard library.calls.contains(operation.kind) else { return nil }
    model.beginCall()
    switch operation {
    case .map(let address, let size, let physical, let protection, let allowance):
      let allocations = min(allowance ?? .max, machine.base.memory.remainingPages)
      let expected = model.map(
        address: address,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        allocations: allocations
      )
      var contract = bounded(.publishing, size: size)
      contract.synchronisesContext = true
      contract.permitsWarnings = library.warnsOfMisuse && [.invalid, .range].contains(expected)
      machine.begin(contract, allocations: allocations)
      let found = walker.map(
        address: address,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        on: &machine
      )
      machine.judges.endCall()
      if let loss = machine.loss { return loss }
      statistics.count(operation: operation.kind.rawValue, result: found)
      if found != expected {
        return wrongResult(
          operation.kind.name,
          expected: expected,
          found: found,
          address: address,
          size: size
        )
      }
    case .unmap(let address, let size):
      var contract = bounded(.coherent, size: size)
      contract.synchronisesContext = true
      machine.begin(contract, allocations: 0)
      let found = walker.unmap(address: address, sizeInBytes: size, on: &machine)
      machine.judges.endCall()
      if let loss = machine.loss { return loss }
      let isInSpace = model.tables.pages(from: address, sizeInBytes: size) != nil
      statistics.count(operation: operation.kind.rawValue, result: isInSpace ? .ok : .range)
      let expected = model.unmap(address: address, sizeInBytes: size)
      if found != expected {
        return .wrongResult(
          operation.kind.name,
          expected: "\(hex(expected)) bytes",
          found: "\(hex(found)) bytes",
          fingerprint: "hyp_unmap \(found < expected ? "too few" : "too many") bytes",
          inputAddress: address
        )
      }
    case .leaf(let address):
      machine.begin(bounded(.coherent, size: 0), allocations: 0)
      let leaf = walker.leaf(at: address, on: &machine)
      machine.judges.endCall()
      if let loss = machine.loss { return loss }
      statistics.count(operation: operation.kind.rawValue, result: leaf.result)
      let expected: Errno = address < model.tables.inputSize ? .ok : .range
      if leaf.result != expected {
        return wrongResult(
          operation.kind.name,
          expected: expected,
          found: leaf.result,
          address: address,
          size: 1
        )
      }
      if let finding = compareLeaf(
        operation.kind.name,
        result: leaf.result,
        descriptor: leaf.descriptor,
        level: leaf.level,
        at: address
      ) {
        return finding
      }
    }
    if machine.judges.violationCount > 0 { return machine.firstFinding }
    return compareChanges()
  }

  func performs(_ operation: HypOperation) -> Bool { library.has(operation) }

  mutating func answer(to operation: HypOperation) -> CallAnswer {
    walker.perform(operation, on: &machine)
  }

  static func number(of operation: HypOperation) -> Int { operation.kind.rawValue }

  mutating func destroyTables() { walker.destroy(on: &machine) }
}
