/// How a partition's radix tree is made.
///
/// Levels are numbered from 3, the root's, to 0.
public struct PartitionConfiguration: Sendable, Hashable {
  /// The base-2 logarithm of the smallest page in bytes: 12 or 16.
  public var pageShift: UInt64
  /// How many address bits a table of level 0 resolves: 9 for 4 KiB, 5 for 64 KiB.
  public var lastBits: UInt64
  /// How many address bits a table of levels 1 and 2 resolves.
  public var middleBits: UInt64 = 9
  /// How many address bits the root resolves.
  public var rootBits: UInt64 = 13
  /// The partition's identifier, LPID.
  public var partition: UInt64 = 1
  /// Whether the CPU is a POWER9 DD1, on which no valid entry may be changed into another.
  public var isDD1: Bool

  /// A tree of POWER9's geometry.
  @inlinable
  public init(pageShift: UInt64, isDD1: Bool = false) {
    self.pageShift = pageShift
    self.lastBits = 21 &- pageShift
    self.isDD1 = isDD1
  }

  /// The base-2 logarithm of what an entry of a level translates, in bytes.
  @inlinable
  public func shift(of level: RadixLevel) -> UInt64 {
    switch level {
    case 0: pageShift
    case 1: pageShift &+ lastBits
    case 2: pageShift &+ lastBits &+ middleBits
    default: pageShift &+ lastBits &+ middleBits &* 2
    }
  }

  /// How many address bits the table of a level resolves.
  @inlinable
  public func bits(of level: RadixLevel) -> UInt64 {
    switch level {
    case 0: lastBits
    case 3: rootBits
    default: middleBits
    }
  }

  /// How many pages of 4 KiB the root has.
  @inlinable public var rootPageCount: Int { 1 << Int(max(rootBits, 9) &- 9) }

  /// How many address bits the tree translates.
  @inlinable public var addressBits: UInt64 { shift(of: 3) &+ rootBits }
}

/// A run of guest frames that host memory stands behind.
public struct GuestSlot: Sendable, Hashable {
  /// Its number.
  public let number: Int
  /// Its first guest frame, in pages of the smallest size.
  public let firstFrame: UInt64
  /// How many frames it has.
  public let frameCount: UInt64
  /// The host address of its first byte.
  public let hostAddress: UInt64
  /// Whether what is written is logged.
  public let hasLog: Bool

  /// A slot.
  public init(
    number: Int,
    firstFrame: UInt64,
    frameCount: UInt64,
    hostAddress: UInt64,
    hasLog: Bool
  ) {
    self.number = number
    self.firstFrame = firstFrame
    self.frameCount = frameCount
    self.hostAddress = hostAddress
    self.hasLog = hasLog
  }

  /// Its frames.
  @inlinable public var frames: Range<UInt64> { firstFrame..<firstFrame &+ frameCount }
}
