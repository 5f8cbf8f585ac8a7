import Architecture
import Machines
import Oracles
import Property
import Reference

/// Which configurations a library can be made with.
struct GeneratorLimits: Sendable, Hashable {
  /// The granules that there are.
  var granules = Granule.allCases
  /// Whether output addresses have 52 bits wherever the granule is 64 KiB.
  var isAlwaysWide = false
  /// Whether pages can be forced for some protections and not for others.
  var hasForcingByProtection = true
  /// Whether maps can be made as if other walks ran beside them.
  var hasSharedWalks = false
  /// Whether forced write-back can be left unused.
  var disablesForceWriteBack = true
  /// Whether having no owner is an owner too.
  var hasNoOwner = true
  /// Whether a hypervisor's table can be of the EL2&0 regime.
  var hasUnprivilegedAccess = false
  /// Whether a hypervisor's table can be made for a CPU with branch target identification.
  var hasBranchTargets = false
  /// Whether caches can be left alone.
  var leavesCachesAlone = false
  /// Whether stage 2 can permit execution to EL1 and to EL0 each for itself.
  var hasExecutionByPrivilege = false
  /// Whether it refuses to where the CPU cannot.
  var refusesExecutionByPrivilege = false
  /// Whether blocks can be split.
  var hasSplit = false
  /// Whether a block is split down to pages at once, or not at all.
  var splitsWholeBlocks = false
  /// Whether ages are read and cleared by range.
  var agesByRange = false
  /// Whether it makes a difference that a map is made on behalf of a fault.
  var hasFaultMaps = false
  /// Whether tables can be freed later than they are taken out of the tree.
  var hasDeferredFrees = false
  /// Whether other CPUs' faults may be dealt with beside a call that deals with one.
  var hasRivals = false
}

extension GeneratorLimits {
  /// The granule of a case: mostly the smallest, whose tables fill sooner.
  func granule(_ choices: inout Choices) -> Granule {
    switch granules.count {
    case 1: granules[0]
    case 2: granules[choices.draw(weights: Weights([4, 1]))]
    default: granules[choices.draw(weights: Weights([16, 2, 1]))]
    }
  }
}

/// Draws the configuration and the calls of a case.
protocol OperationGenerator {
  associatedtype Configuration
  associatedtype Operation: CustomStringConvertible

  var configuration: Configuration { get }
  /// The configuration in words.
  var configurationText: String { get }
  /// How the architecture reads the tables of the configuration.
  var regime: TranslationRegime { get }

  init(_ choices: inout Choices, within limits: GeneratorLimits)
  /// The next call.
  mutating func operation(_ choices: inout Choices) -> Operation
  /// How many table allocations a call may take.
  func allocations(of operation: Operation) -> Int
}

/// A library whose calls can be made without a model beside it.
protocol DrivenLibrary<Generator>: Sendable {
  associatedtype Generator: OperationGenerator
  /// How its calls are made.
  var driver: CallDriver<Generator> { get }
}

/// One case in progress: a walker, its model, and the machine between them.
protocol TableSession {
  associatedtype Generator: OperationGenerator
  /// The library under check.
  associatedtype Library: DrivenLibrary where Library.Generator == Generator

  var machine: CheckMachine { get set }
  var comparison: TableComparison { get }
  /// The model's entries.
  var tables: TableModel { get }

  /// Creates a table; nil when even that finds no memory.
  init?(
    _ machine: consuming CheckMachine,
    _ configuration: Generator.Configuration,
    regime: TranslationRegime,
    library: Library
  )
  /// Performs one call on both sides; nil where they agree and every judge is content.
  mutating func perform(
    _ operation: Generator.Operation,
    into statistics: inout CheckStatistics
  ) -> Finding?
  /// Frees everything.
  mutating func destroyTables()
}

extension TableSession {
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
      let place = Place(level: level.rawValue, address: inputAddress)
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
  mutating func destroy() -> Finding? {
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
    level: Int,
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
    at place: Place,
    with expected: EntryModel?,
    address: UInt64
  ) -> Finding? {
    guard comparison.compare(descriptor, at: place, address: nil, with: expected) != nil else {
      return nil
    }
    return .wrongResult(
      call,
      expected: comparison.describe(expected),
      found: comparison.describe(descriptor, at: LookupLevel(rawValue: place.level)),
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
