import Architecture
import Checking
import Machines
import Property

/// Draws configurations and calls of the kernel's older walkers.
struct ArmUnmapGenerator: OperationGenerator {
  let configuration: ArmUnmapConfiguration
  private let addresses: AddressGenerator
  /// Addresses that half of the case's calls are about, so that they meet each other.
  private let hotAddresses: [UInt64]
  /// Memory that guests fault on.
  private let slots: [MemorySlot]

  private static let kindWeights = Weights([56, 24, 8, 56, 32, 3, 4, 1])
  private static let hypKindWeights = Weights([56, 24, 8, 55, 1])
  private static let otherWeights = Weights([4, 2, 1, 3, 3, 1])
  private static let blockLevelWeights = Weights([22, 8, 1, 1])
  private static let layouts: [ArmUnmapConfiguration.Layout] = [
    .threeLevels, .fourLevels, .twoLevels, .lpae,
  ]

  init(_ choices: inout Choices, within limits: GeneratorLimits) {
    let variety = choices.draw(below: 16)
    var configuration = ArmUnmapConfiguration(
      layout: ArmUnmapGenerator.layouts[Int(variety / 4)],
      isHyp: choices.flip(1, in: 3),
      hasRangeInvalidation: choices.flip(1, in: 2)
    )
    configuration.pagesBeforeRoot = Int(variety % 4)
    self.configuration = configuration
    let addresses = AddressGenerator(
      configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits
    )
    self.addresses = addresses
    hotAddresses = (0..<3).map { _ in addresses.input(&choices) }
    slots =
      configuration.isHyp
      ? [] : (0..<2).map { _ in ArmUnmapGenerator.slot(addresses, &choices) }
  }

  var regime: TranslationRegime { TranslationRegime(configuration) }

  var configurationText: String {
    let levels =
      switch configuration.layout {
      case .lpae: "32-bit Arm with LPAE, three levels"
      case .threeLevels: "4K granule, three levels"
      case .fourLevels: "4K granule, four levels"
      case .twoLevels: "64K granule, two levels"
      }
    return "\(levels), \(configuration.isHyp ? "hyp" : "stage 2"), "
      + "\(configuration.inputAddressBits)-bit input"
      + (configuration.hasRangeInvalidation ? ", range TLBI" : "")
      + (configuration.pagesBeforeRoot == 0
        ? "" : ", root after \(configuration.pagesBeforeRoot) other pages")
  }

  mutating func operation(_ choices: inout Choices) -> ArmUnmapOperation {
    let weights =
      configuration.isHyp ? ArmUnmapGenerator.hypKindWeights : ArmUnmapGenerator.kindWeights
    switch choices.draw(weights: weights) {
    case 0: return map(level: 3, &choices)
    case 1: return map(level: blockLevel(&choices), &choices)
    case 2: return .annotate(address: address(&choices), allocations: allowance(&choices))
    case 3: return unmap(&choices)
    case 4: return configuration.isHyp ? .destroy : faultIn(&choices)
    case 6: return .age(address: address(&choices))
    case 7: return .destroy
    default:
      let start = address(&choices)
      return .flush(address: start, sizeInBytes: addresses.size(from: start, &choices))
    }
  }

  /// Mostly a level that has blocks; 0 and 4 have none.
  private func blockLevel(_ choices: inout Choices) -> LookupLevel {
    [2, 1, 0, 4][choices.draw(weights: ArmUnmapGenerator.blockLevelWeights)]
  }

  /// An unmap, and what others do if it lets them run.
  private func unmap(_ choices: inout Choices) -> ArmUnmapOperation {
    let start = address(&choices)
    var size = addresses.size(from: start, &choices)
    // 0, the simplest: the caller cannot wait; 1: it can; 2: and others are waiting.
    let company = choices.choose(through: 2) { random in
      let roll = random.next(through: 3)
      return roll < 2 ? 2 - roll : 0
    }
    var others: [ArmUnmapOperation] = []
    if company == 2 {
      // What can go wrong between them mostly takes a range of several root entries.
      if choices.flip(1, in: 2), start < addresses.inputSize { size = addresses.inputSize - start }
      others = (0...choices.draw(through: 1)).map { _ in other(&choices) }
    }
    return .unmap(address: start, sizeInBytes: size, mayYield: company > 0, others: others)
  }

