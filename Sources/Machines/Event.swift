/// One thing a walker did, as an observer on the bus would have seen it.
///
/// Addresses are physical and in bytes; a descriptor's address is that of its eight bytes.
public enum Event: Sendable, Equatable {
  /// A descriptor was read.
  case load(address: UInt64, value: UInt64)
  /// A descriptor was written over `old`.
  case store(address: UInt64, old: UInt64, new: UInt64, order: MemoryOrder)
  /// A compare-and-exchange found what it expected and wrote `new`, with release ordering.
  case exchange(address: UInt64, old: UInt64, new: UInt64)
  /// The hardware set bits of a descriptor that was `old`, of its own accord.
  case hardwareStore(address: UInt64, old: UInt64, new: UInt64)
  /// `pageCount` zeroed table pages were handed out for use at `level`, each with a count of 1.
  case allocate(address: UInt64, pageCount: Int, level: LookupLevel)
  /// An allocation was refused.
  case refuse(level: LookupLevel)
  /// A table page's count rose by `amount`.
  case retain(address: UInt64, amount: Int)
  /// A table page's count fell by `amount`, to `remaining`; at 0 the page was freed.
  case release(address: UInt64, amount: Int, remaining: Int)
  /// A table page was given away, with what hangs from it, to be freed later.
  case deferFree(address: UInt64)
  /// A section in which tables are kept for other walks was entered or left.
  case readSection(isEntered: Bool)
  /// A root's pages were freed.
  case freeRoot(address: UInt64, pageCount: Int)
  /// A TLB maintenance instruction was issued.
  case invalidate(TLBInvalidation<UInt64>)
  /// A `tlbie` was issued.
  case invalidateRadix(RadixInvalidation<UInt64>)
  /// A barrier of Arm's was issued.
  case barrier(Barrier)
  /// A barrier of Power's was issued.
  case powerBarrier(PowerBarrier)
  /// The data cache was cleaned and invalidated to the point of coherency.
  case clean(address: UInt64, sizeInBytes: UInt64)
  /// The instruction cache was invalidated to the point of unification.
  case invalidateInstructions(address: UInt64, sizeInBytes: UInt64)
  /// The walker let others run.
  case yield
  /// The walker reported a condition it thought impossible.
  case warn(Site)
  /// The walker did not come back from the call: it crashed, ended its process, or never ended.
  case lost(Site)
  /// The walker took more steps than the machine allows any call, and was cut off.
  case runaway
}

extension Site: Equatable {
  /// Two sites are the same if they are called the same.
  public static func == (a: Site, b: Site) -> Bool { a.description == b.description }
}

/// Something that is told of every event, in order.
public protocol EventListener {
  /// Takes note of one event; the memory already shows its effect.
  mutating func observe(_ event: Event)
}
