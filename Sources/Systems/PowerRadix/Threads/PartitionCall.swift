import Machines
import Schedules
import Walkers

/// One call of a keeper's that a thread makes.
struct PartitionCall<S: Scheduler, L: RecordListener>: PartitionUser {
  /// What is asked of it.
  enum Request {
    case handle(PartitionFault)
    case unmap(Range<UInt64>, of: GuestSlot)
    case flush(GuestSlot)
    case harvest(GuestSlot)
    case age(UInt64)
    case isYoung(UInt64)
  }

  typealias M = PartitionThreadMachine<S, L>

  let request: Request
  var machine: PartitionThreadMachine<S, L>
  var host: PartitionThreadHost<S, L>

  mutating func use<Table: PartitionWalker>(_ table: Table) -> Errno
  where Table.M == M {
    switch request {
    case .handle(let fault):
      switch table.handle(fault, on: &machine, host: &host) {
      case .resume: return .ok
      case .reflect, .emulate: return .notFound
      case .failed(let error): return error
      }
    case .unmap(let frames, let slot): table.unmap(frames, of: slot, on: &machine, log: &host)
    case .flush(let slot): table.flush(slot, on: &machine, host: &host)
    case .harvest(let slot): table.harvest(slot, on: &machine, log: &host)
    case .age(let frame): return table.age(frame, on: &machine) ? .ok : .notFound
    case .isYoung(let frame): return table.isYoung(frame, on: &machine) ? .ok : .notFound
    }
    return .ok
  }
}
