import Machines
import Testing
import Walkers

/// Records of a toy memory, for one thread, and a host that counts what it gives.
private struct ToyHost: HostMemoryMachine {
  typealias W = UInt64
  typealias Record = UInt64

  var words: [UInt64: UInt64] = [:]
  var end: UInt64 = 4096
  var references = 0
  var mappings: [UInt64] = []
  var frames: [UInt64: UInt64] = [0x7000: 0x17, 0x8000: 0x18]
  var slots: [UInt64: UInt64] = [0: 0x7000, 1: 0x8000]
  var dirty: Set<UInt64> = []
  /// What is done by others, once, when a frame was looked up and is not in the cache yet.
  var whileLookedUp: ((inout ToyHost) -> Void)?

  private func place(_ field: Field, _ record: UInt64) -> UInt64 {
    record + UInt64(field.index) * 8
  }

  func holds(_ condition: Bool) -> Bool { condition }
  func warn(_ site: Site) { Issue.record("\(site)") }
  func read(_ field: Field, of record: UInt64, _ access: Access) -> UInt64 {
    words[place(field, record), default: 0]
  }
  mutating func write(_ value: UInt64, _ field: Field, of record: UInt64, _ access: Access) {
    words[place(field, record)] = value
  }
  mutating func update(
    _ field: Field,
    of record: UInt64,
    _ operation: AtomicOperation,
    _ operand: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    let old = read(field, of: record, .once)
    write(operation.applied(to: old, operand), field, of: record, .once)
    return old
  }
  mutating func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    _ field: Field,
    of record: UInt64,
    _ order: AtomicOrder
  ) -> UInt64 {
    let old = read(field, of: record, .once)
    if old == expected { write(value, field, of: record, .once) }
    return old
  }
  func fence(_ fence: Fence) {}
  mutating func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> UInt64? {
    defer { end += UInt64(layout.wordCount) * 8 }
    return end
  }
  func free(_ record: UInt64) {}
  func free(_ record: UInt64, after domain: ReadDomain<UInt64>) {}
  func address(of record: UInt64) -> UInt64 { record }
  func record(at address: UInt64) -> UInt64 { address }
  func initialise(_ field: Field, of record: UInt64) {}
  mutating func acquire(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    #expect(tryAcquire(lock, of: record, mode), "\(lock.name) is taken")
  }
  mutating func tryAcquire(_ lock: Field, of record: UInt64, _ mode: LockMode) -> Bool {
    let held = read(lock, of: record, .once)
    guard mode.isShared ? held != .max : held == 0 else { return false }
    write(mode.isShared ? held + 1 : .max, lock, of: record, .once)
    return true
  }
  mutating func release(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    let held = read(lock, of: record, .once)
    write(mode.isShared ? held - 1 : 0, lock, of: record, .once)
  }
  func setInterrupts(areEnabled: Bool) {}
  func prepareToWait(on queue: Field, of record: UInt64) {}
  func sleep() {}
  func finishWait(on queue: Field, of record: UInt64) {}
  func wake(_ queue: Field, of record: UInt64, all: Bool) {}
  func awaitCompletion(_ completion: Field, of record: UInt64) {}
  func complete(_ completion: Field, of record: UInt64, forGood: Bool) {}
  func mightSleep() {}
  func yield() {}
  func enterSection(_ domain: ReadDomain<UInt64>) {}
  func leaveSection(_ domain: ReadDomain<UInt64>) {}
  func synchronise(_ domain: ReadDomain<UInt64>) {}

  func hostAddress(of guestFrame: UInt64, in slots: UInt64) -> UInt64 {
    self.slots[guestFrame] ?? HostMemory.noAddress
  }
  mutating func lookUp(_ hostAddress: UInt64) -> UInt64 {
    guard let frame = frames[hostAddress] else { return HostMemory.noFrame }
    references += 1
    if let others = whileLookedUp {
      whileLookedUp = nil
      others(&self)
    }
    return frame
  }
  mutating func put(_ frame: UInt64) { references -= 1 }
  func isRAM(_ frame: UInt64) -> Bool { true }
  mutating func map(_ frame: UInt64) -> UInt64 {
    mappings.append(frame)
    return frame << 12
  }
  mutating func unmap(_ frame: UInt64) {
    guard let index = mappings.firstIndex(of: frame) else {
      Issue.record("frame \(frame) is not mapped")
      return
    }
    mappings.remove(at: index)
  }
  mutating func remap(_ frame: UInt64) -> UInt64 { map(frame) }
  mutating func unmapRemapped(_ address: UInt64) { unmap(address >> 12) }
  mutating func markDirty(_ guestFrame: UInt64) { dirty.insert(guestFrame) }
}

/// A machine with one cache that is in use, of the first guest page.
private struct Fixture<Walker: PfnCacheWalker> {
  let walker: Walker
  var host = ToyHost()
  let cache: PfnCacheHandle<ToyHost>

  init(_ walker: Walker) {
    self.walker = walker
    let owner = host.allocate(PfnMachineRecord.layout, isZeroed: true, maySleep: true) ?? 0
    let slots = host.allocate(SlotsRecord.layout, isZeroed: true, maySleep: true) ?? 0
    host.write(slots, PfnMachineRecord.slots, of: owner, .plain)
    walker.prepare(&host, owner)
    let record = host.allocate(PfnCacheRecord.layout, isZeroed: true, maySleep: true) ?? 0
    cache = PfnCacheHandle(owner: owner, record: record)
    walker.construct(&host, cache)
    #expect(refresh(0x10) == .invalid, "it is not in use")
    #expect(activate(0x10) == .ok)
  }

