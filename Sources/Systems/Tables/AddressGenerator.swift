import Machines
import Property

/// Draws addresses and sizes where walkers go wrong: on both sides of every boundary of a granule
/// or level, at the end of the address space, unaligned, and where earlier operations were.
///
/// The simplest address is 0 and the simplest size one page.
struct AddressGenerator {
  /// The base-2 logarithm of the granule.
  let pageShift: UInt64
  /// The address bits that a level resolves.
  let bitsPerLevel: UInt64
  /// The first address beyond the input space.
  let inputSize: UInt64
  /// The first address beyond the output space.
  let outputSize: UInt64

  private static let anchorWeights = Weights([10, 4, 2, 2, 1])
  private static let offsetWeights = Weights([8, 8, 4, 2, 1])
  private static let sizeWeights = Weights([120, 40, 8, 12, 3, 3, 3, 2, 2, 8])
  private static let outputWeights = Weights([14, 8, 4, 1, 1])

  init(_ granule: Granule, inputAddressBits: UInt64, outputAddressBits: UInt64) {
    pageShift = granule.shift
    bitsPerLevel = granule.bitsPerLevel
    inputSize = 1 << inputAddressBits
    outputSize = 1 << outputAddressBits
  }

  var pageSize: UInt64 { 1 << pageShift }
  /// What a level-2 entry spans: the smallest block.
  var blockSize: UInt64 { 1 << (pageShift + bitsPerLevel) }
  /// What a level-1 entry spans, or the whole space where that is less.
  var largeBlockSize: UInt64 { min(inputSize, 1 << (pageShift + 2 * bitsPerLevel)) }

  /// What a level-0 entry spans, where a range of that size takes but a table of blocks; no block is so
  /// large, and a walker that takes it for one maps 512 GiB by an entry that the hardware takes for none.
  var topSpan: UInt64? {
    let span = largeBlockSize << bitsPerLevel
    return pageShift == Granule.size4K.shift && span < min(inputSize, outputSize) ? span : nil
  }

  /// An input address, mostly inside the input space.
  func input(_ choices: inout Choices) -> UInt64 {
    let anchor: UInt64 =
      switch choices.draw(weights: AddressGenerator.anchorWeights) {
      case 0: 0
      case 1: blockSize * choices.draw(through: 3)
      case 2: largeBlockSize &* choices.draw(through: 2)
      case 3: inputSize - blockSize
      default: inputSize &- pageSize &* choices.draw(through: 1)
      }
    return anchor &+ offset(&choices)
  }

  /// A distance from an anchor: some pages up or down, now and then not whole pages.
  private func offset(_ choices: inout Choices) -> UInt64 {
    switch choices.draw(weights: AddressGenerator.offsetWeights) {
    case 0: return 0
    case 1: return pageSize * choices.draw(through: 3)
    case 2: return 0 &- pageSize &* (1 + choices.draw(through: 1))
    case 3: return pageSize &* choices.draw(below: 1 << bitsPerLevel)
    default:
      return pageSize &* choices.draw(through: 2) &+ choices.drawScaled(through: pageSize - 1)
    }
  }

  /// A size in bytes, mostly small.
  func size(from address: UInt64, _ choices: inout Choices) -> UInt64 {
    switch choices.draw(weights: AddressGenerator.sizeWeights) {
    case 0: return pageSize
    case 1: return pageSize * (2 + choices.draw(through: 2))
    case 2: return 0
    case 3: return blockSize
    case 4: return blockSize &+ pageSize &* (1 + choices.draw(through: 1))
    case 5: return blockSize &- pageSize &* (1 + choices.draw(through: 1))
    case 6:
      return (inputSize &- (address & ~(pageSize &- 1))) &+ pageSize &* choices.draw(through: 1)
    case 7: return 0 &- (address & ~(pageSize &- 1)) &+ pageSize &* choices.draw(through: 2)
    case 8:
      if let topSpan, choices.flip(1, in: 2) { return topSpan }
      return largeBlockSize &+ choices.drawScaled(through: pageSize)
    // Not a whole number of pages.
    default:
      return pageSize * (1 + choices.draw(through: 2)) &+ 1
        &+ choices.drawScaled(through: pageSize - 2)
    }
  }

  /// How many pages a range is mapped or annotated by at most that is not mapped in blocks.
  static let pageLimit: UInt64 = 640

  /// Makes a map one that takes few tables: a range of `topSpan` begins where an entry does, and another
  /// that is large, and cannot be mapped in blocks, is cut short.
  ///
  /// A range that is larger than the space stays, to be refused.
  func limit(
    _ size: inout UInt64,
    from input: inout UInt64,
    to output: inout UInt64,
    inPages: Bool
  ) {
    if size == topSpan {
      input &= ~(size - 1)
      output = input & (outputSize - 1)
    }
    // In pages, it would take one for each of its pages.
    let isBlocky = (input ^ output) % blockSize == 0 && !inPages
    if size <= inputSize, !isBlocky || size > 4 * largeBlockSize && size != topSpan {
      size = min(size, AddressGenerator.pageLimit * pageSize)
    }
  }

  /// An output address for an input address, often as well aligned as it.
  func output(for input: UInt64, _ choices: inout Choices) -> UInt64 {
    switch choices.draw(weights: AddressGenerator.outputWeights) {
    case 0: return input
    case 1: return (input &+ blockSize &* (1 + choices.draw(through: 3))) & (outputSize &- 1)
    case 2: return (input &+ pageSize &* (1 + choices.draw(through: 3))) & (outputSize &- 1)
    case 3: return outputSize &- blockSize &* (1 + choices.draw(through: 1)) &+ input % blockSize
    default: return aroundEnd(&choices)
    }
  }

  /// An output address on either side of the output space's end, or far beyond it.
  private func aroundEnd(_ choices: inout Choices) -> UInt64 {
    switch choices.draw(through: 5) {
    case 0: outputSize
    case 1: outputSize &- pageSize
    case 2: outputSize &- 2 &* pageSize
    case 3: outputSize &+ pageSize
    case 4: outputSize &+ blockSize
    default: outputSize << 4
    }
  }
}
