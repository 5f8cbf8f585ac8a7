public import Machines

/// The invalidations that have begun and not ended: how many, and a range around them all.
///
/// The range only grows until there is none. So it may be said of an address that it is on its way when
/// it is not, but never for longer than invalidations last.
@usableFromInline
enum InvalidationCount {
  /// Announces one.
  @inlinable
  static func begin<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ range: HostRange<M.W>
  ) {
    machine.acquire(PfnMachineRecord.notifierLock, of: owner, .spin)
    let count = machine.read(PfnMachineRecord.activeCount, of: owner, .plain)
    let around = grown(&machine, owner, by: range, count: count)
    machine.write(around.start, PfnMachineRecord.rangeStart, of: owner, .plain)
    machine.write(around.end, PfnMachineRecord.rangeEnd, of: owner, .plain)
    machine.write(count &+ M.W(1), PfnMachineRecord.activeCount, of: owner, .plain)
    machine.release(PfnMachineRecord.notifierLock, of: owner, .spin)
  }

  /// The range around those of `count` invalidations and another; a lock is held.
  @inlinable
  static func grown<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    by range: HostRange<M.W>,
    count: M.W
  ) -> HostRange<M.W> {
    var (start, end) = (range.start, range.end)
    if machine.holds(count .!= M.W(0)) {
      let known = machine.read(PfnMachineRecord.rangeStart, of: owner, .plain)
      start = M.W.select(known .< start, known, start)
      let knownEnd = machine.read(PfnMachineRecord.rangeEnd, of: owner, .plain)
      end = M.W.select(end .< knownEnd, knownEnd, end)
    }
    return HostRange(start: start, end: end)
  }

  /// Takes one back.
  @inlinable
  static func end<M: HostMemoryMachine>(_ machine: inout M, _ owner: M.Record) {
    machine.acquire(PfnMachineRecord.notifierLock, of: owner, .spin)
    let sequence = machine.read(PfnMachineRecord.sequence, of: owner, .plain)
    machine.write(sequence &+ M.W(1), PfnMachineRecord.sequence, of: owner, .plain)
    let count = machine.read(PfnMachineRecord.activeCount, of: owner, .plain)
    machine.write(count &- M.W(1), PfnMachineRecord.activeCount, of: owner, .plain)
    machine.release(PfnMachineRecord.notifierLock, of: owner, .spin)
  }

  /// Whether an address lies among them.
  @inlinable
  static func covers<M: HostMemoryMachine>(
    _ machine: inout M,
    _ owner: M.Record,
    _ address: M.W
  ) -> Bool {
    machine.withLock(PfnMachineRecord.notifierLock, of: owner, .spin) { machine in
      let count = machine.read(PfnMachineRecord.activeCount, of: owner, .plain)
      let range = HostRange(
        start: machine.read(PfnMachineRecord.rangeStart, of: owner, .plain),
        end: machine.read(PfnMachineRecord.rangeEnd, of: owner, .plain)
      )
      return machine.holds((count .!= M.W(0)) .& range.contains(address))
    }
  }
}
