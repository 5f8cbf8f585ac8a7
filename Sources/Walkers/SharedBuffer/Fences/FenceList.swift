public import Machines

/// Fences in slots, as reservations and arrays keep them.
public enum FenceList {
  /// An empty list with room for `capacity` fences, a power of 2; nil where there is no memory.
  @inlinable
  public static func make<M: BufferHostMachine>(_ machine: inout M, capacity: Int) -> M.Record? {
    let chunkSize = FenceListRecord.chunkSize
    let slotCount = capacity <= chunkSize ? capacity : capacity / chunkSize
    let layout = FenceListRecord.layout(slotCount)
    guard let list = machine.allocate(layout, isZeroed: true, maySleep: true) else { return nil }
    machine.set(FenceListRecord.capacity, of: list, to: M.W(UInt64(capacity)))
    guard capacity > chunkSize else { return list }
    for index in 0..<slotCount {
      guard
        let chunk = machine.allocate(
          FenceListRecord.layout(chunkSize),
          isZeroed: true,
          maySleep: true
        )
      else {
        free(&machine, list)
        return nil
      }
      machine.set(FenceListRecord.slot(index), of: list, to: machine.address(of: chunk))
    }
    return list
  }

  /// The least power of 2 that is not below `count`, at least 4, and at most the limit.
  @inlinable
  public static func capacity<M: BufferHostMachine>(_ machine: inout M, for count: M.W) -> Int {
    var capacity = 4
    while capacity < FenceListRecord.limit, machine.holds(M.W(UInt64(capacity)) .< count) {
      capacity *= 2
    }
    return capacity
  }

  /// How many chunks a list has; 0 where its slots are its own.
  @inlinable
  static func chunkCount<M: BufferHostMachine>(_ machine: inout M, _ list: M.Record) -> Int {
    let capacity = machine.plain(FenceListRecord.capacity, of: list)
    let chunkSize = UInt64(FenceListRecord.chunkSize)
    guard machine.holds(M.W(chunkSize) .< capacity) else { return 0 }
    var count = 2
    while machine.holds(M.W(UInt64(count) * chunkSize) .< capacity) { count *= 2 }
    return count
  }

  /// Where a slot is.
  @inlinable @inline(__always)
  static func place<M: BufferHostMachine>(
    _ machine: inout M,
    _ list: M.Record,
    _ index: Int
  ) -> (M.Record, Field) {
    let capacity = machine.plain(FenceListRecord.capacity, of: list)
    let chunkSize = FenceListRecord.chunkSize
    if machine.holds(capacity .<= M.W(UInt64(chunkSize))) {
      return (list, FenceListRecord.slot(index))
    }
    let chunk = machine.plain(FenceListRecord.slot(index / chunkSize), of: list)
    return (machine.record(at: chunk), FenceListRecord.slot(index % chunkSize))
  }

  /// What is in a slot, as others may be writing it.
  @inlinable @inline(__always)
  static func slot<M: BufferHostMachine>(
    _ machine: inout M,
    _ list: M.Record,
    _ index: Int
  ) -> M.W {
    let (record, field) = place(&machine, list, index)
    return machine.read(field, of: record, .acquire)
  }

  /// Writes a slot, as others may be reading it.
  @inlinable @inline(__always)
  static func setSlot<M: BufferHostMachine>(
    _ machine: inout M,
    _ list: M.Record,
    _ index: Int,
    to value: M.W
  ) {
    let (record, field) = place(&machine, list, index)
    machine.write(value, field, of: record, .release)
  }

  /// Puts a fence last, with its usage; there is room.
  @inlinable
  public static func append<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.W,
    to list: M.Record,
    at index: Int
  ) {
    setSlot(&machine, list, index, to: fence)
    machine.write(
      M.W(UInt64(index + 1)),
      FenceListRecord.count,
      of: list,
      .release
    )
  }

  /// Does something with each fence and its usage, in order; empty slots are passed over.
  /// - Returns: whether `body` never said false, which ends it.
  @inlinable
  @discardableResult
  public static func forEach<M: BufferHostMachine>(
    _ machine: inout M,
    _ list: M.Record,
    _ body: (inout M, M.Record, M.W) -> Bool
  ) -> Bool {
    forEachPlace(&machine, list) { machine, _, fence, usage in body(&machine, fence, usage) }
  }

  /// The same, with the place of each.
  @inlinable
  @discardableResult
  static func forEachPlace<M: BufferHostMachine>(
    _ machine: inout M,
    _ list: M.Record,
    _ body: (inout M, Int, M.Record, M.W) -> Bool
  ) -> Bool {
    let count = machine.read(FenceListRecord.count, of: list, .acquire)
    var next = 0
    while next < FenceListRecord.limit, let index = machine.turn(at: next, below: count) {
      let word = slot(&machine, list, index)
      if !machine.isZero(word) {
        let fence = machine.record(at: word & ~M.W(3))
        guard body(&machine, index, fence, word & M.W(3)) else { return false }
      }
      next = index + 1
    }
    return true
  }

  /// How many there are, under the lock.
  @inlinable
  static func count<M: BufferHostMachine>(_ machine: inout M, _ list: M.Record) -> Int {
    let count = machine.plain(FenceListRecord.count, of: list)
    if let number = count as? UInt64 { return Int(number) }
    var number = 0
    while number < FenceListRecord.limit, machine.holds(M.W(UInt64(number)) .< count) {
      number += 1
    }
    return number
  }

  /// Frees a list that nobody else can see.
  @inlinable
  public static func free<M: BufferHostMachine>(_ machine: inout M, _ list: M.Record) {
    let count = chunkCount(&machine, list)
    for index in 0..<count {
      if let chunk = machine.follow(FenceListRecord.slot(index), of: list, .plain) {
        machine.free(chunk)
      }
    }
    machine.free(list)
  }

  /// Frees a list once nobody looks at it any more.
  @inlinable
  static func freeLater<M: BufferHostMachine>(_ machine: inout M, _ list: M.Record) {
    let count = chunkCount(&machine, list)
    for index in 0..<count {
      if let chunk = machine.follow(FenceListRecord.slot(index), of: list, .plain) {
        machine.free(chunk, after: .rcu)
      }
    }
    machine.free(list, after: .rcu)
  }
}
