import Machines
import Schedules
import Walkers

/// The machine of one thread that walks tables which others walk: every load, store, exchange, count,
/// invalidation and barrier is a step before which others may run.
///
/// A table is a record, at an address by which descriptors name it. A load is what a dependent load of the
/// kernel's is: what it leads to is read after it.
struct WalkingMachine<S: Scheduler, L: RecordListener>: SharedTableMachine {
  typealias W = UInt64
  typealias Table = UInt64

  /// The records' machine.
  var base: ScheduledMachine<S, L>
  /// What the threads share beside records; no access to it spans a step.
  let state: UnsafeMutablePointer<Stage2ThreadsState>

  var thread: Int { base.thread }

  func holds(_ condition: Bool) -> Bool { condition }
  func warn(_ site: Site) { base.warn(site) }

  // MARK: Descriptors

  func load(_ table: UInt64, at index: UInt64) -> UInt64 {
    base.read(TablePageRecord.entry(index), of: table, .acquire)
  }

  func store(_ value: UInt64, to table: UInt64, at index: UInt64, order: MemoryOrder) {
    let access: Access = order == .release ? .release : .once
    base.write(value, TablePageRecord.entry(index), of: table, access)
  }

  func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    in table: UInt64,
    at index: UInt64
  ) -> UInt64 {
    base.compareExchange(expected, with: value, TablePageRecord.entry(index), of: table, .full)
  }

  // MARK: Tables

  /// A table; there may be none, which is a choice of the schedule's.
  func allocateTable(level: LookupLevel) -> UInt64? {
    let isRefused = state.pointee.plan.canFail && base.choose(below: 3) == 2
    guard !isRefused,
      let table = base.allocate(TablePageRecord.layout, isZeroed: true, maySleep: false)
    else {
      state.pointee.wasRefused[thread] = true
      return nil
    }
    base.write(1, TablePageRecord.count, of: table, .plain)
    return table
  }

  func allocateRoot(pageCount: Int, level: LookupLevel) -> UInt64? { allocateTable(level: level) }
  func rootPage(_ root: UInt64, at index: UInt64) -> UInt64 { root }
  func freeRoot(_ root: UInt64, pageCount: Int) { base.free(root) }
  func address(of table: UInt64) -> UInt64 { table << 12 }
  func table(at address: UInt64, linkedFrom parent: UInt64, index: UInt64) -> UInt64 {
    address >> 12
  }

  func retain(_ table: UInt64, by amount: Int) {
    _ = base.update(TablePageRecord.count, of: table, .add, UInt64(amount), .full)
  }

  func release(_ table: UInt64, by amount: Int) {
    let rest = 0 &- UInt64(amount)
    let old = base.update(TablePageRecord.count, of: table, .add, rest, .full)
    if old == UInt64(amount) { base.free(table) }
  }

  func count(of table: UInt64) -> UInt64 { base.read(TablePageRecord.count, of: table, .once) }
  func releaseUnlinked(_ table: UInt64, level: LookupLevel) { unlink(table, level: level) }

  // MARK: Walks

  func enterWalk() { base.enterSection(.rcu) }
  func leaveWalk() { base.leaveSection(.rcu) }
  func unlink(_ table: UInt64, level: LookupLevel) {
    state.pointee.unlinked[thread].append(UnlinkedTable(table: table, level: level))
  }

  // MARK: Hardware

  func invalidate(_ invalidation: TLBInvalidation<UInt64>) {
    base.announce(.invalidate(invalidation))
  }

  func barrier(_ barrier: Barrier) {
    // The rest is the CPU's own matter.
    if barrier != .isb { base.announce(.barrier(barrier)) }
  }

  func clean(_ address: UInt64, sizeInBytes: UInt64) {}
  func invalidateInstructions(_ address: UInt64, sizeInBytes: UInt64) {}
}

/// A table that no entry leads to any more, and that is not freed yet.
struct UnlinkedTable {
  var table: UInt64
  var level: LookupLevel
}
