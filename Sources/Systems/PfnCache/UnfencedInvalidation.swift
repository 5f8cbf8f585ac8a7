import Machines
import Walkers

/// The built-in cache, whose invalidations go without `smp_mb`.
///
/// A check under the lock would be ordered by it. One without sees the cache valid after the vCPU has said
/// that it is in guest mode, while the invalidation still sees it outside: where memory is weak.
struct UnfencedInvalidation: PfnCacheWalker {
  private let built = IndexedPfnCache(index: PfnIndex(bucketBits: 1, chunkBits: 0))

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
    built.activate(&machine, cache, start, bytes)
  }
  func check<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> Bool {
    built.check(&machine, cache, bytes)
  }
  func frameInGuestMode<M: HostMemoryMachine>(
    _ machine: inout M,
    _ cache: PfnCacheHandle<M>,
    _ bytes: GuestBytes<M.W>
  ) -> M.W? {
    built.frameInGuestMode(&machine, cache, bytes)
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
    built.refresh(&machine, cache, bytes, willWrite: willWrite)
  }
  func unmap<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    built.unmap(&machine, cache)
  }
  func deactivate<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    built.deactivate(&machine, cache)
  }
  func beginInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>,
    maySleep: Bool
  ) {
    var unfenced = UnfencedMachine(base: machine)
    built.beginInvalidation(&unfenced, owner, range, maySleep: maySleep)
    machine = unfenced.base
  }
  func endInvalidation<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  ) {
    built.endInvalidation(&machine, owner, range)
  }
}

/// A machine whose fences do nothing.
private struct UnfencedMachine<Base: HostMemoryMachine>: LayeredRecordMachine, HostMemoryMachine {
  var base: Base

  func fence(_ fence: Fence) {}

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
