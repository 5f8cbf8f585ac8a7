import Architecture
import Machines
import Oracles
import Property
import Reference
import Walkers

/// A library of the kernel's older walkers that can be checked.
struct LadderLibrary<W: LadderWalker & UsableOnThreads>: Sendable where W.M == CheckMachine {
  /// Makes a table.
  let create: @Sendable (LadderConfiguration, inout CheckMachine) -> W?
}

/// A case of such a library.
struct LadderSession<W: LadderWalker & UsableOnThreads>: TableSession where W.M == CheckMachine {
  typealias Generator = LadderGenerator

  var machine: CheckMachine
  let comparison: TableComparison
  private let walker: W
  private var model: LadderModel

  var tables: TableModel { _read { yield model.tables } }

  init?(
    _ machine: consuming CheckMachine,
    _ configuration: LadderConfiguration,
    regime: TranslationRegime,
    library: LadderLibrary<W>
  ) {
    machine.begin(.map, allocations: .max)
    guard let walker = library.create(configuration, &machine) else { return nil }
    machine.judges.endCall()
    comparison = TableComparison(
      regime: regime,
      memory: machine.base.memory,
      root: walker.root
    )
    self.machine = machine
    self.walker = walker
    model = LadderModel(configuration)
  }

  mutating func perform(
    _ operation: LadderOperation,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    let allocations = min(operation.allocations ?? .max, machine.base.memory.remainingPages)
    var contract = CallContract.map
    let expected: Errno
    switch operation {
    case .map(let address, let physical, let protection, let level, _):
      expected = model.map(
        address: address,
        physical: physical,
        protection: protection,
        level: level,
        allocations: allocations
      )
    case .annotate(let address, _):
      contract = .coherent
      expected = model.annotate(address: address, allocations: allocations)
    case .faultIn(let address, let slot, let isWrite, _):
      expected = model.faultIn(
        address: address,
        slot: slot,
        isWrite: isWrite,
        allocations: allocations
      )
    case .unmap(let address, let size, let mayYield):
      contract = .coherent
      contract.permitsYield = mayYield
      expected = model.unmap(address: address, sizeInBytes: size)
    case .flush(let address, let size):
      let flushed = model.flush(address: address, sizeInBytes: size)
      contract = CallContract(flushedRanges: flushed ?? [])
      expected = flushed == nil ? .range : .ok
    }
    machine.begin(bounded(contract, size: operation.size), allocations: allocations)
    let found = walker.perform(operation, on: &machine)
    machine.judges.endCall()
    statistics.count(operation: operation.kind.rawValue, result: found)
    if found != expected {
      return wrongResult(
        operation.kind.name,
        expected: expected,
        found: found,
        address: operation.address,
        size: operation.size
      )
    }
    if machine.judges.violationCount > 0 { return machine.firstFinding }
    return compareChanges() ?? compareRepetition(of: operation)
  }

  /// That an entry which is the same already was left alone: nothing stored, nothing invalidated.
  private func compareRepetition(of operation: LadderOperation) -> Finding? {
    switch operation {
    case .map, .faultIn, .annotate: break
    default: return nil
    }
    for number in 0..<machine.judges.touchedCount {
      let touched = machine.judges.touched(at: number)
      guard touched.isLinked, touched.before != 0,
        comparison.memory.descriptor(at: touched.entryAddress) == touched.before
      else { continue }
      return Finding(
        rule: "needless-rewrite",
        statement: "an entry that is what it should be already is left alone",
        reference: "the calls' own contract",
        message: "the entry for \(hex(touched.inputAddress)) was broken and made again as it was",
        fingerprint: "needless-rewrite",
        entryAddress: touched.entryAddress,
        inputAddress: touched.inputAddress
      )
    }
    return nil
  }

  mutating func destroyTables() { walker.destroy(on: &machine) }
}

extension LadderWalker where M == CheckMachine {
  /// Makes one call.
  func perform(_ operation: LadderOperation, on machine: inout M) -> Errno {
    switch operation {
    case .map(let address, let physical, let protection, let level, _):
      map(
        address: address,
        physical: physical,
        protection: protection,
        level: level,
        on: &machine
      )
    case .annotate(let address, _): annotate(address: address, on: &machine)
    case .faultIn(let address, let slot, let isWrite, _):
      faultIn(address: address, slot: slot, isWrite: isWrite, on: &machine)
    case .unmap(let address, let size, let mayYield):
      unmap(address: address, sizeInBytes: size, mayYield: mayYield, on: &machine)
    case .flush(let address, let size): flush(address: address, sizeInBytes: size, on: &machine)
    }
  }
}

extension LadderLibrary: DrivenLibrary {
  typealias Generator = LadderGenerator

  /// How a comparison uses the library.
  var driver: CallDriver<LadderGenerator> {
    CallDriver { configuration, machine in
      guard let walker = create(configuration, &machine) else { return nil }
      return CallDriver.Running(
        root: walker.root,
        perform: { operation, machine in
          CallAnswer(result: walker.perform(operation, on: &machine))
        },
        destroy: { walker.destroy(on: &$0) }
      )
    }
  }
}
