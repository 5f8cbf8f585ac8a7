import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

/// A way of keeping partition-scoped tables.
struct PartitionKind: Sendable {
  let style: PartitionStyle
  let flaws: PartitionFlawSet
}

/// A case of one keeper of partition-scoped tables.
struct PartitionSession {
  /// What is checked.
  let kind: PartitionKind

  var machine: RadixMachine
  var host: PretendHost
  var model: PartitionModel
  /// The access that the hardware made during the current call.
  var madeAccess: RunningGuest.Access?
  /// The guest beside the calls.
  let guest = RunningGuest()
  /// What the last harvest handed out.
  var lastReport: [UInt64] = []
  /// What the host was like when all leaves were last compared with it.
  var comparedVersion = 0

  /// A session on a machine that was used before, or on a new one.
  init(_ kind: PartitionKind, on machine: RadixMachine = PartitionSession.makeMachine()) {
    self.kind = kind
    self.machine = machine
    let configuration = PartitionConfiguration(pageShift: 12)
    host = PretendHost(
      pageShift: 12,
      slots: [],
      table: PartitionTable(root: machine.base.memory.base, configuration)
    )
    model = PartitionModel(slots: [], pageShift: 12)
  }

  /// A machine on which no case was yet.
  static func makeMachine() -> RadixMachine {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 1 << 12)
    let judges = RadixJudges(memory: memory, partition: 1, isDD1: false)
    return RadixMachine(
      TracingMachine(memory: memory, listener: RadixListener(judges: judges)),
      allocations: .max
    )
  }

  /// Forgets the case before and makes the guest; false where there is no memory for its root.
  mutating func begin(
    _ generator: PartitionGenerator,
    _ setting: CaseSetting = CaseSetting(isRecorded: true)
  ) -> Bool {
    machine.base.reset()
    machine.base.listener.reset()
    machine.base.listener.judges.reset(
      partition: generator.configuration.partition,
      isDD1: generator.configuration.isDD1
    )
    machine.base.listener.isRecording = setting.isRecorded
    machine.base.listener.judges.acceptedFingerprints = setting.accepted
    let configuration = generator.configuration
    beginCall()
    let table = PartitionTable.create(
      configuration,
      style: kind.style,
      flaws: kind.flaws,
      on: &machine
    )
    guard let table else { return false }
    let root = table.partitionEntry(on: &machine)
    machine.base.listener.root = root
    machine.base.listener.judges.setRoot(root)
    let slots = generator.slots.enumerated().map { number, plan in
      PretendHost.Memslot(number: number, plan, pageShift: configuration.pageShift)
    }
    host = PretendHost(pageShift: configuration.pageShift, slots: slots, table: table)
    comparedVersion = 0
    model = PartitionModel(
      slots: generator.slots.map {
        PartitionModel.Slot(
          frames: $0.firstFrame..<$0.firstFrame + $0.frameCount,
          isWritable: $0.isWritable,
          hasLog: $0.hasLog
        )
      },
      pageShift: configuration.pageShift
    )
    return true
  }

  /// How many loads and stores a call may take: the tables of the largest slot, page by page.
  private static let stepLimit = 400_000

  mutating func beginCall(
    isFault: Bool = false,
    demandsLock: Bool = false,
    allocations: Int = .max
  ) {
    machine.remainingAllocations = allocations
    machine.base.stepAllowance = PartitionSession.stepLimit
    machine.base.listener.judges.beginCall(isFault: isFault, demandsLock: demandsLock)
    host.isDisturbed = false
  }
}

extension PretendHost.Memslot {
  /// A slot as it was drawn.
  init(number: Int, _ plan: PartitionGenerator.SlotPlan, pageShift: UInt64) {
    let base = plan.firstFrame << pageShift
    let region: UInt64 = plan.isIdentical ? (base >> 30) << 30 : UInt64(number + 1) << 54
    let hostAddress = region + base % (1 << 30) + plan.skew
    let words = Int(plan.frameCount + 63) / 64
    slot = GuestSlot(
      number: number,
      firstFrame: plan.firstFrame,
      frameCount: plan.frameCount,
      hostAddress: hostAddress,
      hasLog: plan.hasLog
    )
    area = plan.isDevice ? hostAddress : (hostAddress >> plan.unitShift) << plan.unitShift
    realAddress = plan.isDevice ? plan.deviceFrame << pageShift : UInt64(number + 1) << 50
    unitShift = plan.isDevice ? pageShift : plan.unitShift
    device = plan.isDevice
    attributes = plan.isDevice ? plan.attributes : 0
    isWritable = plan.isWritable
    initialEntry =
      plan.isPopulated
      ? HostEntry(
        isWritable: plan.isWritable && plan.isStorable,
        isYoung: true,
        isDirty: plan.isDirty,
        shift: plan.unitShift
      ) : nil
    log = Array(repeating: 0, count: words)
    map = Array(repeating: 0, count: words)
  }
}
