import Architecture
import Checking
import Machines
import Property

/// Draws configurations and calls of a hypervisor stage-1 library.
struct HypGenerator: OperationGenerator {
  let configuration: HypConfiguration
  private let addresses: AddressGenerator
  private let hotAddresses: [UInt64]
  /// What was mapped last; to unmap it again is what reaches blocks.
  private var lastMapped: (start: UInt64, size: UInt64)?

  private static let kindWeights = Weights([8, 6, 1])
  private static let inputBits: [UInt64] = [48, 39, 32, 42, 36]

  init(_ choices: inout Choices, within limits: GeneratorLimits) {
    let granule = limits.granule(&choices)
    var configuration = HypConfiguration(granule: granule)
    configuration.inputAddressBits = choices.pick(HypGenerator.inputBits)
    if granule == .size64K, limits.isAlwaysWide || choices.flip(1, in: 2) {
      configuration.outputAddressBits = 52
    }
    configuration.hasRangeInvalidation = choices.flip(1, in: 2)
    if limits.hasUnprivilegedAccess {
      configuration.hasUnprivilegedAccess = choices.flip(oneIn: 4)
    }
    if limits.hasBranchTargets { configuration.hasBranchTargets = choices.flip(oneIn: 4) }
    self.configuration = configuration
    let addresses = AddressGenerator(
      granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits
    )
    self.addresses = addresses
    hotAddresses = (0..<3).map { _ in addresses.input(&choices) }
  }

  var regime: TranslationRegime { TranslationRegime(configuration) }

  var configurationText: String {
    "\(configuration.granule) granule, \(configuration.inputAddressBits)-bit input, "
      + "\(configuration.outputAddressBits)-bit output"
      + (configuration.hasRangeInvalidation ? ", range TLBI" : "")
      + (configuration.hasUnprivilegedAccess ? ", EL2&0 (hVHE)" : "")
      + (configuration.hasBranchTargets ? ", BTI" : "")
  }

  mutating func operation(_ choices: inout Choices) -> HypOperation {
    switch choices.draw(weights: HypGenerator.kindWeights) {
    case 0: return map(&choices)
    case 1:
      if let lastMapped, choices.flip(oneIn: 4) {
        return .unmap(address: lastMapped.start, sizeInBytes: lastMapped.size)
      }
      let start = address(&choices)
      return .unmap(address: start, sizeInBytes: addresses.size(from: start, &choices))
    default: return .leaf(address: address(&choices))
    }
  }

  static func allocations(of operation: HypOperation) -> Int? {
    guard case .map(_, _, _, _, let allocations) = operation else { return nil }
    return allocations
  }

  private mutating func map(_ choices: inout Choices) -> HypOperation {
    var start = address(&choices)
    var size = addresses.size(from: start, &choices)
    let protection = protection(&choices)
    var physical = addresses.output(for: start, &choices)
    addresses.limit(&size, from: &start, to: &physical, inPages: false)
    let allocations = choices.flip(oneIn: 12) ? Int(choices.draw(through: 3)) : nil
    lastMapped = (start, size)
    return .map(
      address: start,
      sizeInBytes: size,
      physical: physical,
      protection: protection,
      allocations: allocations
    )
  }

  private func address(_ choices: inout Choices) -> UInt64 {
    choices.flip(1, in: 2)
      ? addresses.input(&choices)
      : choices.pick(hotAddresses) &+ addresses.pageSize &* choices.draw(through: 1)
  }

  private func protection(_ choices: inout Choices) -> UInt64 {
    var protection: UInt64 =
      switch choices.draw(through: 6) {
      case 0, 1, 2: Protection.read | Protection.write
      case 3: Protection.read | Protection.execute
      case 4: Protection.read
      case 5: Protection.read | Protection.write | Protection.device
      default: choices.draw(through: 15)
      }
    if choices.flip(oneIn: 6) { protection |= choices.draw(through: 15) << 55 }
    return protection
  }
}
