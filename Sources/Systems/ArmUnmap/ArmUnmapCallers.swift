import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

/// All callers of one table of the older walkers: one after the other, and in the middle of an unmap
/// that lets them run.
///
/// The model keeps step: whenever others are let run it does as much of the unmap as the walker has to
/// have done by then. That moment is judged as a return is, since the others rely on the same.
final class ArmUnmapCallers<W: ArmUnmapWalker & UsableOnThreads> where W.M == CheckMachine {
  let walker: W
  let comparison: TableComparison
  private(set) var model: ArmUnmapModel
  private let letsOthersRun: Bool

  /// The contract of the unmap in progress.
  private var unmapContract = CallContract.coherent
  /// What the unmap in progress has still to do.
  private var rest: Range<UInt64> = 0..<0
  /// What others will do.
  private var waiting: ArraySlice<ArmUnmapOperation> = []
  /// What was wrong when others were let run.
  private var finding: Finding?

  init(
    _ walker: W,
    _ model: ArmUnmapModel,
    _ comparison: TableComparison,
    letsOthersRun: Bool
  ) {
    self.walker = walker
    self.model = model
    self.comparison = comparison
    self.letsOthersRun = letsOthersRun
  }

  /// Makes one call on both sides.
  /// - Returns: what it returned, nil where it cannot be made any more; and what is wrong.
  func perform(
    _ operation: ArmUnmapOperation,
    on machine: inout CheckMachine
  ) -> (result: Errno?, finding: Finding?) {
    if model.isDestroyed, !operation.mayFollowDestroy { return (nil, nil) }
    if case .unmap(let address, let size, true, let others) = operation, !model.isDestroyed,
      let range = model.beginUnmap(address: address, sizeInBytes: size)
    {
      return unmap(operation, range, beside: others, on: &machine)
    }
    let allocations = min(operation.allocations ?? .max, machine.base.memory.remainingPages)
    let (contract, expected) = callModel(operation, allocations)
    machine.begin(
      comparison.bounded(contract, size: operation.size),
      allocations: allocations
    )
    let found = walker.perform(operation, on: &machine)
    machine.judges.endCall()
    return (found.result, compare(operation, expected, found, on: machine))
  }

  /// What a call may do, and what it returns by the model.
  private func callModel(
    _ operation: ArmUnmapOperation,
    _ allocations: Int
  ) -> (CallContract, CallAnswer) {
    switch operation {
    case .map(let address, let physical, let protection, let level, _):
      let expected = model.map(
        address: address,
        physical: physical,
        protection: protection,
        level: level,
        allocations: allocations
      )
      return (.map, CallAnswer(result: expected))
    case .annotate(let address, _):
      let expected = model.annotate(address: address, allocations: allocations)
      return (.coherent, CallAnswer(result: expected))
    case .faultIn(let address, let slot, let isWrite, _):
      let expected = model.faultIn(
        address: address,
        slot: slot,
        isWrite: isWrite,
        allocations: allocations
      )
      return (.map, CallAnswer(result: expected))
    case .unmap(let address, let size, let mayYield, _):
      let expected = model.unmap(address: address, sizeInBytes: size)
      return (unmapContract(mayYield: mayYield), CallAnswer(result: expected))
    case .flush(let address, let size):
      let flushed = model.flush(address: address, sizeInBytes: size)
      return (
        CallContract(flushedRanges: flushed ?? []),
        CallAnswer(result: flushed == nil ? .range : .ok)
      )
    case .age(let address): return (.owing, CallAnswer(word: model.age(address: address) ? 1 : 0))
    case .destroy:
      model.destroy()
      return (.destroy, CallAnswer())
    }
  }

  private func unmapContract(mayYield: Bool) -> CallContract {
    var contract = CallContract.unmap(cleans: !model.configuration.isHyp)
    contract.permitsYield = mayYield
    return contract
  }

