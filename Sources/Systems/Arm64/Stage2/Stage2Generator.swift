import Architecture
import Checking
import Machines
import Property

/// Draws configurations and calls of a guest stage-2 library.
struct Stage2Generator: OperationGenerator {
  /// The configuration of the case.
  let configuration: Stage2Configuration
  private let addresses: AddressGenerator
  private let kindWeights: Weights
  private let hasRivals: Bool
  private let splitsWholeBlocks: Bool
  private let hasNoOwner: Bool
  /// How many of the protections that permit execution permit it to one privilege alone; 0 for none.
  private let dividedExecutions: UInt64
  /// Addresses that half of the case's calls are about, so that they meet each other.
  ///
  /// Drawn before any call, so that a call can be deleted without changing the others.
  private let hotAddresses: [UInt64]

  private static let ordinaryWeights: [UInt64] = [24, 14, 6, 5, 2, 4, 2, 4, 2, 5, 1]
  private static let inputBits: [UInt64] = [40, 39, 32, 36, 48, 42, 44]
  /// How many pages one call may be expected to fill or to visit leaf by leaf.

  init(_ choices: inout Choices, within limits: GeneratorLimits) {
    let granule = limits.granule(&choices)
    var configuration = Stage2Configuration(granule: granule)
    configuration.inputAddressBits = choices.pick(Stage2Generator.inputBits)
    if granule == .size64K, limits.isAlwaysWide || choices.flip(1, in: 2) {
      configuration.outputAddressBits = 52
    }
    configuration.hasForceWriteBack = choices.flip(1, in: 2)
    configuration.hasRangeInvalidation = choices.flip(1, in: 2)
    if configuration.hasForceWriteBack, limits.disablesForceWriteBack {
      configuration.disablesForceWriteBack = choices.flip(oneIn: 8)
    }
    configuration.isIdentityMap = choices.flip(oneIn: 16)
    switch choices.draw(below: 16) {
    case 14: configuration.pageForcing = .always
    case 15 where limits.hasForcingByProtection:
      configuration.pageForcing = .unless(protection: Protection.read | Protection.write)
    default: configuration.pageForcing = .never
    }
    if limits.hasSharedWalks { configuration.sharesWalks = choices.flip(1, in: 2) }
    if limits.hasFaultMaps { configuration.mapsForFaults = !choices.flip(oneIn: 4) }
    if limits.hasDeferredFrees { configuration.defersTableFrees = choices.flip(1, in: 2) }
    if limits.hasExecutionByPrivilege {
      configuration.hasExecutionByPrivilege = choices.flip(1, in: 2)
    }
    if limits.leavesCachesAlone { configuration.maintainsCaches = !choices.flip(oneIn: 8) }
    self.configuration = configuration
    // In sixteen.
    dividedExecutions =
      configuration.hasExecutionByPrivilege ? 10 : limits.refusesExecutionByPrivilege ? 1 : 0
    hasRivals = limits.hasRivals
    splitsWholeBlocks = limits.splitsWholeBlocks
    hasNoOwner = limits.hasNoOwner
    kindWeights = Weights(
      Stage2Generator.ordinaryWeights + [
        limits.hasSplit ? 6 : 0, limits.agesByRange ? 4 : 0,
        configuration.defersTableFrees ? 4 : 0,
      ]
    )
    let addresses = AddressGenerator(
      granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits
    )
    self.addresses = addresses
    hotAddresses = (0..<3).map { _ in addresses.input(&choices) }
  }

  var regime: TranslationRegime { TranslationRegime(configuration) }

  /// The next call.
  mutating func operation(_ choices: inout Choices) -> Stage2Operation {
    switch choices.draw(weights: kindWeights) {
    case 0: return map(&choices)
    case 1:
      let (ipa, size) = range(&choices)
      return .unmap(ipa: ipa, sizeInBytes: size)
    case 2: return setOwner(&choices)
    case 3:
      let (ipa, size) = range(&choices)
      return .writeProtect(ipa: ipa, sizeInBytes: size)
    case 4:
      let ipa = address(&choices)
      return rivalled(ipa, adding: nil, &choices) ?? .makeYoung(ipa: ipa)
    case 5: return .makeOld(ipa: address(&choices))
    case 6: return .isYoung(ipa: address(&choices))
    case 7:
      let (ipa, protection) = (address(&choices), protection(&choices))
      return rivalled(ipa, adding: protection, &choices)
        ?? .relaxPermissions(ipa: ipa, protection: protection)
    case 8:
      let (ipa, size) = range(&choices)
      return .flush(ipa: ipa, sizeInBytes: size)
    case 9: return .leaf(ipa: address(&choices))
    case 10: return .invalidateAll
    case 12:
      let (ipa, size) = range(&choices)
      return .testClearYoung(ipa: ipa, sizeInBytes: size, clears: choices.flip(1, in: 2))
    case 13: return .quiesce
    default:
      let (ipa, size) = range(&choices)
      return .split(
        ipa: ipa,
        sizeInBytes: size,
        cachedPages: cachedPages(&choices),
        allocations: allowance(&choices)
      )
    }
  }