  func bytes(_ address: UInt64, _ length: UInt64 = 8) -> GuestBytes<UInt64> {
    GuestBytes(address: address, length: length)
  }

  mutating func activate(_ address: UInt64) -> Errno {
    let start = PfnCacheStart<ToyHost>(use: PfnCacheUse.kernel, vcpu: nil, willWrite: false)
    return walker.activate(&host, cache, start, bytes(address))
  }

  mutating func refresh(_ address: UInt64, _ length: UInt64 = 8) -> Errno {
    walker.refresh(&host, cache, bytes(address, length), willWrite: false)
  }

  /// Where the bytes are mapped, after an access that ended; nil where a check says no.
  mutating func access(_ address: UInt64, isWrite: Bool = false) -> UInt64? {
    let found = walker.beginAccess(&host, cache, bytes(address))
    if found != nil { walker.endAccess(&host, cache, bytes(address), isWritten: isWrite) }
    return found
  }

  mutating func invalidate(_ range: Range<UInt64>, _ body: (inout ToyHost) -> Void = { _ in }) {
    let range = HostRange(start: range.lowerBound, end: range.upperBound)
    walker.beginInvalidation(&host, cache.owner, range, maySleep: true)
    body(&host)
    walker.endInvalidation(&host, cache.owner, range)
  }
}

/// What a cache that is right does, called by one thread.
private func judgeContract<Walker: PfnCacheWalker>(_ walker: Walker) {
  var fixture = Fixture(walker)
  #expect(fixture.access(0x10) == 0x17010)
  #expect(fixture.access(0x18) == nil)
  // Another place in the page, and another page.
  #expect(fixture.refresh(0x18) == .ok)
  #expect(fixture.access(0x18, isWrite: true) == 0x17018)
  #expect(fixture.refresh(0x1ff8) == .ok)
  #expect(fixture.access(0x1ff8) == 0x18ff8)
  #expect(fixture.refresh(0x1ff8, 9) == .invalid)
  #expect(fixture.refresh(0x1ff8, 0) == .invalid)
  #expect(fixture.refresh(0x1ff8, .max - 0xff0) == .invalid)
  #expect(fixture.host.references == 0)
  #expect(fixture.host.mappings == [0x18])
  #expect(fixture.host.dirty == [0])
  // Invalidations beside it, and of it; the frame is another then.
  fixture.invalidate(0x7000..<0x8000)
  fixture.invalidate(0x9000..<0x9_0000)
  #expect(fixture.access(0x1ff8) != nil)
  fixture.invalidate(0x7000..<0x9000) { $0.frames[0x8000] = 0x19 }
  #expect(fixture.access(0x1ff8) == nil)
  #expect(fixture.refresh(0x1ff8) == .ok)
  #expect(fixture.access(0x1ff8) == 0x19ff8)
  #expect(fixture.host.mappings == [0x19])
  // No slot, no page.
  #expect(fixture.refresh(0x2000) == .fault)
  #expect(fixture.access(0x2000) == nil)
  #expect(fixture.host.mappings.isEmpty)
  fixture.host.frames[0x7000] = nil
  #expect(fixture.refresh(0) == .fault)
  #expect(fixture.access(0) == nil)
  // Out of use and in again.
  #expect(fixture.refresh(0x1000) == .ok)
  walker.unmap(&fixture.host, fixture.cache)
  #expect(fixture.access(0x1000) == nil)
  #expect(fixture.refresh(0x1000) == .ok)
  walker.deactivate(&fixture.host, fixture.cache)
  walker.deactivate(&fixture.host, fixture.cache)
  #expect(fixture.access(0x1000) == nil)
  #expect(fixture.refresh(0x1000) == .invalid)
  #expect(fixture.host.mappings.isEmpty)
  #expect(fixture.activate(0x1000) == .ok)
  #expect(fixture.access(0x1000) == 0x19000)
  #expect(fixture.host.references == 0)
}

/// An invalidation that comes when the frame was looked up is not missed.
private func judgeOvertaken<Walker: PfnCacheWalker>(_ walker: Walker) {
  var fixture = Fixture(walker)
  let owner = fixture.cache.owner
  fixture.invalidate(0x7000..<0x8000)
  fixture.host.whileLookedUp = { host in
    let range = HostRange<UInt64>(start: 0x7000, end: 0x8000)
    walker.beginInvalidation(&host, owner, range, maySleep: true)
    host.frames[0x7000] = 0x20
    walker.endInvalidation(&host, owner, range)
  }
  #expect(fixture.refresh(0x10) == .ok)
  #expect(fixture.access(0x10) == 0x20010)
  #expect(fixture.host.mappings == [0x20])
  #expect(fixture.host.references == 0)
}

@Suite struct PfnCacheTests {
  @Test func `a cache on a list keeps the contract`() {
    judgeContract(ListedPfnCache())
    judgeOvertaken(ListedPfnCache())
  }

  @Test(arguments: [(0, 0), (1, 1), (7, 5)] as [(UInt64, UInt64)])
  func `a cache in an index of any size keeps the contract`(bits: (UInt64, UInt64)) {
    let index = PfnIndex(bucketBits: bits.0, chunkBits: bits.1)
    judgeContract(IndexedPfnCache(index: index))
    judgeOvertaken(IndexedPfnCache(index: index))
  }

  @Test func `bytes are in one page or not, whatever their sum`() {
    for (address, length, isRight) in [
      (0, 4096, true), (0, 4097, false), (1, 4095, true), (1, 4096, false), (0, 0, false),
      (4095, 1, true), (4095, 2, false), (16, .max - 15, false), (0, .max, false),
    ] as [(UInt64, UInt64, Bool)] {
      #expect(GuestBytes(address: address, length: length).areInOnePage == isRight)
    }
  }
}