  /// A call of somebody else's in the middle of an unmap, mostly about what the case is about.
  private func other(_ choices: inout Choices) -> ArmUnmapOperation {
    switch choices.draw(weights: ArmUnmapGenerator.otherWeights) {
    case 0: return map(level: 3, &choices)
    case 1: return map(level: 2, &choices)
    case 2: return .annotate(address: address(&choices), allocations: allowance(&choices))
    case 4 where !slots.isEmpty: return faultIn(&choices)
    case 5: return .destroy
    default:
      let start = address(&choices)
      let size = addresses.size(from: start, &choices)
      return .unmap(address: start, sizeInBytes: size, mayYield: false, others: [])
    }
  }

  private func faultIn(_ choices: inout Choices) -> ArmUnmapOperation {
    let slot = choices.pick(slots)
    let pages = slot.sizeInBytes / addresses.pageSize
    let page = slot.base &+ addresses.pageSize &* choices.drawScaled(through: pages)
    // Read or written, the first byte of a page or its last.
    let access = choices.draw(through: 3)
    return .faultIn(
      address: access < 2 ? page : page &+ addresses.pageSize &- 1,
      slot: slot,
      isWrite: access % 2 == 1,
      allocations: allowance(&choices)
    )
  }

  static func allocations(of operation: ArmUnmapOperation) -> Int? { operation.allocations }

  /// One leaf, mostly aligned as it has to be.
  private func map(level: LookupLevel, _ choices: inout Choices) -> ArmUnmapOperation {
    let span: UInt64 =
      switch level {
      case 3: addresses.pageSize
      case 2: addresses.blockSize
      default: addresses.largeBlockSize
      }
    var address = address(&choices)
    var physical = addresses.output(for: address, &choices)
    if !choices.flip(oneIn: 24) {
      address &= ~(span - 1)
      physical &= ~(span - 1)
    }
    return .map(
      address: address,
      physical: physical,
      protection: protection(&choices),
      level: level,
      allocations: allowance(&choices)
    )
  }

  private func allowance(_ choices: inout Choices) -> Int? {
    choices.flip(oneIn: 12) ? Int(choices.draw(through: 3)) : nil
  }

  private func address(_ choices: inout Choices) -> UInt64 {
    choices.flip(1, in: 2)
      ? addresses.input(&choices)
      : choices.pick(hotAddresses) &+ addresses.pageSize &* choices.draw(through: 1)
  }

  private func protection(_ choices: inout Choices) -> UInt64 {
    switch choices.draw(through: 5) {
    case 0, 1: Protection.read | Protection.write
    case 2: Protection.read
    case 3: Protection.read | Protection.execute
    case 4: Protection.read | Protection.write | Protection.device
    default: choices.draw(through: 15)
    }
  }

  /// Memory in the input space: a few pages, or blocks and a bit, with output aligned alike or not.
  private static func slot(
    _ addresses: AddressGenerator,
    _ choices: inout Choices
  ) -> MemorySlot {
    let (page, block) = (addresses.pageSize, addresses.blockSize)
    let base = addresses.input(&choices) & (addresses.inputSize - 1) & ~(page - 1)
    let size: UInt64 =
      switch choices.draw(through: 3) {
      case 0: 2 * block
      case 1: block
      case 2: block + block / 2
      default: page * (1 + choices.draw(through: 3))
      }
    var physical = (4 * block + base % block) & ~(page - 1)
    if choices.flip(1, in: 4) {
      let skew = choices.draw(through: 2)
      // Aligned otherwise, or at the end of the output space and over it.
      physical =
        skew == 2
        ? (addresses.outputSize - block + base % block) & ~(page - 1)
        : physical + page * (1 + skew)
    }
    return MemorySlot(
      base: base,
      sizeInBytes: min(size, addresses.inputSize - base),
      physical: physical,
      isHugeBacked: !choices.flip(1, in: 3)
    )
  }
}
