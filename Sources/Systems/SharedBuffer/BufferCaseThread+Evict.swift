import Machines
import Reference
import Schedules
import Walkers

extension BufferCaseThread {
  /// Has a fence of the thread's third engine take the place of the one before, or adds it where there is none.
  ///
  /// It is so that the exporter learns when it may take the memory away: nobody else waits for it.
  mutating func evict(_ buffer: Int) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let reservation = reservation(record)
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    guard reserve(reservation, count: 1) == .ok else { return .noMemory }
    let line = BufferHost.evictionLine(of: thread)
    let number = state.pointee.lastNumbers[line] + 1
    let context = UInt64(line) + 1
    guard let fence = Fences.make(&machine, context: context, number: number) else {
      return .noMemory
    }
    state.pointee.lastNumbers[line] = number
    state.pointee.model.made(fence, line: context, number: number)
    // Who knows that all are signalled looks for what is added after that.
    askWhetherSignalled(buffer, reservation, .bookkeep)
    if handles[buffer].hasEviction {
      replace(fence, context, buffer, reservation)
      askWhetherSignalled(buffer, reservation, .bookkeep)
    } else {
      add(fence, [(buffer, reservation)], .bookkeep)
      handles[buffer].hasEviction = true
      judgeFences(buffer, reservation)
    }
    enqueue(.nothing, fence, line: line, [], [])
    return .ok
  }

  /// Puts a fence in the place of those of its line, of which there are none once they were signalled and
  /// given up: it is nowhere then.
  private mutating func replace(
    _ fence: UInt64,
    _ context: UInt64,
    _ buffer: Int,
    _ reservation: UInt64
  ) {
    let place = state.pointee.model.adds(
      fence,
      to: buffer,
      usage: FenceUsage.bookkeep.rawValue,
      by: machine.thread
    )
    var isThere = false
    reservations.forEach(&machine, reservation, .bookkeep) { machine, fence, _ in
      isThere = machine.base.read(FenceRecord.context, of: fence, .plain) == context
      return !isThere
    }
    reservations.replace(&machine, context: context, with: fence, .bookkeep, in: reservation)
    state.pointee.model.added(place, to: buffer, isThere: isThere)
    judgeFences(buffer, reservation)
    if isThere { state.pointee.reach(.replacedLine) }
  }
}
