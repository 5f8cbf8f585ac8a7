public import Machines

/// Leaves of one table that were broken one after the other and await their invalidation.
@usableFromInline
struct BrokenRun<M: ArmMachine> {
  /// Whether anything awaits.
  @usableFromInline var isOpen = false
  /// Whether the memory behind the leaves has to be cleaned from the data cache.
  @usableFromInline var isCleaned = false
  /// The level of the leaves.
  @usableFromInline var level = Geometry.lastLevel
  /// The first byte of the input addresses.
  @usableFromInline var start = M.W(0)
  /// The first byte after the input addresses.
  @usableFromInline var end = M.W(0)
  /// The first byte of the output addresses to clean.
  @usableFromInline var cleanStart = M.W(0)
  /// The first byte after the output addresses to clean.
  @usableFromInline var cleanEnd = M.W(0)
  /// Whether an entry that was not broken was passed since.
  @usableFromInline var hasGap = false

  @inlinable
  init() {}

  /// Adds the leaf that holds `cursor`, of `span` bytes.
  @inlinable @inline(__always)
  mutating func extend(over cursor: M.W, span: UInt64, level: LookupLevel) {
    if !isOpen {
      isOpen = true
      hasGap = false
      self.level = level
      start = cursor
    }
    end = (cursor | M.W(span &- 1)) &+ M.W(1)
  }

  /// Begins with the pages from `start` to `end` (not included).
  @inlinable @inline(__always)
  mutating func open(from start: M.W, to end: M.W) {
    isOpen = true
    hasGap = false
    level = Geometry.lastLevel
    self.start = start
    self.end = end
  }

  /// Adds `span` bytes of memory to clean, right behind what is there.
  @inlinable @inline(__always)
  mutating func clean(_ output: M.W, span: UInt64) {
    if !isCleaned {
      isCleaned = true
      cleanStart = output
    }
    cleanEnd = output &+ M.W(span)
  }

  /// The memory to clean is that from `start` to `end` (not included).
  @inlinable @inline(__always)
  mutating func clean(from start: M.W, to end: M.W) {
    isCleaned = true
    cleanStart = start
    cleanEnd = end
  }

  /// Ends the run.
  @inlinable @inline(__always)
  mutating func close() {
    isOpen = false
    isCleaned = false
  }
}
