import Machines
import Walkers

/// Records of the process's own memory, and a host that finds every page at once.
struct DirectHostMachine: LayeredRecordMachine, HostMemoryMachine {
  var base = DirectRecordMachine()

  /// The first host page.
  static let hostBase: UInt64 = 1 << 40

  func hostAddress(of guestFrame: UInt64, in slots: Record) -> UInt64 {
    Self.hostBase + guestFrame << 12
  }
  func lookUp(_ hostAddress: UInt64) -> UInt64 { hostAddress >> 12 }
  func put(_ frame: UInt64) {}
  func isRAM(_ frame: UInt64) -> Bool { true }
  func map(_ frame: UInt64) -> UInt64 { frame << 12 }
  func unmap(_ frame: UInt64) {}
  func remap(_ frame: UInt64) -> UInt64 { frame << 12 }
  func unmapRemapped(_ address: UInt64) {}
  func markDirty(_ guestFrame: UInt64) {}
}

/// Guest-frame caches on the direct machine: as many as there are, each of a page of its own, valid.
struct PfnCacheBenchmarks<Walker: PfnCacheWalker> {
  /// How many calls a run makes.
  static var callCount: Int { 20_000 }

  private let walker: Walker
  private var machine = DirectHostMachine()
  private let owner: DirectHostMachine.Record
  private var caches: [PfnCacheHandle<DirectHostMachine>] = []
  /// What calls returned, so that none of them can be left out.
  private(set) var checksum: UInt64 = 0

  /// Makes the caches; nil when there is no memory.
  init?(_ walker: Walker, count: Int) {
    self.walker = walker
    guard
      let owner = machine.allocate(PfnMachineRecord.layout, isZeroed: true, maySleep: true),
      let slots = machine.allocate(SlotsRecord.layout, isZeroed: true, maySleep: true)
    else { return nil }
    self.owner = owner
    machine.write(machine.address(of: slots), PfnMachineRecord.slots, of: owner, .plain)
    walker.prepare(&machine, owner)
    for index in 0..<count {
      guard
        let record = machine.allocate(PfnCacheRecord.layout, isZeroed: true, maySleep: true)
      else { return nil }
      let cache = PfnCacheHandle<DirectHostMachine>(owner: owner, record: record)
      walker.construct(&machine, cache)
      let start = PfnCacheStart<DirectHostMachine>(
        use: PfnCacheUse.kernel,
        vcpu: nil,
        willWrite: false
      )
      guard walker.activate(&machine, cache, start, bytes(index)) == .ok else { return nil }
      caches.append(cache)
    }
  }

  private func bytes(_ index: Int) -> GuestBytes<UInt64> {
    GuestBytes(address: UInt64(index) << 12 | 64, length: 8)
  }

  /// Checks a cache and takes its mapping, under its lock.
  mutating func access() {
    let (cache, bytes) = (caches[0], bytes(0))
    for _ in 0..<Self.callCount {
      guard let address = walker.beginAccess(&machine, cache, bytes) else { continue }
      checksum &+= address
      walker.endAccess(&machine, cache, bytes, isWritten: false)
    }
  }

  /// Refreshes a cache that is valid.
  mutating func refresh() {
    let (cache, bytes) = (caches[0], bytes(0))
    for _ in 0..<Self.callCount {
      let result = walker.refresh(&machine, cache, bytes, willWrite: false)
      checksum &+= UInt64(result.rawValue)
    }
  }

  /// Invalidates a page that no cache is of.
  mutating func miss() { invalidate(caches.count, isRestored: false, Self.missCount(caches.count)) }

  /// Invalidates the page of one cache, which is then made valid by one store.
  mutating func hit() {
    invalidate(caches.count / 2, isRestored: true, Self.missCount(caches.count))
  }

  /// How many invalidations a run makes.
  static func missCount(_ count: Int) -> Int { count > 100 ? callCount / 50 : callCount }

  private mutating func invalidate(_ page: Int, isRestored: Bool, _ count: Int) {
    let start = DirectHostMachine.hostBase + UInt64(page) << 12
    let range = HostRange(start: start, end: start + 4096)
    for _ in 0..<count {
      walker.beginInvalidation(&machine, owner, range, maySleep: true)
      walker.endInvalidation(&machine, owner, range)
      if isRestored {
        machine.write(1, PfnCacheRecord.isValid, of: caches[page].record, .once)
      }
    }
  }

  /// Frees the caches; what they share stays.
  mutating func free() { for cache in caches { machine.free(cache.record) } }
}
