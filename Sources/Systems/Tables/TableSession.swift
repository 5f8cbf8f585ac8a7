import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference

/// Draws the configuration and the calls of a case.
protocol OperationGenerator: CasePlan where Limits == GeneratorLimits, Beside == Int {
  associatedtype Configuration

  var configuration: Configuration { get }
  /// How the architecture reads the tables of the configuration.
  var regime: TranslationRegime { get }
  /// How many table allocations a call may take; nil for as many as there is memory for.
  static func allocations(of operation: Operation) -> Int?
}

extension OperationGenerator {
  static var length: ElementLoop { ElementLoop(1...96, averaging: 32) }
  static var audits: AuditSchedule { .between(oneIn: 64) }

  /// Before which exchange of the call another CPU makes the same call, from 1; 0 for none.
  mutating func beside(
    _ operation: Operation,
    within limits: GeneratorLimits,
    _ choices: inout Choices
  ) -> Int {
    guard limits.hasSharedWalks else { return 0 }
    return choices.flip(oneIn: 8) ? 1 + Int(choices.draw(through: 3)) : 0
  }
}

/// A library that can be checked.
protocol TableLibrary<Generator>: Sendable {
  associatedtype Generator: OperationGenerator
  /// Whether it has a call; the others are left out.
  func has(_ operation: Generator.Operation) -> Bool
  /// The numbers of the calls that it has not.
  var missing: Set<Int> { get }
}

/// A library, and whether it keeps a count for each table page.
struct TableVariant<Library: TableLibrary>: Sendable {
  let library: Library
  let countsPages: Bool

  init(_ library: Library, countsPages: Bool = true) {
    self.library = library
    self.countsPages = countsPages
  }
}

/// One case in progress: a walker, its model, and the machine between them.
protocol TableSession: ComparedSession
where
  Plan: OperationGenerator, Variant == TableVariant<Library>, World == MachinePool,
  Answer == CallAnswer
{
  /// The library under check.
  associatedtype Library: TableLibrary where Library.Generator == Plan

  var machine: CheckMachine { get set }
  var comparison: TableComparison { get }
  /// The model's entries.
  var tables: TableModel { get }

  /// Creates a table; nil when even that finds no memory.
  init?(
    _ machine: consuming CheckMachine,
    _ configuration: Plan.Configuration,
    regime: TranslationRegime,
    library: Library
  )
  /// Performs one call on both sides; nil where they agree and every judge is content.
  mutating func perform(
    _ operation: Plan.Operation,
    into statistics: inout CheckStatistics
  ) -> Finding?
  /// Whether the library has a call.
  func performs(_ operation: Plan.Operation) -> Bool
  /// Makes one call, whatever the model says of it.
  mutating func answer(to operation: Plan.Operation) -> CallAnswer
  /// The number that a call is counted by.
  static func number(of operation: Plan.Operation) -> Int
  /// Frees everything.
  mutating func destroyTables()
}

extension TableSession {
  static var unmade: Finding { .noTable }
  static var endText: String? { "destroy()" }

  static func explanatoryRank(of rule: Rule) -> Int { Finding.explanatoryRank(of: rule) }

  static func world(for variant: Variant) -> MachinePool {
    MachinePool(countsPages: variant.countsPages)
  }

  init?(
    _ plan: Plan,
    _ variant: Variant,
    in world: inout MachinePool,
    _ setting: CaseSetting
  ) {
    self.init(
      world.take(plan.regime, setting),
      plan.configuration,
      regime: plan.regime,
      library: variant.library
    )
  }

  /// A library of somebody else's may fail before its first call.
  func begin() -> Finding? { machine.firstFinding }

  mutating func perform(
    _ operation: Plan.Operation,
    beside raceAt: Int?,
    into statistics: inout CheckStatistics
  ) -> Finding? {
    machine.base.listener.raceCount = 0
    machine.base.listener.raceAt = raceAt ?? 0
    return perform(operation, into: &statistics)
  }

  func text(of operation: Plan.Operation) -> String {
    machine.base.listener.raceCount > 0
      ? "\(operation), after another CPU" : operation.description
  }

  mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(accepted: machine.judges.takeAcceptedCounts())
    statistics.count(events: machine.judges.eventCount)
    statistics.count(machine.judges.takeTransitions())
  }

  func leave(_ world: inout MachinePool) { world.put(machine, for: comparison.regime) }

  /// What a call may do, with a bound on the steps that it may take.
  func bounded(
    _ contract: CallContract,
    size: UInt64?,
    newTables: Int = 0
  ) -> CallContract {
    comparison.bounded(contract, size: size, newTables: newTables)
  }

  /// Compares every entry that either side changed in the last call.
  func compareChanges() -> Finding? { comparison.compareChanges(tables, machine) }

  /// Compares everything: every leaf in memory with the model, and every count with its table.
  mutating func audit() -> Finding? {
    var finding: Finding?
    var entryCount = 0
    let (comparison, tables) = (comparison, tables)
    machine.judges.audit { inputAddress, level, raw in
      entryCount += 1
      guard finding == nil else { return }
      let place = EntryLocation(level: level, address: inputAddress)
      if let found = comparison.compare(
        raw,
        at: place,
        address: nil,
        with: tables.entry(at: place)
      ) {
        finding = found
      }
    }
    if machine.judges.violationCount > 0 { return machine.firstFinding }
    if let finding { return finding }
    // Every entry in memory is the model's, so there is none to spare if there are as many.
    return entryCount == tables.leafCount
      ? nil : .missingEntries(expected: tables.leafCount, found: entryCount)
  }

  /// Ends the case: everything has to be freed.
  mutating func end() -> Finding? {
    machine.begin(.destroy, allocations: 0)
    machine.base.stepAllowance = .max
    destroyTables()
    machine.judges.endCall()
    return machine.firstFinding
  }

  /// What a look-up returned against what the model says; nil where they agree.
  func compareLeaf(
    _ call: String,
    result: Errno,
    descriptor: UInt64,
    level: LookupLevel,
    at address: UInt64
  ) -> Finding? {
    guard address < tables.inputSize, result == .ok else { return nil }
    let (place, expected) = tables.find(address)
    guard level == place.level else {
      return .wrongResult(
        call,
        expected: "level \(place.level)",
        found: "level \(level)",
        fingerprint: "\(call) level",
        inputAddress: address
      )
    }
    return compareDescriptor(call, descriptor, at: place, with: expected, address: address)
  }

  /// A descriptor that a call returned against what the model says; nil where they agree.
  func compareDescriptor(
    _ call: String,
    _ descriptor: UInt64,
    at place: EntryLocation,
    with expected: EntryModel?,
    address: UInt64
  ) -> Finding? {
    guard comparison.compare(descriptor, at: place, address: nil, with: expected) != nil else {
      return nil
    }
    return .wrongResult(
      call,
      expected: comparison.describe(expected),
      found: comparison.describe(descriptor, at: place.level),
      fingerprint: "\(call) descriptor",
      inputAddress: address
    )
  }

  /// A result that is not the model's.
  func wrongResult(
    _ call: String,
    expected: Errno,
    found: Errno,
    address: UInt64?,
    size: UInt64?
  ) -> Finding {
    tables.wrongResult(call, expected: expected, found: found, address: address, size: size)
  }
}
