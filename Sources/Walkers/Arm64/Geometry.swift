public import Machines

/// The shape of a page-table tree: how many levels, and which address bits each resolves.
///
/// Levels are numbered as the architecture does: 3 is the last, whose leaves are pages. A geometry
/// is a value that a walker is given, so that the same source can be proved with tables of two or
/// four entries.
public struct Geometry: Sendable, Hashable {
  /// The last lookup level, whose leaves are pages.
  public static let lastLevel = LookupLevel.last

  /// The base-2 logarithm of the granule in bytes.
  public let pageShift: UInt64
  /// How many input-address bits a level resolves; a table holds 2^this descriptors.
  public let bitsPerLevel: UInt64
  /// The level of the root.
  public let startLevel: LookupLevel
  /// The size of the input address space in bits.
  public let inputAddressBits: UInt64
  /// The size of the output address space in bits.
  public let outputAddressBits: UInt64
  /// The first level at which a leaf (a block) is possible.
  public let firstBlockLevel: LookupLevel

  /// The tree with exactly these parameters.
  @inlinable
  public init(
    pageShift: UInt64,
    bitsPerLevel: UInt64,
    startLevel: LookupLevel,
    inputAddressBits: UInt64,
    outputAddressBits: UInt64,
    firstBlockLevel: LookupLevel
  ) {
    self.pageShift = pageShift
    self.bitsPerLevel = bitsPerLevel
    self.startLevel = startLevel
    self.inputAddressBits = inputAddressBits
    self.outputAddressBits = outputAddressBits
    self.firstBlockLevel = firstBlockLevel
  }

  /// The tree of a stage-2 configuration: as few levels as 16 concatenated root tables allow, and
  /// two at least, so that the smallest block stays available.
  public init(_ configuration: Stage2Configuration) {
    let bits = configuration.granule.bitsPerLevel
    let resolved = configuration.inputAddressBits - configuration.granule.shift
    let levels = max(2, (resolved - 4 + bits - 1) / bits)
    self.init(
      granule: configuration.granule,
      levelCount: Int(levels),
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits
    )
  }

  /// The tree of a hypervisor's own stage 1: one root table, which need not be full.
  public init(_ configuration: HypConfiguration) {
    let bits = configuration.granule.bitsPerLevel
    let resolved = configuration.inputAddressBits - configuration.granule.shift
    self.init(
      granule: configuration.granule,
      levelCount: Int((resolved + bits - 1) / bits),
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits
    )
  }

  private init(
    granule: Granule,
    levelCount: Int,
    inputAddressBits: UInt64,
    outputAddressBits: UInt64
  ) {
    self.init(
      pageShift: granule.shift,
      bitsPerLevel: granule.bitsPerLevel,
      startLevel: Geometry.lastLevel + 1 - levelCount,
      inputAddressBits: inputAddressBits,
      outputAddressBits: outputAddressBits,
      firstBlockLevel: granule == .size4K ? 1 : 2
    )
  }

  /// The size of a page in bytes.
  @inlinable public var pageSize: UInt64 { 1 &<< pageShift }
  /// How many descriptors a table holds.
  @inlinable public var entryCount: UInt64 { 1 &<< bitsPerLevel }
  /// How many concatenated pages the root has.
  @inlinable
  public var rootPageCount: Int {
    let covered = shift(at: startLevel) + bitsPerLevel
    return inputAddressBits <= covered ? 1 : 1 << Int(inputAddressBits - covered)
  }

  /// The base-2 logarithm of what one entry at `level` spans, in bytes.
  @inlinable @inline(__always)
  public func shift(at level: LookupLevel) -> UInt64 {
    pageShift &+ level.levelsBeneath &* bitsPerLevel
  }

  /// What one entry at `level` spans, in bytes.
  @inlinable @inline(__always)
  public func span(at level: LookupLevel) -> UInt64 { 1 &<< shift(at: level) }

  /// The index of an address's entry in its table at `level`.
  @inlinable @inline(__always)
  public func index<W: Word>(of address: W, at level: LookupLevel) -> W {
    (address &>> shift(at: level)) & W(entryCount &- 1)
  }

  /// The first address after the entry at `level` that an address belongs to.
  @inlinable @inline(__always)
  public func next<W: Word>(after address: W, at level: LookupLevel) -> W {
    (address | W(span(at: level) &- 1)) &+ W(1)
  }

  /// The number of the root page that an address below the input limit belongs to.
  @inlinable @inline(__always)
  public func rootIndex<W: Word>(of address: W) -> W {
    let shift = shift(at: startLevel) &+ bitsPerLevel
    return shift >= 64 ? W(0) : address &>> shift
  }

  /// Whether a leaf at `level` is possible for `remaining` bytes from input to output address.
  @inlinable @inline(__always)
  public func leafFits<W: Word>(
    at level: LookupLevel,
    input: W,
    output: W,
    remaining: W
  ) -> W.Condition {
    let span = W(span(at: level))
    return (((input | output) & (span &- W(1))) .== W(0)) .& (span .<= remaining)
  }
}
