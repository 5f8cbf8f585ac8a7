import Machines
import Testing
import Walkers

/// A situation that the kernel's own tests of fences and reservations have, and whether it comes out as
/// there.
private struct Situation: Sendable {
  /// The file and the test in it, by the kernel's names.
  let name: String
  let holds: @Sendable (inout BufferTestMachine) -> Bool

  init(_ name: String, _ holds: @escaping @Sendable (inout BufferTestMachine) -> Bool) {
    self.name = name
    self.holds = holds
  }
}

/// Reference: Linux 6.12, drivers/dma-buf/st-dma-fence.c.
private let fences = [
  Situation("fence/sanitycheck: a fence is made, waited for in vain and given up") { machine in
    let fence = machine.fence()
    Fences.enable(&machine, fence)
    Fences.release(&machine, fence)
    return machine.base.warningCount == 0
  },
  Situation("fence/test_signaling: it is signalled once, and then says so") { machine in
    let fence = machine.fence()
    let before = Fences.isSignalled(&machine, fence)
    let first = Fences.signal(&machine, fence)
    let after = Fences.isSignalled(&machine, fence)
    return !before && first == .ok && after && Fences.signal(&machine, fence) == .invalid
  },
  Situation("fence/test_add_callback: a callback runs when it is signalled") { machine in
    let (fence, callback) = (machine.fence(), machine.callback())
    let result = Fences.add(&machine, callback, to: fence)
    let before = machine.callbackCount
    Fences.signal(&machine, fence)
    return result == .ok && before == 0 && machine.callbackCount == 1
  },
  Situation("fence/test_late_add_callback: none is added to one that was signalled") { machine in
    let (fence, callback) = (machine.fence(), machine.callback())
    Fences.signal(&machine, fence)
    let result = Fences.add(&machine, callback, to: fence)
    Fences.signal(&machine, fence)
    return result == .notFound && machine.callbackCount == 0
  },
  Situation("fence/test_rm_callback: one that was taken away does not run") { machine in
    let (fence, callback) = (machine.fence(), machine.callback())
    _ = Fences.add(&machine, callback, to: fence)
    let wasThere = Fences.remove(&machine, callback, from: fence)
    Fences.signal(&machine, fence)
    return wasThere && machine.callbackCount == 0
  },
  Situation("fence/test_late_rm_callback: one that has run cannot be taken away") { machine in
    let (fence, callback) = (machine.fence(), machine.callback())
    _ = Fences.add(&machine, callback, to: fence)
    Fences.signal(&machine, fence)
    return machine.callbackCount == 1 && !Fences.remove(&machine, callback, from: fence)
  },
  Situation("fence/test_status: 0 before, 1 after") { machine in
    let fence = machine.fence()
    let before = Fences.status(&machine, fence)
    Fences.signal(&machine, fence)
    return before == 0 && Fences.status(&machine, fence) == 1
  },
  Situation("fence/test_error: an error is its status once it is signalled") { machine in
    let fence = machine.fence()
    let before = Fences.status(&machine, fence)
    Fences.signal(&machine, fence, error: .fault)
    return before == 0 && Fences.status(&machine, fence) == 0 &- 14
  },
  Situation("fence/test_wait: in vain before it is signalled, over at once after") { machine in
    let fence = machine.fence()
    machine.isOver = true
    let before = Fences.wait(&machine, fence, isInterruptible: false, isTimed: true)
    Fences.signal(&machine, fence)
    let after = Fences.wait(&machine, fence, isInterruptible: false, isTimed: true)
    return before == .timedOut && after == .ok
  },
  Situation("fence/test_wait_timeout: the time that is over hides nothing signalled") { machine in
    let fence = machine.fence()
    machine.isOver = true
    Fences.signal(&machine, fence)
    return Fences.wait(&machine, fence, isInterruptible: true, isTimed: true) == .ok
  },
  Situation("fence/test_stub: stubs are signalled") { machine in
    (0..<8).allSatisfy { _ in
      let stub = made(Fences.stub(&machine))
      return Fences.isSignalled(&machine, stub) && Fences.status(&machine, stub) == 1
    }
  },
]

