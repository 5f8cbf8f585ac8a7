import Architecture
import Machines
import Oracles
import Property
import Reference
import Walkers

/// One case in progress: a walker, its model, and the machine between them.
struct Stage2Session<W: Stage2Walker & UsableOnThreads> where W.M == CheckMachine {
  var machine: CheckMachine
  let walker: W
  var model: Stage2Model
  let comparison: TableComparison
  let abilities: Abilities
  /// What the model says that a read-only call returns, and what it returned.
  private var answer: (expected: String, found: String, fingerprint: String)?

  /// Creates a table; nil when even that finds no memory.
  init?(
    _ machine: consuming CheckMachine,
    _ configuration: Stage2Configuration,
    regime: TranslationRegime,
    subject: Stage2Subject<W>
  ) {
    machine.begin(.map, allocations: .max)
    guard let walker = subject.create(configuration, &machine) else { return nil }
    machine.judges.endCall()
    self.machine = machine
    self.walker = walker
    model = Stage2Model(configuration, contract: subject.contract)
    comparison = TableComparison(
      regime: regime,
      memory: machine.base.memory,
      root: walker.root
    )
    abilities = subject.abilities
  }

  /// Performs one call on both sides; nil where they agree and every judge is content.
  mutating func perform(
    _ operation: Stage2Operation,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    answer = nil
    let allocations = min(operation.allocations ?? .max, machine.base.memory.remainingPages)
    var flushed: [Range<UInt64>]?
    if case .flush(let ipa, let size) = operation {
      flushed = model.flush(ipa: ipa, sizeInBytes: size)
    }
    machine.begin(contract(of: operation, flushed: flushed), allocations: allocations)
    let found = callWalker(operation)
    machine.judges.endCall()
    let expected = callModel(operation, allocations: allocations, found: found, flushed: flushed)
    statistics.count(operation: operation.kind.rawValue, result: found.result)
    if found.result != expected { return wrongResult(operation, expected, found.result) }
    if let answer {
      return .wrongResult(
        operation.kind.name,
        expected: answer.expected,
        found: answer.found,
        fingerprint: "\(operation.kind.name): \(answer.fingerprint)",
        inputAddress: operation.address ?? 0
      )
    }
    if machine.judges.violationCount > 0 { return machine.firstFinding }
    return compareChanges()
  }

  /// What a call may do, besides what the model says.
  private func contract(
    of operation: Stage2Operation,
    flushed: [Range<UInt64>]?
  ) -> CallContract {
    var contract: CallContract =
      switch operation {
      case .map: .map
      case .unmap: .unmap(cleans: true)
      case .writeProtect, .makeYoung, .makeOld: .owing
      default: .coherent
      }
    if case .flush = operation { contract.flushedRanges = flushed ?? [] }
    // No walk takes more steps than a few for each page of its range and each entry there is.
    let pages = min((operation.size ?? 0) >> comparison.memory.pageShift, 1 << 20)
    let entries = comparison.regime.entryCount * (comparison.memory.usedPages + 8)
    contract.stepLimit = 64 + 16 * Int(pages) + 8 * entries
    return contract
  }

  private typealias Answer = (result: Errno, word: UInt64, level: Int)

