public import Machines

/// What is known of one table page from the events alone.
@usableFromInline
struct PageShadow {
  /// The input address that its first entry covers; meaningful once linked.
  @usableFromInline var inputAddress: UInt64 = 0
  /// The physical address of the entry that leads to it, 0 for a root or a page never linked.
  @usableFromInline var parentEntry: UInt64 = 0
  /// The entry from which it was detached, while a TLB may still lead to it.
  @usableFromInline var detachedFrom: UInt64 = 0
  /// When it was last written or zeroed, in events.
  @usableFromInline var writtenAt = 0
  /// Its count by the events.
  @usableFromInline var count: Int32 = 0
  /// How many entries are not zero.
  @usableFromInline var nonzeroCount: Int32 = 0
  /// How many entries are valid.
  @usableFromInline var validCount: Int32 = 0
  /// How many stale table entries lead to it.
  @usableFromInline var walkReferences: Int32 = 0
  /// The page whose entry leads to it, by number; -1 for none.
  @usableFromInline var parent: Int32 = -1
  /// The tables that its entries lead to, as a list of page numbers; -1 ends it.
  @usableFromInline var firstChild: Int32 = -1
  @usableFromInline var nextSibling: Int32 = -1
  @usableFromInline var previousSibling: Int32 = -1
  @usableFromInline var level = LookupLevel.last
  @usableFromInline var station = PageStation.unused
  @usableFromInline var isRoot = false
  /// Whether a walk from the root reaches it.
  @usableFromInline var isLinked = false
  /// Whether a walk from the root ever reached it.
  @usableFromInline var wasLinked = false
  /// Whether it was given away to be freed later, by itself or with what it hangs from.
  @usableFromInline var isDeferred = false
  /// Whether it is linked and its count is not 1 plus its nonzero entries.
  @usableFromInline var isImbalanced = false

  @inlinable
  init() {}
}

/// The pages of a window, preallocated; freed when the last user is gone.
@usableFromInline
final class PageShadows: @unchecked Sendable {
  @usableFromInline let pages: UnsafeMutablePointer<PageShadow>
  /// A bit for each descriptor: whether it was written in the current call.
  @usableFromInline let touchedBits: UnsafeMutablePointer<UInt64>
  let capacity: Int

  init(capacity: Int, entryCount: Int) {
    self.capacity = capacity
    pages = .allocate(capacity: capacity)
    pages.initialize(repeating: PageShadow(), count: capacity)
    let wordCount = capacity * entryCount / 64
    touchedBits = .allocate(capacity: wordCount)
    touchedBits.initialize(repeating: 0, count: wordCount)
  }

  deinit {
    pages.deallocate()
    touchedBits.deallocate()
  }
}