/// Reference: Linux 6.12, drivers/dma-buf/st-dma-fence-unwrap.c.
private let containers = [
  Situation("unwrap/sanitycheck: an array of one is made and given up") { machine in
    let array = machine.array([machine.fence()])
    Fences.enable(&machine, array)
    let isPending = !Fences.isSignalled(&machine, array)
    return isPending
  },
  Situation("unwrap/unwrap_array: both of an array are seen, once") { machine in
    let pair = [machine.fence(1), machine.fence(2)]
    let array = machine.array(pair)
    return machine.leaves(array).sorted() == pair.sorted()
  },
  Situation("unwrap/unwrap_chain: both of a chain are seen, once") { machine in
    let pair = [machine.fence(1), machine.fence(2)]
    let links = machine.chain(pair)
    return machine.leaves(links[1]).sorted() == pair.sorted()
  },
  Situation("unwrap/unwrap_chain_array: an array in a chain is unwrapped") { machine in
    let pair = [machine.fence(1), machine.fence(2)]
    let links = machine.chain([machine.array(pair)])
    return machine.leaves(links[0]).sorted() == pair.sorted()
  },
  Situation("unwrap/unwrap_merge: two are merged to an array of both") { machine in
    let pair = [machine.fence(1), machine.fence(2)]
    let list = machine.list(pair)
    let merged = made(Fences.merge(&machine, list, context: 70))
    return machine.leaves(merged).sorted() == pair.sorted()
  },
  Situation("unwrap/unwrap_merge_complex: what was merged is merged again, in any order") {
    machine in
    let pair = [machine.fence(1), machine.fence(2)]
    let first = made(Fences.merge(&machine, machine.list(pair), context: 70))
    Fences.retain(&machine, first)
    let links = machine.chain([first])
    let nested = machine.list([links[0], first, pair[0]])
    let merged = made(Fences.merge(&machine, nested, context: 71))
    return machine.leaves(merged).sorted() == pair.sorted()
  },
  Situation("unwrap: of one line the later is enough") { machine in
    let pair = [machine.fence(1, 1), machine.fence(1, 2)]
    let merged = made(Fences.merge(&machine, machine.list(pair), context: 70))
    return machine.leaves(merged) == [pair[1]]
  },
  Situation("unwrap: an array has the error of one of its fences") { machine in
    let own = [machine.fence(1), machine.fence(2), machine.fence(3)]
    let array = machine.array(own)
    for (index, error) in [Errno.ok, .fault, .timedOut].enumerated() {
      Fences.signal(&machine, own[index], error: error)
    }
    return Fences.status(&machine, array) == 0 &- UInt64(Errno.fault.rawValue)
  },
  Situation("unwrap: what is signalled is not merged, and nothing is signalled") { machine in
    let pair = [machine.fence(1), machine.fence(2)]
    Fences.signal(&machine, pair[0])
    let one = made(Fences.merge(&machine, machine.list(pair), context: 70))
    Fences.signal(&machine, pair[1])
    let none = made(Fences.merge(&machine, machine.list(pair), context: 70))
    return one == pair[1] && Fences.isSignalled(&machine, none)
  },
]

