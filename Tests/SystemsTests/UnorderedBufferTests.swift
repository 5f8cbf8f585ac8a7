import Checking
import Machines
import Property
import Testing
import Walkers

@testable import Systems

/// Whoever is told that fences are signalled finds what was done before they were.
@Suite struct UnorderedBufferTests {
  /// What campaigns find over the built-in buffers, with the acquire or without it.
  private func findings(_ access: Access) -> Set<String> {
    let subject = Subject(
      "unordered",
      .variant,
      "what others know of all fences is read without an order",
      checkedIn: BufferSession<UnorderedBuffers>.self,
      UnorderedBuffers(reservations: UnorderedReservations(access: access)),
      limits: NoLimits()
    )
    var plan = CampaignPlan(seed: 1, cases: 0..<6000)
    plan.failureLimit = 1
    plan.selfCheckInterval = nil
    let result = subject.campaign(plan, jobs: 2).search()
    return Set(result.failures.map(\.violation.fingerprint))
  }

  @Test func `work is not seen that was done before a fence another knows to be signalled`() {
    let found = findings(.once)
    #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("data-race/work.work") })
    #expect(findings(.acquire).isEmpty)
  }
}

/// The built-in buffers, with other reservations.
private struct UnorderedBuffers: SharedBufferWalker {
  let reservations: UnorderedReservations

  var faults: FaultsOf<BufferFault> { [] }
  var locksMappings: Bool { true }
  var locksKernelMappings: Bool { true }
}

/// The built-in reservations, but for the order in which it is found what is known of all fences.
private struct UnorderedReservations: ReservationWalker {
  let access: Access
  private var built: CompactReservations { CompactReservations() }

  func reserve<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    count: Int
  ) -> Errno {
    built.reserve(&machine, reservation, count: count)
  }
  func add<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    to reservation: M.Record,
    _ usage: FenceUsage
  ) {
    built.add(&machine, fence, to: reservation, usage)
  }
  func replace<M: BufferHostMachine>(
    _ machine: inout M,
    context: M.W,
    with fence: M.Record,
    _ usage: FenceUsage,
    in reservation: M.Record
  ) {
    built.replace(&machine, context: context, with: fence, usage, in: reservation)
  }
  func firstPending<M: BufferHostMachine>(
    _ machine: inout M,
    _ reservation: M.Record,
    _ usage: FenceUsage
  ) -> M.Record? {
    let sequence = machine.read(ReservationRecord.sequence, of: reservation, .acquire)
    let known = machine.read(ReservationRecord.known(usage), of: reservation, access)
    if machine.holds(known .== sequence) { return nil }
    return built.firstPending(&machine, reservation, usage)
  }
}
