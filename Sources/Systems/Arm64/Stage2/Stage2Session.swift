import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

/// A case of a guest stage-2 library.
struct Stage2Session<W: Stage2Walker & UsableOnThreads>: TableSession where W.M == CheckMachine {
  typealias Plan = Stage2Generator

  var machine: CheckMachine
  let comparison: TableComparison
  private let library: Stage2Library<W>
  private let walker: W
  private var model: Stage2Model

  var tables: TableModel { _read { yield model.tables } }

  init?(
    _ machine: consuming CheckMachine,
    _ configuration: Stage2Configuration,
    regime: TranslationRegime,
    library: Stage2Library<W>
  ) {
    machine.begin(.map, allocations: .max)
    guard let walker = library.create(configuration, &machine) else { return nil }
    machine.judges.endCall()
    comparison = TableComparison(
      regime: regime,
      memory: machine.base.memory,
      root: walker.root,
      ownerType: library.ownerType
    )
    self.library = library
    self.machine = machine
    self.walker = walker
    model = Stage2Model(configuration, contract: library.contract)
  }

  /// Performs one call on both sides; nil where they agree and every judge is content.
  mutating func perform(
    _ operation: Stage2Operation,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    guard library.calls.contains(operation.kind) else { return nil }
    let allocations = min(operation.allocations ?? .max, machine.base.memory.remainingPages)
    var flushed: [Range<UInt64>]?
    if case .flush(let ipa, let size) = operation {
      flushed = model.flush(ipa: ipa, sizeInBytes: size)
    }
    let contract = contract(of: operation, flushed: flushed)
    machine.begin(
      bounded(contract, size: operation.size, newTables: operation.cachedPages),
      allocations: allocations
    )
    let rival = rival(of: operation)
    if let rival { machine.base.run(beside: { rival.act(after: $1, isLoad: $2, on: &$0) }) }
    let found = walker.perform(operation, on: &machine)
    if rival != nil { machine.base.run(beside: nil) }
    let hasRival = rival?.hasActed ?? false
    machine.judges.endCall()
    if let loss = machine.loss { return loss }
    var finding: Finding?
    let expected = callModel(
      operation,
      allocations: allocations,
      found: found,
      flushed: flushed,
      hasRival: hasRival,
      &finding
    )
    statistics.count(operation: operation.kind.rawValue, result: found.result)
    if found.result != expected {
      return wrongResult(
        operation.kind.name,
        expected: expected,
        found: found.result,
        address: operation.address,
        size: operation.size
      )
    }
    if let finding { return finding }
    if machine.judges.violationCount > 0 { return machine.firstFinding }
    return compareChanges()
  }

  /// What a call may do, besides what the model says.
  private func contract(
    of operation: Stage2Operation,
    flushed: [Range<UInt64>]?
  ) -> CallContract {
    switch operation {
    case .map(let ipa, _, let physical, _, _):
      var contract = CallContract.publishing
      contract.sharesTables =
        model.configuration.sharesWalks && model.configuration.defersTableFrees
      contract.permitsWarnings =
        library.warnsOfMisuse && model.configuration.isIdentityMap && ipa != physical
      return contract
    case .rivalled(_, nil, _, _): return .visible
    case .relaxPermissions, .rivalled: return library.relaxesLocally ? .owing : .visible
    case .makeYoung: return .visible
    case .unmap: return .unmap(cleans: true)
    case .split: return .split
    case .writeProtect, .makeOld: return .owing
    case .testClearYoung(let ipa, let size, _):
      var contract = CallContract.owing
      contract.permitsWarnings =
        library.warnsOfMisuse && model.tables.pages(from: ipa, sizeInBytes: size) == nil
      return contract
    case .quiesce: return .quiesce
    case .flush where library.reportsEvents: return CallContract(flushedRanges: flushed ?? [])
    default: return .coherent
    }
  }

  /// Another CPU's fault at the same address, which is mapped; nil for none.
  private func rival(of operation: Stage2Operation) -> RivalFault? {
    guard case .rivalled(let ipa, let protection, let rival, let count) = operation,
      let (place, _) = model.mapping(at: ipa),
      let (_, address) = comparison.descriptor(at: place)
    else { return nil }
    return RivalFault(
      RivalFault.Plan(protection: rival, loadCount: count),
      address: address,
      isOwed: protection == nil
    )
  }

