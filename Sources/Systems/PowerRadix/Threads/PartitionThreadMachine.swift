import Machines
import Oracles
import Schedules

/// The machine of one thread that keeps partition-scoped tables beside others: every load, store, exchange,
/// allocation, invalidation and barrier is a step before which others may run.
///
/// A table is a record, at an address by which entries name it. A load is what a dependent load of the
/// kernel's is: what it leads to is read after it.
struct PartitionThreadMachine<S: Scheduler, L: RecordListener>: PowerMachine {
  typealias W = UInt64
  typealias Table = UInt64

  /// The records' machine.
  var base: ScheduledMachine<S, L>
  /// What the threads share beside records; no access to it spans a step.
  let state: UnsafeMutablePointer<PartitionThreadsState>

  var thread: Int { base.thread }

  func holds(_ condition: Bool) -> Bool { condition }
  func warn(_ site: Site) { base.warn(site) }

  // MARK: Entries

  func load(_ table: UInt64, at index: UInt64) -> UInt64 {
    base.read(RadixTableRecord.entry(index), of: table, .acquire)
  }

  func store(_ value: UInt64, to table: UInt64, at index: UInt64, order: MemoryOrder) {
    let access: Access = order == .release ? .release : .once
    base.write(value, RadixTableRecord.entry(index), of: table, access)
  }

  func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    in table: UInt64,
    at index: UInt64
  ) -> UInt64 {
    let field = RadixTableRecord.entry(index)
    let found = base.compareExchange(expected, with: value, field, of: table, .full)
    if found != expected { state.pointee.situations.count(.metHardware) }
    return found
  }

  // MARK: Tables

  /// A table, for which one may sleep; there may be none, which is a choice of the schedule's.
  func allocateTable(level: LookupLevel) -> UInt64? {
    let isRefused = state.pointee.plan.canFail && base.choose(below: 3) == 2
    let table =
      isRefused ? nil : base.allocate(RadixTableRecord.layout, isZeroed: true, maySleep: true)
    if table == nil { state.pointee.excused.insert(base.thread) }
    return table
  }

  func allocateRoot(pageCount: Int, level: LookupLevel) -> UInt64? { allocateTable(level: level) }
  func rootPage(_ root: UInt64, at index: UInt64) -> UInt64 { root }
  func freeRoot(_ root: UInt64, pageCount: Int) { base.free(root) }
  func address(of table: UInt64) -> UInt64 { RadixSharing.address(ofRecord: table) }
  func table(at address: UInt64, linkedFrom parent: UInt64, index: UInt64) -> UInt64 {
    address >> 12
  }

  /// Counts of tables stay 1.
  func retain(_ table: UInt64, by amount: Int) {}
  func release(_ table: UInt64, by amount: Int) { base.free(table) }
  func count(of table: UInt64) -> UInt64 { 1 }

  // MARK: Hardware

  func invalidate(_ invalidation: RadixInvalidation<UInt64>) {
    base.announce(.invalidateRadix(invalidation))
  }

  func barrier(_ barrier: PowerBarrier) { base.announce(.powerBarrier(barrier)) }
}
