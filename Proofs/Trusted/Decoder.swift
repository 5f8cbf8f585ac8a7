import Machines
import Symbolic
import Walkers

/// What the architecture makes of a descriptor, on symbolic words.
///
/// Stated here again, from the manual, so that a proof shares no decoding with the walker.
/// Reference: Arm ARM DDI 0487, "VMSAv8-64 descriptor formats".
struct Decoder: Sendable {
  /// The last lookup level.
  static let lastLevel = LookupLevel.last
  /// The fields that permissions, the access flag and software own: S2AP 7:6, AF 10, XN 54:53,
  /// software 58:55.
  ///
  /// A change of these alone demands no break.
  static let harmless: UInt64 = 0b11 << 6 | 1 << 10 | 0b11 << 53 | 0b1111 << 55

  /// Stage 2: writes permitted, S2AP's higher bit.
  static let stage2Write: UInt64 = 1 << 7
  /// Stage 2: reads permitted, S2AP's lower bit.
  static let stage2Read: UInt64 = 1 << 6
  /// The access flag.
  static let accessFlag: UInt64 = 1 << 10
  /// Execution not permitted.
  static let executeNever: UInt64 = 1 << 54
  /// What the hardware ignores.
  static let software: UInt64 = 0b1111 << 55

  let geometry: Geometry
  /// Whether an invalid entry of the last level may name its page's owner.
  var keepsOwners = true

  private func word(_ value: UInt64) -> BitVector { BitVector(value) }

  /// Where an output address lies in a descriptor.
  var addressField: UInt64 {
    let low = UInt64(1) << 48 - UInt64(1) << geometry.pageShift
    return geometry.pageShift == 16 ? low | 0xf000 : low
  }

  func isValid(_ descriptor: BitVector) -> Formula { (descriptor & word(1)) .!= word(0) }

  /// Whether a descriptor at `level` points to a table.
  func isTable(_ descriptor: BitVector, level: LookupLevel) -> Formula {
    level < Decoder.lastLevel ? (descriptor & word(3)) .== word(3) : Formula(false)
  }

  /// Whether a descriptor at `level` is a block or a page.
  func isLeaf(_ descriptor: BitVector, level: LookupLevel) -> Formula {
    if level == Decoder.lastLevel { return (descriptor & word(3)) .== word(3) }
    return level < geometry.firstBlockLevel
      ? Formula(false) : (descriptor & word(3)) .== word(1)
  }

  /// Whether a stage-2 leaf is of normal write-back memory: MemAttr 5:2, as the library maps it.
  func isWriteBack(_ descriptor: BitVector, forcesWriteBack: Bool) -> Formula {
    let memory: UInt64 = forcesWriteBack ? 0b0110 : 0b1111
    return (descriptor & word(0b1111 << 2)) .== word(memory << 2)
  }

  /// Whether a leaf permits execution.
  func isExecutable(_ descriptor: BitVector) -> Formula {
    (descriptor & word(Decoder.executeNever)) .== word(0)
  }

  /// Bits 47 and below of the address, and with 64 KiB granules bits 51:48 from 15:12.
  func address(_ descriptor: BitVector) -> BitVector {
    let low = descriptor & word(1 << 48 - UInt64(1) << geometry.pageShift)
    guard geometry.pageShift == 16 else { return low }
    return low | (descriptor & word(0xf000)) &<< 36
  }

  /// The base-2 logarithm of what an entry at `level` spans.
  func shift(_ level: LookupLevel) -> UInt64 {
    geometry.pageShift + level.levelsBeneath * geometry.bitsPerLevel
  }

  /// What an entry at `level` spans, in bytes.
  func span(_ level: LookupLevel) -> UInt64 { 1 << shift(level) }

  /// What entries are assumed to be before a call: what earlier calls can have left there.
  ///
  /// A leaf's output address is aligned to its span; an invalid entry is empty, or at the last
  /// level an owner's annotation; a table lies below the pages that are handed out later.
  func isWellFormed(_ descriptor: BitVector, _ level: LookupLevel) -> Formula {
    let kind = descriptor & word(3)
    let isEmpty = descriptor .== word(0)
    if level == Decoder.lastLevel {
      let isOwned = keepsOwners ? descriptor .== word(1 << 2) : Formula(false)
      return (kind .== word(3)) .| isEmpty .| isOwned
    }
    let isNear = (descriptor & word(Decoder.freshBase)) .== word(0)
    let table = (kind .== word(3)) .& isNear
    guard level >= geometry.firstBlockLevel else { return table .| isEmpty }
    let offset = word(span(level) - 1)
    return table .| isEmpty .| ((kind .== word(1)) .& ((address(descriptor) & offset) .== word(0)))
  }

  /// Where pages that are handed out during a proof lie; no table lies there before.
  static let freshBase: UInt64 = 1 << 46

  /// The symbolic machine's view of the tables.
  var shape: TableTreeShape {
    let decoder = self
    return TableTreeShape(
      indexBits: geometry.bitsPerLevel,
      pageShift: geometry.pageShift,
      startLevel: geometry.startLevel,
      lastLevel: Decoder.lastLevel,
      freshBase: Decoder.freshBase,
      linkedAddress: { decoder.address($0) },
      isLink: { decoder.isTable($0, level: $1) },
      isWellFormed: { decoder.isWellFormed($0, $1) }
    )
  }
}