  private mutating func callModel(
    _ operation: Stage2Operation,
    allocations: Int,
    found: CallAnswer,
    flushed: [Range<UInt64>]?,
    hasRival: Bool,
    _ finding: inout Finding?
  ) -> Errno {
    switch operation {
    case .map(let ipa, let size, let physical, let protection, _):
      // What another CPU made first is there, all of it, and this one's exchange was lost.
      let isLost = machine.base.listener.raceCount > 0
      let result = model.map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        allocations: allocations,
        outsideFaults: isLost
      )
      return isLost && result == .ok && model.configuration.mapsForFaults ? .again : result
    case .unmap(let ipa, let size): return model.unmap(ipa: ipa, sizeInBytes: size)
    case .setOwner(let ipa, let size, let owner, _):
      return model.setOwner(ipa: ipa, sizeInBytes: size, owner: owner, allocations: allocations)
    case .writeProtect(let ipa, let size):
      return model.writeProtect(ipa: ipa, sizeInBytes: size)
    case .makeYoung(let ipa): finding = setYoung(true, ipa, operation.kind.name, found.word)
    case .makeOld(let ipa): finding = setYoung(false, ipa, operation.kind.name, found.word)
    case .isYoung(let ipa):
      model.beginCall()
      let isYoung = model.mapping(at: ipa)?.mapping.isYoung ?? false
      finding = compareAge(operation.kind.name, found, isYoung, at: ipa)
    case .testClearYoung(let ipa, let size, let clears):
      let isYoung = model.age(ipa: ipa, sizeInBytes: size, clears: clears)
      finding = compareAge(operation.kind.name, found, isYoung, at: ipa)
    case .quiesce: model.beginCall()
    case .relaxPermissions(let ipa, let protection):
      let result = model.relaxPermissions(ipa: ipa, protection: protection)
      return machine.base.listener.raceCount > 0 && result == .ok ? .again : result
    case .flush: return flushed == nil ? .range : .ok
    case .leaf(let ipa):
      model.beginCall()
      finding = compareLeaf(
        "get_leaf",
        result: found.result,
        descriptor: found.word,
        level: found.level,
        at: ipa
      )
      return ipa < model.tables.inputSize ? .ok : .range
    case .invalidateAll: model.beginCall()
    case .rivalled(let ipa, let protection, let rival, _):
      model.beginCall()
      let before = hasRival ? model.dealWithFault(ipa: ipa, adding: rival) : nil
      // Whoever lost leaves the entry to the other, and the access is tried again.
      let isLost = protection == nil ? found.word == 0 : found.result == .again
      if hasRival, isLost { return protection == nil ? .ok : .again }
      guard let protection else {
        // This call may have come first; what the other did then shows in the entry.
        if let before, returns(found.word, before, at: ipa) { break }
        finding = setYoung(true, ipa, operation.kind.name, found.word)
        break
      }
      return model.relaxPermissions(ipa: ipa, protection: protection)
    case .split(let ipa, let size, let pages, _):
      return model.split(
        ipa: ipa,
        sizeInBytes: size,
        cachedPages: pages,
        allocations: allocations
      )
    }
    return .ok
  }

  /// The age that a call says a page or range has, against the model's.
  private func compareAge(
    _ call: String,
    _ found: CallAnswer,
    _ isYoung: Bool,
    at ipa: UInt64
  ) -> Finding? {
    guard (found.word != 0) != isYoung else { return nil }
    return .wrongResult(
      call,
      expected: "\(isYoung)",
      found: "\(!isYoung)",
      fingerprint: call,
      inputAddress: ipa
    )
  }

  /// Whether a descriptor that a call returned is that of a mapping at an address.
  private func returns(_ descriptor: UInt64, _ mapping: Mapping, at ipa: UInt64) -> Bool {
    let place = model.tables.find(ipa).place
    return comparison.compare(descriptor, at: place, address: nil, with: .leaf(mapping)) == nil
  }

  /// Sets the access flag in the model, and compares the descriptor that the call says was there.
  private mutating func setYoung(
    _ isYoung: Bool,
    _ ipa: UInt64,
    _ call: String,
    _ descriptor: UInt64
  ) -> Finding? {
    guard ipa < model.tables.inputSize else {
      model.beginCall()
      return descriptor == 0
        ? nil
        : .wrongResult(
          call,
          expected: "0",
          found: hex(descriptor),
          fingerprint: "\(call) beyond the space",
          inputAddress: ipa
        )
    }
    let place = model.tables.find(ipa).place
    let before = model.setYoung(isYoung, ipa: ipa)
    guard library.returnsOldDescriptors else { return nil }
    return compareDescriptor(
      call,
      descriptor,
      at: place,
      with: before.map { .leaf($0) },
      address: ipa
    )
  }

  func performs(_ operation: Stage2Operation) -> Bool { library.has(operation) }

  mutating func answer(to operation: Stage2Operation) -> CallAnswer {
    var answer = walker.perform(operation, on: &machine)
    // What was there before is not told by every library.
    if operation.kind == .makeYoung || operation.kind == .makeOld { answer.word = 0 }
    return answer
  }

  static func number(of operation: Stage2Operation) -> Int { operation.kind.rawValue }

  mutating func destroyTables() { walker.destroy(on: &machine) }
}

extension Stage2Operation {
  /// The first input address of the call.
  var address: UInt64? {
    switch self {
    case .map(let ipa, _, _, _, _), .unmap(let ipa, _), .setOwner(let ipa, _, _, _),
      .writeProtect(let ipa, _), .makeYoung(let ipa), .makeOld(let ipa), .isYoung(let ipa),
      .relaxPermissions(let ipa, _), .flush(let ipa, _), .leaf(let ipa),
      .split(let ipa, _, _, _), .testClearYoung(let ipa, _, _), .rivalled(let ipa, _, _, _):
      ipa
    case .invalidateAll, .quiesce: nil
    }
  }

  /// How many pages it has at hand for tables; 0 for calls that ask for them one by one.
  var cachedPages: Int {
    if case .split(_, _, let pages, _) = self { pages } else { 0 }
  }

  /// The size of the call's range in bytes.
  var size: UInt64? {
    switch self {
    case .map(_, let size, _, _, _), .unmap(_, let size), .setOwner(_, let size, _, _),
      .writeProtect(_, let size), .flush(_, let size), .split(_, let size, _, _),
      .testClearYoung(_, let size, _):
      size
    default: nil
    }
  }

  /// How many table allocations succeed.
  var allocations: Int? {
    switch self {
    case .map(_, _, _, _, let allocations), .setOwner(_, _, _, let allocations),
      .split(_, _, _, let allocations):
      allocations
    default: nil
    }
  }
}