/// Reference: Linux 6.12, drivers/dma-buf/st-dma-fence-chain.c.
private let chains = [
  Situation("chain/sanitycheck: a chain of one is made and given up") { machine in
    let links = machine.chain([machine.fence()])
    Fences.enable(&machine, links[0])
    return !Fences.isSignalled(&machine, links[0])
  },
  Situation("chain/find_seqno: each number has its link, none has one after the last") { machine in
    let links = machine.chain((1...6).map { machine.fence($0) })
    let last = links[5]
    let zero = Fences.find(&machine, number: 0, in: last)
    guard zero.0 == .ok, zero.1 == last else { return false }
    for number in 1...6 as ClosedRange<UInt64> {
      let found = Fences.find(&machine, number: number, in: last)
      guard found.0 == .ok, found.1 == links[Int(number) - 1] else { return false }
      let beyond = Fences.find(&machine, number: number + 1, in: links[Int(number) - 1])
      guard beyond.0 == .invalid else { return false }
    }
    return true
  },
  Situation("chain/find_signaled: what is signalled is found as nothing, or itself") { machine in
    let links = machine.chain([machine.fence(1), machine.fence(2)])
    let fence = machine.leaves(links[0])[0]
    Fences.signal(&machine, fence)
    let found = Fences.find(&machine, number: 1, in: links[1])
    let itself = Fences.find(&machine, number: 1, in: links[0])
    return found.0 == .ok && found.1 == nil && itself.0 == .ok && itself.1 == links[0]
  },
  Situation("chain/find_out_of_order: one that is signalled between others is passed over") {
    machine in
    let links = machine.chain((1...3).map { machine.fence($0) })
    let middle = machine.leaves(links[1])[0]
    Fences.signal(&machine, middle)
    let found = Fences.find(&machine, number: 2, in: links[2])
    // The first is the next that has not happened.
    return found.0 == .ok && found.1 == links[0]
  },
  Situation("chain/find_gap: a number between two is the later one's") { machine in
    let links = machine.chain((1...4).map { machine.fence($0) }, step: 2)
    return (1...8 as ClosedRange<UInt64>).allSatisfy { number in
      let found = Fences.find(&machine, number: number, in: links[3])
      return found.0 == .ok && found.1 == links[Int((number + 1) / 2) - 1]
    }
  },
  Situation("chain/signal_forward: each link is signalled with its fence, and no later one") {
    machine in
    let own = (1...5).map { machine.fence($0) }
    let links = machine.chain(own)
    for index in own.indices {
      Fences.signal(&machine, own[index])
      guard Fences.isSignalled(&machine, links[index]) else { return false }
      if index < 4, Fences.isSignalled(&machine, links[index + 1]) { return false }
    }
    return true
  },
  Situation("chain/signal_backward: none is signalled before the first is") { machine in
    let own = (1...5).map { machine.fence($0) }
    let links = machine.chain(own)
    for index in own.indices.reversed() {
      Fences.signal(&machine, own[index])
      if index > 0, Fences.isSignalled(&machine, links[index]) { return false }
    }
    return links.allSatisfy { Fences.isSignalled(&machine, $0) }
  },
  Situation("chain/wait_forward: who is told is told when the last is signalled, forwards") {
    machine in tellsAtLast(&machine, [0, 1, 2, 3])
  },
  Situation("chain/wait_backward: the same backwards") { machine in
    tellsAtLast(&machine, [3, 2, 1, 0])
  },
  Situation("chain/wait_random: the same in any order") { machine in
    tellsAtLast(&machine, [2, 0, 3, 1])
  },
]

/// Whether a callback of the last link runs with the last fence that is signalled, and not before.
private func tellsAtLast(_ machine: inout BufferTestMachine, _ order: [Int]) -> Bool {
  let own = (1...4).map { machine.fence($0) }
  let links = machine.chain(own)
  guard Fences.add(&machine, machine.callback(), to: links[3]) == .ok else { return false }
  for index in order.dropLast() {
    Fences.signal(&machine, own[index])
    guard machine.callbackCount == 0 else { return false }
  }
  Fences.signal(&machine, own[order[3]])
  return machine.callbackCount == 1 && Fences.isSignalled(&machine, links[3])
}

