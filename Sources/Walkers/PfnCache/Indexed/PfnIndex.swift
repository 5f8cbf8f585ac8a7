public import Machines

/// Caches by the host page that each is of: as many lists as there are buckets, each with a lock.
///
/// A page's number says which list its caches are on, so that pages side by side are on lists side by
/// side and an invalidation visits as many lists as its range has pages.
public struct PfnIndex: Sendable {
  /// How many buckets a chunk has, as a power of 2; 7 at most.
  public let bucketBits: UInt64
  /// How many chunks there are, as a power of 2; 8 at most.
  public let chunkBits: UInt64

  /// An index of this size; 4,096 lists unless told otherwise.
  @inlinable
  public init(bucketBits: UInt64 = 7, chunkBits: UInt64 = 5) {
    self.bucketBits = bucketBits
    self.chunkBits = chunkBits
  }

  /// How many lists there are.
  @inlinable var bucketCount: UInt64 { 1 &<< (bucketBits &+ chunkBits) }

  /// A list's lock, and its first cache.
  @inlinable static var lock: Field { Field(0, "lock", .spinLock) }
  @inlinable static var first: Field { Field(1, "first") }
  /// A chunk's address in the root.
  @inlinable static var chunk: Field { Field(0, "chunk") }

  static func rootLayout(count: Int) -> Layout {
    Layout("index", (0..<count).map { Field(UInt8($0), "chunk") })
  }

  static func chunkLayout(count: Int) -> Layout {
    Layout(
      "buckets",
      (0..<2 * count).map { index in
        index % 2 == 0 ? Field(UInt8(index), "lock", .spinLock) : Field(UInt8(index), "first")
      }
    )
  }

  /// Makes the index of a machine's caches, while nobody else is there.
  public func make<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) {
    let chunkCount = 1 << Int(chunkBits)
    let layout = Self.rootLayout(count: chunkCount)
    guard let root = machine.allocate(layout, isZeroed: true, maySleep: true) else { return }
    for index in 0..<chunkCount {
      let layout = Self.chunkLayout(count: 1 << Int(bucketBits))
      guard let chunk = machine.allocate(layout, isZeroed: true, maySleep: true) else { return }
      for bucket in 0..<1 << Int(bucketBits) {
        machine.initialise(Field(UInt8(2 * bucket), "lock", .spinLock), of: chunk)
      }
      machine.write(machine.address(of: chunk), Field(UInt8(index), "chunk"), of: root, .plain)
    }
    machine.write(machine.address(of: root), PfnMachineRecord.index, of: owner, .plain)
  }

  /// The list with a number, modulo their count.
  @inlinable @inline(__always)
  func bucket<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ page: M.W
  ) -> M.Record {
    let root = machine.read(PfnMachineRecord.index, of: owner, .plain)
    let chunkNumber = page &>> bucketBits & M.W((1 &<< chunkBits) &- 1)
    let place = machine.record(at: root &+ (chunkNumber &<< 3))
    let chunk = machine.read(Self.chunk, of: place, .plain)
    let number = page & M.W((1 &<< bucketBits) &- 1)
    return machine.record(at: chunk &+ (number &<< 4))
  }

  /// Puts a cache on the list of its host page.
  @inlinable
  func insert<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ hostAddress: M.W
  ) {
    let bucket = bucket(&machine, cache.owner, hostAddress &>> HostMemory.pageShift)
    machine.acquire(Self.lock, of: bucket, .spin)
    let first = machine.read(Self.first, of: bucket, .plain)
    let address = machine.address(of: cache.record)
    machine.write(first, PfnCacheRecord.next, of: cache.record, .plain)
    machine.write(M.W(0), PfnCacheRecord.previous, of: cache.record, .plain)
    if machine.holds(first .!= M.W(0)) {
      machine.write(address, PfnCacheRecord.previous, of: machine.record(at: first), .plain)
    }
    machine.write(address, Self.first, of: bucket, .plain)
    machine.release(Self.lock, of: bucket, .spin)
  }

  /// Takes a cache off the list of its host page.
  @inlinable
  func remove<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ hostAddress: M.W
  ) {
    let record = cache.record
    let bucket = bucket(&machine, cache.owner, hostAddress &>> HostMemory.pageShift)
    machine.acquire(Self.lock, of: bucket, .spin)
    let next = machine.read(PfnCacheRecord.next, of: record, .plain)
    let previous = machine.read(PfnCacheRecord.previous, of: record, .plain)
    if machine.holds(previous .!= M.W(0)) {
      machine.write(next, PfnCacheRecord.next, of: machine.record(at: previous), .plain)
    } else {
      machine.write(next, Self.first, of: bucket, .plain)
    }
    if machine.holds(next .!= M.W(0)) {
      machine.write(previous, PfnCacheRecord.previous, of: machine.record(at: next), .plain)
    }
    machine.release(Self.lock, of: bucket, .spin)
  }
}
