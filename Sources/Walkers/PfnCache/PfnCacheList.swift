public import Machines

/// The list of all caches of a machine.
@usableFromInline
enum PfnCacheList {
  /// Puts a cache at its beginning.
  @inlinable
  static func insert<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    let (owner, record) = (cache.owner, cache.record)
    machine.acquire(PfnMachineRecord.listLock, of: owner, .spin)
    let first = machine.read(PfnMachineRecord.first, of: owner, .plain)
    let address = machine.address(of: record)
    machine.write(first, PfnCacheRecord.next, of: record, .plain)
    machine.write(M.W(0), PfnCacheRecord.previous, of: record, .plain)
    if machine.holds(first .!= M.W(0)) {
      let second = machine.record(at: first)
      machine.write(address, PfnCacheRecord.previous, of: second, .plain)
    }
    machine.write(address, PfnMachineRecord.first, of: owner, .plain)
    machine.release(PfnMachineRecord.listLock, of: owner, .spin)
  }

  /// Takes a cache off it.
  @inlinable
  static func remove<M: HostMemoryMachine>(_ machine: inout M, _ cache: PfnCacheHandle<M>) {
    let (owner, record) = (cache.owner, cache.record)
    machine.acquire(PfnMachineRecord.listLock, of: owner, .spin)
    let next = machine.read(PfnCacheRecord.next, of: record, .plain)
    let previous = machine.read(PfnCacheRecord.previous, of: record, .plain)
    if machine.holds(previous .!= M.W(0)) {
      machine.write(next, PfnCacheRecord.next, of: machine.record(at: previous), .plain)
    } else {
      machine.write(next, PfnMachineRecord.first, of: owner, .plain)
    }
    if machine.holds(next .!= M.W(0)) {
      machine.write(previous, PfnCacheRecord.previous, of: machine.record(at: next), .plain)
    }
    machine.release(PfnMachineRecord.listLock, of: owner, .spin)
  }
}
