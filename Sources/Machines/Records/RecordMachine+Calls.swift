extension RecordMachine {
  /// That of the record at the address, if there is one.
  @inlinable @inline(__always)
  public mutating func turn(of next: W, carrying carried: inout W) -> Record? {
    holds(next .== W(0)) ? nil : record(at: next)
  }

  /// The next one's, until there are no more.
  @inlinable @inline(__always)
  public mutating func turn(at next: Int, below count: W) -> Int? {
    holds(W(UInt64(next)) .< count) ? next : nil
  }

  /// Puts `value` into a field.
  /// - Returns: what was there before.
  @inlinable @inline(__always)
  public mutating func exchange(
    _ value: W,
    _ field: Field,
    of record: Record,
    _ order: AtomicOrder
  ) -> W {
    update(field, of: record, .exchange, value, order)
  }

  /// Adds to a field, modulo 2^64.
  /// - Returns: what was there before.
  @inlinable @inline(__always)
  public mutating func add(
    _ amount: W,
    _ field: Field,
    of record: Record,
    _ order: AtomicOrder
  ) -> W {
    update(field, of: record, .add, amount, order)
  }

  /// The record that a field points to; nil where it holds 0.
  @inlinable @inline(__always)
  public mutating func follow(_ link: Field, of record: Record, _ access: Access) -> Record? {
    let address = read(link, of: record, access)
    return holds(address .== W(0)) ? nil : self.record(at: address)
  }

  /// Does `body` with a lock taken.
  @inlinable @inline(__always)
  public mutating func withLock<Result>(
    _ lock: Field,
    of record: Record,
    _ mode: LockMode,
    _ body: (inout Self) -> Result
  ) -> Result {
    acquire(lock, of: record, mode)
    let result = body(&self)
    release(lock, of: record, mode)
    return result
  }
}
