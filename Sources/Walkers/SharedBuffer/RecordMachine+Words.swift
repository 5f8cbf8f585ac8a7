public import Machines

extension RecordMachine {
  /// Whether a word is 0.
  @inlinable @inline(__always)
  mutating func isZero(_ word: W) -> Bool { holds(word .== W(0)) }

  /// Reads a field that nobody changes, or that a lock protects.
  @inlinable @inline(__always)
  mutating func plain(_ field: Field, of record: Record) -> W { read(field, of: record, .plain) }

  /// Writes a field that nobody else looks at, or that a lock protects.
  @inlinable @inline(__always)
  mutating func set(_ field: Field, of record: Record, to value: W) {
    write(value, field, of: record, .plain)
  }

  /// Whether two handles are of one record.
  @inlinable @inline(__always)
  mutating func isSame(_ a: Record, _ b: Record) -> Bool {
    let (first, second) = (address(of: a), address(of: b))
    return holds(first .== second)
  }

  /// Takes a reference where the count is known not to be 0.
  @inlinable @inline(__always)
  mutating func retain(_ count: Field, of record: Record) {
    _ = add(W(1), count, of: record, .relaxed)
  }

  /// Takes a reference unless there is none left.
  @inlinable
  mutating func tryRetain(_ count: Field, of record: Record) -> Bool {
    var known = read(count, of: record, .once)
    while !isZero(known) {
      let found = compareExchange(known, with: known &+ W(1), count, of: record, .full)
      if holds(found .== known) { return true }
      known = found
    }
    return false
  }

  /// Gives a reference back.
  /// - Returns: whether it was the last.
  @inlinable @inline(__always)
  mutating func giveBack(_ count: Field, of record: Record) -> Bool {
    let old = add(W(0) &- W(1), count, of: record, .full)
    return holds(old .== W(1))
  }
}
