import Machines
import Walkers

/// The built-in cache without one of its fences: what that lets others see shows only where memory is weak.
struct UnfencedPfnCache: PfnCacheWalker {
  private let built = IndexedPfnCache(index: PfnIndex(bucketBits: 1, chunkBits: 0))
  private let missing: Fence

  init(without missing: Fence) { self.missing = missing }

  /// Calls the built-in cache on a machine whose fences of that kind do nothing.
  private func unfenced<M: HostMemoryMachine, Result>(
    _ machine: inout M,
    _ call: (inout UnfencedMachine<M>) -> Result
  ) -> Result {
    var unfenced = UnfencedMachine(base: machine, missing: missing)
    defer { machine = unfenced.base }
    return call(&unfenced)
  }

  static var checksWithoutLock: Bool { IndexedPfnCache.checksWithoutLock }

  func prepare<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) {
    built.prepare(&machine, owner)
  }
  func construct<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    built.construct(&machine, cache)
  }
  func activate<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ start: PfnCacheStart<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Errno {
    let start = PfnCacheStart<UnfencedMachine<M>>(
      use: start.use,
      vcpu: start.vcpu,
      willWrite: start.willWrite
    )
    return unfenced(&machine) { built.activate(&$0, cache.unfenced, start, bytes) }
  }
  func check<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    unfenced(&machine) { built.check(&$0, cache.unfenced, bytes) }
  }
  func frameInGuestMode<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    unfenced(&machine) { built.frameInGuestMode(&$0, cache.unfenced, bytes) }
  }
  func beginAccess<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    built.beginAccess(&machine, cache, bytes)
  }
  func noteWrite<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) {
    built.noteWrite(&machine, cache, bytes)
  }
  func refresh<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>,
    willWrite: Bool
  ) -> Errno {
    unfenced(&machine) { built.refresh(&$0, cache.unfenced, bytes, willWrite: willWrite) }
  }
  func unmap<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    unfenced(&machine) { built.unmap(&$0, cache.unfenced) }
  }
  func deactivate<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    unfenced(&machine) { built.deactivate(&$0, cache.unfenced) }
  }
  func beginInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>,
    maySleep: Bool
  ) {
    unfenced(&machine) { built.beginInvalidation(&$0, owner, range, maySleep: maySleep) }
  }
  func endInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  ) {
    built.endInvalidation(&machine, owner, range)
  }
}

extension PfnCacheHandle where M: HostMemoryMachine {
  /// The same cache, on a machine without fences.
  fileprivate var unfenced: PfnCacheHandle<UnfencedMachine<M>> {
    PfnCacheHandle<UnfencedMachine<M>>(owner: owner, record: record)
  }
}

/// A machine whose fences of one kind do nothing.
private struct UnfencedMachine<Base: HostMemoryMachine>: LayeredRecordMachine, HostMemoryMachine {
  var base: Base
  let missing: Fence

  mutating func fence(_ fence: Fence) {
    if fence != missing { base.fence(fence) }
  }

  mutating func hostAddress(of guestFrame: Base.W, in slots: Base.Record) -> Base.W {
    base.hostAddress(of: guestFrame, in: slots)
  }
  mutating func lookUp(_ hostAddress: Base.W) -> Base.W { base.lookUp(hostAddress) }
  mutating func put(_ frame: Base.W) { base.put(frame) }
  mutating func isRAM(_ frame: Base.W) -> Base.W.Condition { base.isRAM(frame) }
  mutating func map(_ frame: Base.W) -> Base.W { base.map(frame) }
  mutating func unmap(_ frame: Base.W) { base.unmap(frame) }
  mutating func remap(_ frame: Base.W) -> Base.W { base.remap(frame) }
  mutating func unmapRemapped(_ address: Base.W) { base.unmapRemapped(address) }
  mutating func markDirty(_ guestFrame: Base.W) { base.markDirty(guestFrame) }
}