  /// An unmap beside which others run when it lets them.
  private func unmap(
    _ operation: ArmUnmapOperation,
    _ range: Range<UInt64>,
    beside others: [ArmUnmapOperation],
    on machine: inout CheckMachine
  ) -> (result: Errno?, finding: Finding?) {
    unmapContract = comparison.bounded(unmapContract(mayYield: true), size: operation.size)
    (rest, waiting, finding) = (range, others[...], nil)
    machine.begin(unmapContract, allocations: 0)
    machine.others = { [unowned self] in runOthers(on: &$0) }
    let found = walker.perform(operation, on: &machine)
    machine.others = nil
    machine.judges.endCall()
    if let finding { return (found.result, finding) }
    if !model.isDestroyed {
      if !letsOthersRun {
        model.unmapRest(&rest)
      } else if model.unmapPart(&rest) {
        return (found.result, .yieldAmiss("were not let run", at: rest.lowerBound))
      }
    }
    return (found.result, compare(operation, CallAnswer(), found, on: machine))
  }

  /// Others are let run: what the unmap has done so far is judged, then one of them makes its call.
  private func runOthers(on machine: inout CheckMachine) {
    machine.judges.endCall()
    if finding == nil { finding = machine.firstFinding }
    if finding == nil, !model.isDestroyed {
      finding =
        model.unmapPart(&rest)
        ? comparison.compareChanges(model.tables, machine)
        : .yieldAmiss("were let run", at: rest.lowerBound)
    }
    if finding == nil, let operation = waiting.popFirst() {
      finding = perform(operation, on: &machine).finding
    }
    machine.begin(unmapContract, allocations: 0)
  }

  /// What is wrong after a call; nil for nothing.
  private func compare(
    _ operation: ArmUnmapOperation,
    _ expected: CallAnswer,
    _ found: CallAnswer,
    on machine: borrowing CheckMachine
  ) -> Finding? {
    if found.result != expected.result {
      return model.tables.wrongResult(
        operation.kind.name,
        expected: expected.result,
        found: found.result,
        address: operation.address,
        size: operation.size
      )
    }
    if found.word != expected.word {
      return .wrongResult(
        operation.kind.name,
        expected: "\(expected.word != 0)",
        found: "\(found.word != 0)",
        fingerprint: operation.kind.name,
        inputAddress: operation.address
      )
    }
    if let violation = machine.base.listener.judges.violations.first { return Finding(violation) }
    if model.isDestroyed { return nil }
    return comparison.compareChanges(model.tables, machine)
      ?? compareRepetition(operation, machine)
  }

  /// That an entry which is the same already was left alone: nothing stored, nothing invalidated.
  private func compareRepetition(
    _ operation: ArmUnmapOperation,
    _ machine: borrowing CheckMachine
  ) -> Finding? {
    switch operation {
    case .map, .faultIn, .annotate: break
    default: return nil
    }
    for number in 0..<machine.base.listener.judges.touchedCount {
      let touched = machine.base.listener.judges.touched(at: number)
      guard touched.isLinked, touched.before != 0,
        comparison.memory.descriptor(at: touched.entryAddress) == touched.before
      else { continue }
      return Finding(
        .needlessRewrite,
        "the entry for \(hex(touched.inputAddress)) was broken and made again as it was",
        entryAddress: touched.entryAddress,
        inputAddress: touched.inputAddress
      )
    }
    return nil
  }
}

extension Rule {
  /// An entry was written that was the same already.
  static let needlessRewrite = Rule(
    "needless-rewrite",
    "an entry that is what it should be already is left alone",
    oracle: "ArmUnmapCallers"
  )

  /// Others were let run, or not, against the contract.
  static let yieldAmiss = Rule(
    "yield-amiss",
    "an unmap whose caller can wait lets others run after each root entry that led to a table, and"
      + " nowhere else",
    oracle: "ArmUnmapModel"
  )
}

extension Finding {
  /// The rules of the older walkers' calls, beside those of their tables.
  static let armUnmapRules: [Rule] = [.needlessRewrite, .yieldAmiss]

  /// Others were let run, or not, against the contract.
  static func yieldAmiss(_ what: String, at address: UInt64) -> Finding {
    Finding(
      .yieldAmiss,
      "others \(what) with the unmap done up to \(hex(address))",
      cause: " \(what)",
      inputAddress: address
    )
  }
}
