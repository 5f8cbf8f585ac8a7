import Machines
import Testing

/// Keeps every event.
private struct Recorder: EventListener {
  var events: [Event] = []
  mutating func observe(_ event: Event) { events.append(event) }
}

private func memory(_ capacity: Int = 64) -> PhysicalMemory {
  PhysicalMemory(granule: .size4K, base: 1 << 40, capacity: capacity)
}

/// Expects the same; the calls of a machine change it, which the macro cannot take.
private func same<Value: Equatable>(_ found: Value, _ expected: Value) {
  #expect(found == expected)
}

/// What every machine with real memory promises.
private func judgeContract<M: TableMachine>(_ machine: inout M) where M.W == UInt64 {
  guard let table = machine.allocateTable(level: 3), let other = machine.allocateTable(level: 2)
  else {
    Issue.record("no memory for two tables")
    return
  }
  for index in UInt64(0)..<512 { #expect(machine.load(table, at: index) == 0) }
  same(machine.address(of: table) % 4096, 0)
  same(machine.address(of: table) == machine.address(of: other), false)
  machine.store(7, to: table, at: 511, order: .release)
  same(machine.load(table, at: 511), 7)
  same(machine.load(other, at: 511), 0)
  same(machine.compareExchange(8, with: 9, in: table, at: 511), 7)
  same(machine.load(table, at: 511), 7)
  same(machine.compareExchange(7, with: 9, in: table, at: 511), 7)
  same(machine.load(table, at: 511), 9)
  same(machine.count(of: table), 1)
  machine.retain(table, by: 3)
  same(machine.count(of: table), 4)
  machine.release(table, by: 2)
  same(machine.count(of: table), 2)
  let again = machine.table(at: machine.address(of: table), linkedFrom: other, index: 0)
  same(machine.load(again, at: 511), 9)
  guard let root = machine.allocateRoot(pageCount: 4, level: 1) else {
    Issue.record("no memory for a root")
    return
  }
  same(machine.address(of: root) % (4 * 4096), 0)
  for number in UInt64(0)..<4 {
    let page = machine.rootPage(root, at: number)
    same(machine.address(of: page), machine.address(of: root) + number * 4096)
    same(machine.count(of: page), 1)
    same(machine.load(page, at: 0), 0)
  }
  same(machine.holds(1 .< 2), true)
  same(machine.holds(2 .< 1), false)
}

@Suite struct MachineContractTests {
  @Test func `the direct machine keeps the contract`() {
    var machine = DirectMachine(memory: memory())
    judgeContract(&machine)
  }

  @Test func `the tracing machine keeps the contract`() {
    var machine = TracingMachine(memory: memory(), listener: Recorder())
    judgeContract(&machine)
  }

  @Test func `the failing machine keeps the contract while it does not fail`() {
    let base = TracingMachine(memory: memory(), listener: Recorder())
    var machine = FailingMachine(base, allocations: .max)
    judgeContract(&machine)
  }

  @Test func `the mutating machine keeps the contract while nothing is changed`() {
    let base = TracingMachine(memory: memory(), listener: Recorder())
    var machine = MutatingMachine(base, nil)
    judgeContract(&machine)
  }

  @Test func `one operation of a kind is done otherwise, or every one`() {
    for (ordinal, expected) in [(nil, [4, 4, 4]), (2, [5, 4, 5])] as [(Int?, [UInt64])] {
      let base = TracingMachine(memory: memory(), listener: Recorder())
      var machine = MutatingMachine(base, MachineMutation(.alterStore(1), ordinal: ordinal))
      let table = machine.allocateTable(level: 3) ?? 0
      for index in UInt64(0)..<3 { machine.store(5, to: table, at: index, order: .relaxed) }
      let found = (UInt64(0)..<3).map { machine.load(table, at: $0) }
      #expect(found == expected)
    }
  }

  @Test func `the n-th allocation and all after it are refused`() {
    for count in 0..<5 {
      var machine = FailingMachine(DirectMachine(memory: memory()), allocations: count)
      let successes = (0..<8).count { _ in machine.allocateTable(level: 3) != nil }
      #expect(successes == count)
      #expect(machine.refusalCount == 8 - count)
    }
  }

  @Test func `the tracing machine tells of everything, in order`() {
    var machine = TracingMachine(memory: memory(), listener: Recorder())
    let table = machine.allocateTable(level: 3) ?? 0
    machine.store(5, to: table, at: 1, order: .relaxed)
    _ = machine.load(table, at: 1)
    machine.barrier(.dsbISHST)
    machine.invalidate(TLBInvalidation(.ipas2e1, address: 0x1000, levelHint: 3))
    machine.clean(0x2000, sizeInBytes: 64)
    machine.warn(Site("odd"))
    machine.release(table)
    #expect(
      machine.listener.events == [
        .allocate(address: table, pageCount: 1, level: 3),
        .store(address: table + 8, old: 0, new: 5, order: .relaxed),
        .load(address: table + 8, value: 5), .barrier(.dsbISHST),
        .invalidate(TLBInvalidation(.ipas2e1, address: 0x1000, levelHint: 3)),
        .clean(address: 0x2000, sizeInBytes: 64), .warn(Site("odd")),
        .release(address: table, amount: 1, remaining: 0),
      ]
    )
  }

  @Test func `a freed page is quarantined until the machine is reset, and then zero`() {
    var machine = TracingMachine(memory: memory(4), listener: Recorder())
    let table = machine.allocateTable(level: 3) ?? 0
    machine.store(5, to: table, at: 1, order: .relaxed)
    machine.release(table)
    var others: [UInt64] = []
    while let next = machine.allocateTable(level: 3) { others.append(next) }
    #expect(others.count == 3 && !others.contains(table))
    machine.reset()
    #expect(machine.allocateTable(level: 3) == table)
    #expect(machine.load(table, at: 1) == 0)
  }

  @Test func `a call that runs away is cut off once its steps are used up`() {
    var machine = TracingMachine(memory: memory(), listener: Recorder())
    let table = machine.allocateTable(level: 3) ?? 0
    machine.store(5, to: table, at: 0, order: .relaxed)
    machine.stepAllowance = 3
    let values = (0..<5).map { _ in machine.load(table, at: 0) }
    #expect(values == [5, 5, 5, 0, 0])
    #expect(machine.listener.events.count { $0 == .runaway } == 1)
  }

  @Test func `an exchange that is repeated until it succeeds ends once the steps are used up`() {
    var machine = TracingMachine(memory: memory(), listener: Recorder())
    let table = machine.allocateTable(level: 3) ?? 0
    machine.store(5, to: table, at: 0, order: .relaxed)
    machine.stepAllowance = 3
    let found = (0..<4).map { _ in machine.compareExchange(7, with: 9, in: table, at: 0) }
    #expect(found == [5, 5, 5, 7])
    #expect(machine.listener.events.count { $0 == .runaway } == 1)
    #expect(!machine.listener.events.contains(.exchange(address: table, old: 5, new: 9)))
  }

  @Test func `an access outside the window is told of and harms nothing`() {
    var machine = TracingMachine(memory: memory(), listener: Recorder())
    #expect(machine.load(0x10, at: 0) == 0)
    machine.store(1, to: 0x10, at: 0, order: .relaxed)
    #expect(machine.listener.events.count == 2)
  }

  @Test func `others run when they are let, not while they run, and may take the root`() {
    var machine = FailingMachine(
      TracingMachine(memory: memory(8), listener: Recorder()),
      allocations: .max
    )
    machine.base.skip(pages: 3)
    let root = machine.allocateRoot(pageCount: 2, level: 1) ?? 0
    #expect(
      machine.address(of: root) == machine.base.memory.base + 4 << machine.base.memory.pageShift
    )
    #expect(machine.hasRoot(root) == true)
    machine.others = { other in
      other.yield()
      other.freeRoot(root, pageCount: 2)
    }
    machine.yield()
    #expect(machine.hasRoot(root) == false)
    #expect(machine.base.listener.events.count { $0 == .yield } == 2)
    #expect(
      machine.base.listener.events.count { $0 == .freeRoot(address: root, pageCount: 2) } == 1
    )
  }
}
