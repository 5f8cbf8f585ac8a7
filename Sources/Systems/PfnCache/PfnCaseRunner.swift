public import Machines
import Oracles
public import Property
import Reference
import Schedules
public import Walkers

/// Runs cases of guest-frame caches, one after the other, in a world of its own.
///
/// A case draws who there is and what is done; then some of it is done alone, the rest at once, by a
/// schedule that comes from the same choices; and at the end everything is looked at.
public final class PfnCaseRunner<Walker: PfnCacheWalker> {
  private typealias World = ScheduledWorld<RandomScheduler, ThreadJudges>

  private let walker: Walker
  private let world: World
  private let state: UnsafeMutablePointer<PfnHost>
  /// What was done in the last case.
  public private(set) var plan = PfnCachePlan()
  /// How often a thread of the last case made way for another though it could have gone on, while
  /// all ran at once.
  public private(set) var preemptionCount = 0
  /// How many steps all cases took.
  public private(set) var stepCount: UInt64 = 0
  /// How many operations ended with which result, by the operation's number.
  public private(set) var outcomes: [[Errno: UInt64]]

  /// A world for a walker.
  public init(_ walker: Walker) {
    self.walker = walker
    world = World(
      RandomScheduler(Choices(replaying: [])),
      listener: ThreadJudges(),
      settings: Self.settings
    )
    state = .allocate(capacity: 1)
    state.initialize(to: PfnHost())
    outcomes = Array(repeating: [:], count: PfnCacheOperation.names.count)
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  private static var settings: WorldSettings {
    var settings = WorldSettings()
    settings.wordsPerThread = 256
    settings.stepLimit = 6000
    settings.fairStepLimit = 3000
    return settings
  }

  /// Runs the case that the choices make.
  /// - Returns: everything that is wrong with it, the model's findings first.
  public func run(_ choices: inout Choices) -> [Finding] {
    plan = PfnCachePlan(&choices)
    plan.drawOperations(&choices)
    world.reset()
    world.withListener { $0.reset() }
    setUp()
    world.withScheduler { swap(&$0.choices, &choices) }
    var ending = run(plan.before, threadCount: 1)
    if ending.ending == .finished {
      let earlier = ending.preemptionCount
      ending = run(plan.atOnce, threadCount: plan.threadCount)
      preemptionCount = ending.preemptionCount - earlier
    }
    if ending.ending == .finished { audit() }
    world.withScheduler { swap(&$0.choices, &choices) }
    stepCount += UInt64(ending.stepCount)
    var findings = state.pointee.model.breaches.map { Finding($0) }
    world.withListener { findings += $0.violations.map { Finding($0) } }
    return findings
  }

  private func run(_ operations: [PfnCacheOperation], threadCount: Int) -> RunResult {
    state.pointee.operations = operations
    state.pointee.results = Array(repeating: nil, count: operations.count)
    let (walker, state) = (walker, state)
    let body: (inout World.Machine) -> Void = { base in
      var thread = PfnCaseThread(walker, base, state)
      thread.perform()
    }
    let result = world.run(Array(repeating: body, count: threadCount))
    for (operation, result) in zip(operations, state.pointee.results) {
      if let result { outcomes[operation.number][result, default: 0] += 1 }
    }
    return result
  }

  private func audit() {
    let (walker, state) = (walker, state)
    _ = world.run([
      { base in
        var thread = PfnCaseThread(walker, base, state)
        thread.audit()
      }
    ])
  }

  /// Makes the records, alone.
  private func setUp() {
    state.pointee.model = PfnHost.fresh
    state.pointee.plan = plan
    var machine = PfnCaseThread(walker, world.alone, state).machine
    func record(_ layout: Layout) -> UInt64 {
      machine.allocate(layout, isZeroed: true, maySleep: true) ?? 0
    }
    let owner = record(PfnMachineRecord.layout)
    let host = record(HostRecord.layout)
    let slots = record(SlotsRecord.layout)
    for page in 0..<PfnCachePlan.pageCount {
      machine.write(PfnHost.frame(page, 0), HostRecord.entry(page), of: host, .plain)
      machine.write(PfnHost.hostAddress(page), SlotsRecord.hostAddress(page), of: slots, .plain)
    }
    machine.write(slots, PfnMachineRecord.slots, of: owner, .plain)
    state.pointee.vcpu = 0
    if plan.hasVCPU {
      let vcpu = record(VCPURecord.layout)
      machine.write(1, VCPURecord.bit, of: vcpu, .plain)
      machine.write(vcpu, PfnMachineRecord.vcpu, of: owner, .plain)
      state.pointee.vcpu = vcpu
    }
    state.pointee.owner = owner
    state.pointee.host = host
    state.pointee.caches.removeAll(keepingCapacity: true)
    walker.prepare(&machine, owner)
    for _ in 0..<PfnCachePlan.cacheCount {
      let cache = record(PfnCacheRecord.layout)
      state.pointee.caches.append(cache)
      walker.construct(&machine, PfnCacheHandle(owner: owner, record: cache))
    }
  }
}
