/// What code runs on that finds the frames behind a guest's memory and maps them for the host.
///
/// Frames are named by their numbers; host addresses are user space's. What may fail does so by a
/// value: `HostMemory.noFrame`, or an address of 0.
public protocol HostMemoryMachine: RecordMachine {
  /// The host address of the page that a slot layout has at a guest frame number.
  /// - Returns: `HostMemory.noAddress` where there is no slot.
  mutating func hostAddress(of guestFrame: W, in slots: Record) -> W
  /// The frame at a host address, with a reference to it; sleeps, and others may run before.
  /// - Returns: `HostMemory.noFrame` where there is none to be had.
  mutating func lookUp(_ hostAddress: W) -> W
  /// Gives back one reference to a frame; others may run before.
  mutating func put(_ frame: W)
  /// Whether a frame is RAM, and has an owner who counts references.
  mutating func isRAM(_ frame: W) -> W.Condition
  /// Maps a frame that is RAM: `kmap`; sleeps, and others may run before.
  /// - Returns: its first byte's address; 0 where it cannot be mapped.
  mutating func map(_ frame: W) -> W
  /// Undoes one `map(_:)` of a frame.
  mutating func unmap(_ frame: W)
  /// Maps a frame that is no RAM: `memremap`; sleeps, and others may run before.
  /// - Returns: its first byte's address; 0 where it cannot be mapped.
  mutating func remap(_ frame: W) -> W
  /// Undoes the `remap(_:)` that gave an address; sleeps, and others may run before.
  mutating func unmapRemapped(_ address: W)
  /// Enters a guest page in the dirty log; others may run before.
  mutating func markDirty(_ guestFrame: W)
}

/// Values that name nothing.
public enum HostMemory {
  /// A host address that is none.
  public static let noAddress: UInt64 = 0xffff_8000_0000_0000
  /// A frame number that is none.
  public static let noFrame: UInt64 = 0x7ff0_0000_0000_0002
  /// A page's size, in bytes.
  public static let pageSize: UInt64 = 4096
  /// What of an address is the place in its page.
  public static let offsetMask: UInt64 = 4095
  /// How far an address is shifted to give its page's number.
  public static let pageShift: UInt64 = 12
}