  private mutating func callWalker(_ operation: Stage2Operation) -> Answer {
    switch operation {
    case .map(let ipa, let size, let physical, let protection, _):
      let result = walker.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        on: &machine
      )
      return (result, 0, 0)
    case .unmap(let ipa, let size):
      return (walker.unmap(ipa: ipa, sizeInBytes: size, on: &machine), 0, 0)
    case .setOwner(let ipa, let size, let owner, _):
      return (walker.setOwner(ipa: ipa, sizeInBytes: size, owner: owner, on: &machine), 0, 0)
    case .writeProtect(let ipa, let size):
      return (walker.writeProtect(ipa: ipa, sizeInBytes: size, on: &machine), 0, 0)
    case .makeYoung(let ipa): return (.ok, walker.makeYoung(ipa: ipa, on: &machine), 0)
    case .makeOld(let ipa): return (.ok, walker.makeOld(ipa: ipa, on: &machine), 0)
    case .isYoung(let ipa): return (.ok, walker.isYoung(ipa: ipa, on: &machine) ? 1 : 0, 0)
    case .relaxPermissions(let ipa, let protection):
      return (walker.relaxPermissions(ipa: ipa, protection: protection, on: &machine), 0, 0)
    case .flush(let ipa, let size):
      return (walker.flush(ipa: ipa, sizeInBytes: size, on: &machine), 0, 0)
    case .leaf(let ipa):
      let leaf = walker.leaf(at: ipa, on: &machine)
      return (leaf.result, leaf.descriptor, leaf.level)
    case .invalidateAll:
      machine.judges.settle()
      return (.ok, 0, 0)
    }
  }

  private mutating func callModel(
    _ operation: Stage2Operation,
    allocations: Int,
    found: Answer,
    flushed: [Range<UInt64>]?
  ) -> Errno {
    switch operation {
    case .map(let ipa, let size, let physical, let protection, _):
      return model.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        allocations: allocations
      )
    case .unmap(let ipa, let size): return model.unmap(ipa: ipa, sizeInBytes: size)
    case .setOwner(let ipa, let size, let owner, _):
      return model.setOwner(ipa: ipa, sizeInBytes: size, owner: owner, allocations: allocations)
    case .writeProtect(let ipa, let size):
      return model.writeProtect(ipa: ipa, sizeInBytes: size)
    case .makeYoung(let ipa):
      return judgeDescriptor(found.word, before: ipa) { $0.setYoung(true, ipa: ipa) }
    case .makeOld(let ipa):
      return judgeDescriptor(found.word, before: ipa) { $0.setYoung(false, ipa: ipa) }
    case .isYoung(let ipa):
      let isYoung = model.mapping(at: ipa)?.mapping.isYoung ?? false
      if (found.word != 0) != isYoung {
        answer = ("\(isYoung)", "\(found.word != 0)", isYoung ? "young" : "old")
      }
      return .ok
    case .relaxPermissions(let ipa, let protection):
      return model.relaxPermissions(ipa: ipa, protection: protection)
    case .flush: return flushed == nil ? .range : .ok
    case .leaf(let ipa): return judgeLeaf(found, at: ipa)
    case .invalidateAll: return .ok
    }
  }

  /// A call returned the descriptor that was there before it.
  private mutating func judgeDescriptor(
    _ raw: UInt64,
    before ipa: UInt64,
    _ call: (inout Stage2Model) -> Mapping?
  ) -> Errno {
    let level = ipa < model.tables.inputSize ? model.tables.find(ipa).place.level : 3
    let before = call(&model)
    let place = Place(level: level, address: ipa & ~(model.tables.span(at: level) - 1))
    let expected = before.map { EntryModel.leaf($0) }
    if comparison.compare(raw, at: place, address: nil, with: expected) != nil {
      answer = (
        comparison.describe(expected),
        comparison.describe(raw, at: LookupLevel(rawValue: level)), "descriptor"
      )
    }
    return .ok
  }

  private mutating func judgeLeaf(_ found: Answer, at ipa: UInt64) -> Errno {
    guard ipa < model.tables.inputSize else { return .range }
    let (place, expected) = model.tables.find(ipa)
    if found.result == .ok, found.level != place.level {
      answer = ("level \(place.level)", "level \(found.level)", "level")
    } else if found.result == .ok,
      comparison.compare(found.word, at: place, address: nil, with: expected) != nil
    {
      let level = LookupLevel(rawValue: place.level)
      answer = (
        comparison.describe(expected), comparison.describe(found.word, at: level), "descriptor"
      )
    }
    return .ok
  }

  /// Says why a result is refused, so that one cause has one fingerprint whatever the call.
  private func wrongResult(
    _ operation: Stage2Operation,
    _ expected: Errno,
    _ found: Errno
  ) -> Finding {
    var cause = "\(operation.kind.name) \(expected)"
    if expected == .range, let address = operation.address {
      let isInput = model.tables.pages(from: address, sizeInBytes: operation.size ?? 1) == nil
      cause = isInput ? "\(expected) for the input range" : "\(expected) for the output range"
    }
    return .wrongResult(
      operation.kind.name,
      expected: "\(expected)",
      found: "\(found)",
      fingerprint: "\(cause), found \(found)",
      inputAddress: operation.address ?? 0
    )
  }

  /// Compares every entry that either side changed in the last call.
  private func compareChanges() -> Finding? {
    let changes = model.tables.changes
    for place in changes {
      if let finding = comparison.compare(place, with: model.tables) { return finding }
    }
    for (number, touched) in machine.judges.touched.enumerated() {
      let place = Place(level: touched.level.rawValue, address: touched.inputAddress)
      // Both sides mostly change the same entries in the same order.
      if number < changes.count, changes[number] == place { continue }
      if let finding = comparison.compare(place, with: model.tables) { return finding }
    }
    return nil
  }

  /// Compares everything: every leaf in memory with the model, and every count with its table.
  mutating func audit() -> Finding? {
    var finding: Finding?
    var entryCount = 0
    let (comparison, model) = (comparison, model)
    machine.judges.audit { inputAddress, level, raw in
      entryCount += 1
      guard finding == nil else { return }
      let place = Place(level: level.rawValue, address: inputAddress)
      finding = comparison.compare(
        raw,
        at: place,
        address: nil,
        with: model.tables.entry(at: place)
      )
    }
    if machine.judges.violationCount > 0 { return machine.firstFinding }
    if let finding { return finding }
    // Every entry in memory is the model's, so there is none to spare if there are as many.
    guard entryCount == model.tables.leafCount else {
      return .missingEntries(expected: model.tables.leafCount, found: entryCount)
    }
    return nil
  }

  /// Ends the case: everything has to be freed.
  mutating func destroy() -> Finding? {
    machine.begin(.destroy, allocations: 0)
    machine.base.stepAllowance = .max
    walker.destroy(on: &machine)
    machine.judges.endCall()
    return machine.firstFinding
  }
}

extension Stage2Operation {
  /// The first input address of the call.
  var address: UInt64? {
    switch self {
    case .map(let ipa, _, _, _, _), .unmap(let ipa, _), .setOwner(let ipa, _, _, _),
      .writeProtect(let ipa, _), .makeYoung(let ipa), .makeOld(let ipa), .isYoung(let ipa),
      .relaxPermissions(let ipa, _), .flush(let ipa, _), .leaf(let ipa):
      ipa
    case .invalidateAll: nil
    }
  }

  /// The size of the call's range in bytes.
  var size: UInt64? {
    switch self {
    case .map(_, let size, _, _, _), .unmap(_, let size), .setOwner(_, let size, _, _),
      .writeProtect(_, let size), .flush(_, let size):
      size
    default: nil
    }
  }

  /// How many table allocations succeed.
  var allocations: Int? {
    switch self {
    case .map(_, _, _, _, let allocations), .setOwner(_, _, _, let allocations): allocations
    default: nil
    }
  }
}
