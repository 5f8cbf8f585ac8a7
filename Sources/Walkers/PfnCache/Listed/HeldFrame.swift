public import Machines

/// What a cache held of a frame, once it is out of the cache.
public struct HeldFrame<W: Word> {
  /// The frame, or `HostMemory.noFrame`.
  @usableFromInline var frame: W
  /// Where it was mapped; 0 for nowhere.
  @usableFromInline var mapping: W
  /// Whether somebody was to write it, and at which guest address.
  @usableFromInline var isDirty: W
  @usableFromInline var guestAddress: W

  @inlinable
  init(frame: W, mapping: W, isDirty: W, guestAddress: W) {
    self.frame = frame
    self.mapping = mapping
    self.isDirty = isDirty
    self.guestAddress = guestAddress
  }

  /// The mapping's first byte; 0 for nowhere.
  @inlinable @inline(__always)
  var base: W { mapping & ~W(HostMemory.offsetMask) }
}

extension HeldFrame {
  /// Reads what a cache holds, under its lock.
  @inlinable
  init<M: HostMemoryMachine>(of cache: M.Record, _ machine: inout M) where M.W == W {
    frame = machine.read(PfnCacheRecord.frame, of: cache, .plain)
    mapping = machine.read(PfnCacheRecord.mapping, of: cache, .plain)
    isDirty = machine.read(PfnCacheRecord.isDirty, of: cache, .plain)
    guestAddress = machine.read(PfnCacheRecord.guestAddress, of: cache, .plain)
  }
}

extension HostMemoryMachine {
  /// Maps a frame as its kind asks for.
  @inlinable
  mutating func mapAny(_ frame: W) -> W {
    holds(isRAM(frame)) ? map(frame) : remap(frame)
  }

  /// Undoes what `mapAny` did.
  @inlinable
  mutating func unmapAny(_ frame: W, at base: W) {
    if holds(isRAM(frame)) { unmap(frame) } else { unmapRemapped(base) }
  }
}