/// Reference: Linux 6.12, drivers/dma-buf/st-dma-resv.c; each test is run for each usage.
private func reservations<R: ReservationWalker>(_ walker: R, _ title: String) -> [Situation] {
  FenceUsage.allCases.flatMap { usage in
    [
      Situation("resv/sanitycheck: a reservation is locked and given up, \(title)") { machine in
        let reservation = made(Reservation.make(&machine))
        Reservation.lock(&machine, reservation)
        Reservation.unlock(&machine, reservation)
        Reservation.free(&machine, reservation)
        return true
      },
      Situation("resv/test_signaling: it is signalled with its fence, \(usage), \(title)") {
        machine in
        let (reservation, fence) = reserved(&machine, walker, usage)
        let before = walker.isSignalled(&machine, reservation, usage)
        Fences.signal(&machine, fence)
        return !before && walker.isSignalled(&machine, reservation, usage)
      },
      Situation("resv/test_for_each: its one fence is seen, as it is used, \(usage), \(title)") {
        machine in
        let (reservation, fence) = reserved(&machine, walker, usage)
        var seen: [UInt64] = []
        walker.forEach(&machine, reservation, usage) { _, found, used in
          seen.append(found == fence ? used : 99)
          return true
        }
        return seen == [UInt64(usage.rawValue)]
      },
      Situation("resv/test_for_each_unlocked: without the lock too, \(usage), \(title)") {
        machine in
        let (reservation, fence) = reserved(&machine, walker, usage)
        return walker.firstPending(&machine, reservation, usage) == fence
      },
      Situation("resv/test_get_fences: all that are pending are one, \(usage), \(title)") {
        machine in
        let (reservation, fence) = reserved(&machine, walker, usage)
        let single = walker.singleton(&machine, reservation, usage, context: 60)
        return single.0 == .ok && single.1 == fence
      },
      Situation("resv: what takes the place of a signalled one is waited for, \(usage), \(title)") {
        machine in
        let (reservation, fence) = reserved(&machine, walker, usage)
        Fences.signal(&machine, fence)
        let before = walker.isSignalled(&machine, reservation, usage)
        let other = machine.fence()
        walker.replace(&machine, context: 1, with: other, usage, in: reservation)
        return before && walker.firstPending(&machine, reservation, usage) == other
      },
      Situation("resv: all of a line give way to another, once each, \(usage), \(title)") {
        machine in
        let reservation = made(Reservation.make(&machine))
        let own = [machine.fence(7, 2), machine.fence(7, 1), machine.fence(8, 1)]
        _ = walker.reserve(&machine, reservation, count: 4)
        // Who reads does not take the place of who writes.
        walker.add(&machine, own[0], to: reservation, .read)
        walker.add(&machine, own[1], to: reservation, .kernel)
        walker.add(&machine, own[2], to: reservation, .kernel)
        let other = machine.fence(9, 1)
        walker.replace(&machine, context: 7, with: other, usage, in: reservation)
        var seen: [[UInt64]] = [[], [], []]
        walker.forEach(&machine, reservation, .bookkeep) { machine, found, used in
          seen[found == other ? 0 : found == own[2] ? 1 : 2].append(used)
          return true
        }
        let counts = (own + [other]).map { machine.base.read(FenceRecord.count, of: $0, .plain) }
        let used = UInt64(usage.rawValue)
        return seen == [[used, used], [0], []] && counts == [1, 1, 2, 3]
      },
      Situation("resv: who is concerned with less does not wait for it, \(usage), \(title)") {
        machine in
        let (reservation, _) = reserved(&machine, walker, usage)
        return FenceUsage.allCases.allSatisfy {
          walker.isSignalled(&machine, reservation, $0) == ($0 < usage)
        }
      },
    ]
  }
}

/// A reservation with one fence.
private func reserved<R: ReservationWalker>(
  _ machine: inout BufferTestMachine,
  _ walker: R,
  _ usage: FenceUsage
) -> (BufferTestMachine.Record, BufferTestMachine.Record) {
  let reservation = made(Reservation.make(&machine))
  let fence = machine.fence()
  _ = walker.reserve(&machine, reservation, count: 1)
  walker.add(&machine, fence, to: reservation, usage)
  return (reservation, fence)
}

private let all =
  fences + containers + chains + reservations(ListedReservations(), "in a list")
  + reservations(CompactReservations(), "in a table")

@Suite struct FenceSituationTests {
  @Test(arguments: all.indices)
  func `every situation of the kernel's tests comes out as there`(index: Int) {
    var machine = BufferTestMachine()
    #expect(all[index].holds(&machine), "\(all[index].name)")
    #expect(machine.base.warningCount == 0, "\(all[index].name)")
  }

  @Test func `every test of the kernel's four files is there, races apart`() {
    let names = Set(all.map { String($0.name.prefix { $0 != ":" && $0 != "," }) })
    let kernels = [
      "fence": [
        "sanitycheck", "test_signaling", "test_add_callback", "test_late_add_callback",
        "test_rm_callback", "test_late_rm_callback", "test_status", "test_error", "test_wait",
        "test_wait_timeout", "test_stub",
      ],
      "unwrap": [
        "sanitycheck", "unwrap_array", "unwrap_chain", "unwrap_chain_array", "unwrap_merge",
        "unwrap_merge_complex",
      ],
      "chain": [
        "sanitycheck", "find_seqno", "find_signaled", "find_out_of_order", "find_gap",
        "signal_forward", "signal_backward", "wait_forward", "wait_backward", "wait_random",
      ],
      "resv": [
        "sanitycheck", "test_signaling", "test_for_each", "test_for_each_unlocked",
        "test_get_fences",
      ],
    ]
    // Those of races, race_signal_callback and find_race, are every schedule's: `BufferExplorerTests`.
    for (file, tests) in kernels {
      for test in tests { #expect(names.contains("\(file)/\(test)"), "\(file)/\(test)") }
    }
  }
}
