import Architecture
import Machines
import Oracles

/// A tiny keeper of partition-scoped tables by hand: a tree under judgement, and the single steps from
/// which a test puts its sequence together.
///
/// In the first 2 MiB tables are linked down to level 0.
struct RadixLitmus {
  var machine: TracingMachine<RadixJudges>
  let upper: UInt64
  let middle: UInt64
  let last: UInt64

  static let leaf: UInt64 = 0xc000_0000_0010_0000
  static let pageRights: UInt64 = 0x7
  static let reference: UInt64 = 0x100
  static let change: UInt64 = 0x80

  init(isDD1: Bool = false) {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 30, capacity: 64)
    machine = TracingMachine(
      memory: memory,
      listener: RadixJudges(memory: memory, partition: 1, isDD1: isDD1)
    )
    let root = machine.allocateRoot(pageCount: 16, level: 0) ?? 0
    upper = machine.allocateTable(level: 1) ?? 0
    middle = machine.allocateTable(level: 2) ?? 0
    last = machine.allocateTable(level: 3) ?? 0
    machine.listener.setRoot(root | 13)
    machine.store(RadixLitmus.table(upper), to: root, at: 0, order: .release)
    machine.store(RadixLitmus.table(middle), to: upper, at: 0, order: .release)
    machine.store(RadixLitmus.table(last), to: middle, at: 0, order: .release)
    self.root = root
  }

  let root: UInt64

  static func table(_ address: UInt64) -> UInt64 { 1 << 63 | address | 9 }

  static func page(_ bits: UInt64 = 0) -> UInt64 { leaf | pageRights | bits }

  /// One call.
  mutating func call(isFault: Bool = false, _ body: (inout RadixLitmus) -> Void) {
    machine.listener.beginCall(isFault: isFault)
    body(&self)
    machine.listener.endCall()
  }

  mutating func exchange(_ old: UInt64, _ new: UInt64, in table: UInt64, at index: UInt64 = 0) {
    _ = machine.compareExchange(old, with: new, in: table, at: index)
  }

  mutating func map(_ entry: UInt64 = RadixLitmus.page(), in table: UInt64? = nil) {
    let table = table ?? last
    call { $0.machine.store(entry, to: table, at: 0, order: .release) }
  }

  mutating func issue(
    _ operand: UInt64 = 0,
    _ target: RadixInvalidation<UInt64>.Target = .translations,
    partition: UInt64 = 1
  ) {
    machine.invalidate(RadixInvalidation(target, operand: operand, partition: partition))
  }

  mutating func complete() {
    for barrier: PowerBarrier in [.eieio, .tlbsync, .ptesync] { machine.barrier(barrier) }
  }

  /// Frees the last table once it is unlinked and invalidated.
  mutating func freeLast(
    after target: RadixInvalidation<UInt64>.Target,
    unlinks: Bool = true
  ) {
    call {
      if unlinks { $0.exchange(RadixLitmus.table($0.last), 0, in: $0.middle) }
      $0.machine.barrier(.ptesync)
      $0.issue(0x800, target)
      $0.complete()
      $0.machine.release($0.last)
    }
  }

  mutating func invalidate(_ operand: UInt64 = 0) {
    machine.barrier(.ptesync)
    issue(operand)
    complete()
  }

  var rules: [Rule] { machine.listener.violations.map(\.rule) }
}
