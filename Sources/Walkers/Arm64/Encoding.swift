public import Machines

/// How the walkers write descriptors (VMSAv8-64).
///
/// Only encodings: what the hardware makes of them is the architecture's business, in `Models/`.
public struct Encoding: Sendable, Hashable {
  /// Set in every descriptor that the hardware uses.
  @inlinable public static var valid: UInt64 { 1 << 0 }
  /// Set in a table above the last level and in a page at it; clear in a block.
  @inlinable public static var tableOrPage: UInt64 { 1 << 1 }
  /// Stage 2: reads allowed.
  @inlinable public static var stage2Read: UInt64 { 1 << 6 }
  /// Stage 2: writes allowed.
  @inlinable public static var stage2Write: UInt64 { 1 << 7 }
  /// Inner shareable.
  @inlinable public static var innerShareable: UInt64 { 0b11 << 8 }
  /// Access flag.
  @inlinable public static var accessFlag: UInt64 { 1 << 10 }
  /// Execution not allowed.
  @inlinable public static var executeNever: UInt64 { 1 << 54 }
  /// What permissions consist of at stage 2.
  @inlinable public static var stage2Permissions: UInt64 { stage2Read | stage2Write | executeNever }
  /// Stage 2: the memory attributes.
  @inlinable public static var stage2MemoryAttributes: UInt64 { 0b1111 << 2 }
  /// The lowest bit of the owner in an annotated invalid descriptor.
  @inlinable public static var ownerShift: UInt64 { 2 }

  /// The base-2 logarithm of the granule in bytes.
  public let pageShift: UInt64

  /// The encoding for a granule of 2^`pageShift` bytes.
  @inlinable
  public init(pageShift: UInt64) { self.pageShift = pageShift }

  /// The bits 47 and below that hold an output address.
  @inlinable @inline(__always)
  var lowAddressMask: UInt64 { (1 &<< 48) &- (1 &<< pageShift) }

  /// The address field of a descriptor for this output address, aligned to a page.
  @inlinable @inline(__always)
  public func address<W: Word>(_ output: W) -> W {
    let low = output & W(lowAddressMask)
    return pageShift == 16 ? low | (((output &>> 48) & W(0b1111)) &<< 12) : low
  }

  /// The output or next-table address of a descriptor.
  @inlinable @inline(__always)
  public func output<W: Word>(of descriptor: W) -> W {
    let low = descriptor & W(lowAddressMask)
    return pageShift == 16 ? low | (((descriptor &>> 12) & W(0b1111)) &<< 48) : low
  }

  /// A descriptor that points to the table at `address`.
  @inlinable @inline(__always)
  public func table<W: Word>(at address: W) -> W {
    self.address(address) | W(Encoding.valid | Encoding.tableOrPage)
  }

  /// A leaf at `level` with this output address and these attributes.
  @inlinable @inline(__always)
  public func leaf<W: Word>(_ output: W, attributes: W, level: LookupLevel) -> W {
    let type = level == Geometry.lastLevel ? Encoding.valid | Encoding.tableOrPage : Encoding.valid
    return address(output) | attributes | W(type)
  }

  /// An invalid descriptor that says who owns the page; owner 0 is all zeroes.
  @inlinable @inline(__always)
  public static func annotation<W: Word>(owner: W) -> W { owner &<< ownerShift }

  /// Whether the hardware uses the descriptor.
  @inlinable @inline(__always)
  public static func isValid<W: Word>(_ descriptor: W) -> W.Condition {
    (descriptor & W(valid)) .!= W(0)
  }

  /// Whether the descriptor, found above the last level, points to a table.
  @inlinable @inline(__always)
  public static func isTable<W: Word>(_ descriptor: W) -> W.Condition {
    (descriptor & W(valid | tableOrPage)) .== W(valid | tableOrPage)
  }

  /// The stage-2 memory attributes of normal write-back memory.
  @inlinable @inline(__always)
  public static func stage2Normal(forcesWriteBack: Bool) -> UInt64 {
    (forcesWriteBack ? 0b0110 : 0b1111) << 2
  }

  /// The stage-2 memory attributes of device nGnRE memory.
  @inlinable @inline(__always)
  public static var stage2Device: UInt64 { 0b0001 << 2 }

  /// The stage-2 attributes for a protection.
  @inlinable @inline(__always)
  public static func stage2Attributes<W: Word>(_ protection: W, forcesWriteBack: Bool) -> W {
    let normal = stage2Normal(forcesWriteBack: forcesWriteBack)
    let isDevice = W(0) &- ((protection &>> 3) & W(1))
    let memory = W(normal) ^ (W(normal ^ stage2Device) & isDevice)
    let read = (protection & W(Protection.read)) &<< 4
    let write = (protection & W(Protection.write)) &<< 6
    let executeNever = ((protection & W(Protection.execute)) ^ W(Protection.execute)) &<< 54
    let software = protection & W(Protection.software)
    return memory | read | write | executeNever | software
      | W(Encoding.innerShareable | Encoding.accessFlag)
  }

  /// The EL2 stage-1 attributes for a protection that includes reading.
  @inlinable @inline(__always)
  public static func hypAttributes<W: Word>(_ protection: W) -> W {
    // MAIR index 0 is normal memory, 4 is device nGnRE; AP is 0b01 read-write, 0b11 read-only.
    let memory = ((protection &>> 3) & W(1)) &<< 4
    let readOnly = (((protection &>> 1) & W(1)) ^ W(1)) &<< 7
    let executeNever = ((protection & W(Protection.execute)) ^ W(Protection.execute)) &<< 54
    let software = protection & W(Protection.software)
    return memory | readOnly | executeNever | software
      | W(1 << 6 | Encoding.innerShareable | Encoding.accessFlag)
  }
}