  /// How many pages a split has at hand: few, or now and then about what a level-1 block takes.
  private func cachedPages(_ choices: inout Choices) -> Int {
    let few = choices.draw(through: 3)
    guard splitsWholeBlocks, few == 3, choices.flip(oneIn: 4) else { return Int(few) }
    return Int((1 << addresses.bitsPerLevel) + choices.draw(through: 1))
  }

  /// The call of a fault beside which another CPU deals with one; nil for none.
  private func rivalled(
    _ ipa: UInt64,
    adding protection: UInt64?,
    _ choices: inout Choices
  ) -> Stage2Operation? {
    guard hasRivals, choices.flip(1, in: 2) else { return nil }
    let rival = choices.pick([
      Protection.read | Protection.write, Protection.read | Protection.execute, Protection.read,
    ])
    let count = 1 + Int(choices.draw(through: 2))
    return .rivalled(ipa: ipa, adding: protection, rival: rival, after: count)
  }

  static func allocations(of operation: Stage2Operation) -> Int? { operation.allocations }

  private func map(_ choices: inout Choices) -> Stage2Operation {
    var (ipa, size) = range(&choices)
    let protection = protection(&choices)
    var physical = addresses.output(for: ipa, &choices)
    if configuration.isIdentityMap, !choices.flip(oneIn: 8) { physical = ipa }
    if splitsWholeBlocks, choices.flip(oneIn: 8) {
      size = addresses.largeBlockSize
      ipa &= ~(size - 1)
      physical = ipa
    }
    let inPages = configuration.pageForcing != .never
    addresses.limit(&size, from: &ipa, to: &physical, inPages: inPages)
    return .map(
      ipa: ipa,
      sizeInBytes: size,
      physical: physical,
      protection: protection,
      allocations: allowance(&choices)
    )
  }

  private func setOwner(_ choices: inout Choices) -> Stage2Operation {
    var (ipa, size) = range(&choices)
    if size <= addresses.inputSize {
      size = min(size, AddressGenerator.pageLimit * addresses.pageSize)
    }
    let owner = (1 + choices.draw(through: 2)) % 3
    return .setOwner(
      ipa: ipa,
      sizeInBytes: size,
      owner: hasNoOwner ? owner : 1,
      allocations: allowance(&choices)
    )
  }

  /// How many table allocations succeed; nil, the simplest, for all.
  private func allowance(_ choices: inout Choices) -> Int? {
    choices.flip(oneIn: 12) ? Int(choices.draw(through: 3)) : nil
  }

  private func address(_ choices: inout Choices) -> UInt64 {
    choices.flip(1, in: 2)
      ? addresses.input(&choices)
      : choices.pick(hotAddresses) &+ addresses.pageSize &* choices.draw(through: 1)
  }

  private func range(_ choices: inout Choices) -> (UInt64, UInt64) {
    let start = address(&choices)
    return (start, addresses.size(from: start, &choices))
  }

  private func protection(_ choices: inout Choices) -> UInt64 {
    var protection: UInt64 =
      switch choices.draw(through: 7) {
      case 0, 1: Protection.read | Protection.write
      case 2: Protection.read | Protection.write | Protection.execute
      case 3: Protection.read | Protection.execute
      case 4: Protection.read
      case 5: Protection.read | Protection.write | Protection.device
      case 6: Protection.execute
      default: choices.draw(through: 15)
      }
    if choices.flip(oneIn: 16) { protection |= choices.draw(through: 15) << 55 }
    if dividedExecutions > 0, protection & Protection.execute != 0,
      choices.flip(dividedExecutions, in: 16)
    {
      protection &= ~Protection.execute
      protection |=
        choices.flip(1, in: 2) ? Protection.executeUnprivileged : Protection.executePrivileged
    }
    return protection
  }
}

extension Stage2Generator {
  var configurationText: String {
    var parts = [
      "\(configuration.granule) granule", "\(configuration.inputAddressBits)-bit input",
      "\(configuration.outputAddressBits)-bit output",
    ]
    if configuration.hasForceWriteBack { parts.append("FWB") }
    if configuration.disablesForceWriteBack { parts.append("FWB not used") }
    if configuration.hasRangeInvalidation { parts.append("range TLBI") }
    if configuration.sharesWalks { parts.append("shared walks") }
    if !configuration.mapsForFaults { parts.append("maps outside faults") }
    if configuration.defersTableFrees { parts.append("tables freed later") }
    if configuration.hasExecutionByPrivilege { parts.append("XNX") }
    if !configuration.maintainsCaches { parts.append("no cache maintenance") }
    if configuration.isIdentityMap { parts.append("identity map") }
    switch configuration.pageForcing {
    case .never: break
    case .always: parts.append("pages only")
    case .unless(let protection):
      parts.append("pages only unless \(protectionText(protection))")
    }
    return parts.joined(separator: ", ")
  }
}
