import Architecture
import Checking
import Machines
import Oracles
import Property
import Reference
import Walkers

/// A way of keeping partition-scoped tables: how an empty tree is made.
struct PartitionKind<Table: PartitionWalker>: Sendable where Table.M == RadixMachine {
  let create: @Sendable (PartitionConfiguration, inout RadixMachine) -> Table?
}

extension PartitionKind where Table == PartitionTable<RadixMachine> {
  /// The optimised walker.
  static var builtIn: Self { PartitionKind { PartitionTable.create($0, on: &$1) } }
}

extension PartitionKind where Table == SteppedPartitionTable<RadixMachine> {
  /// The reference with these faults.
  static func stepped(_ faults: PartitionTableFaultSet = []) -> Self {
    PartitionKind { SteppedPartitionTable.create($0, faults: faults, on: &$1) }
  }
}

/// A case of one keeper of partition-scoped tables.
struct PartitionSession<Table: PartitionWalker & UsableOnThreads> where Table.M == RadixMachine {
  var machine: RadixMachine
  var host: PretendHost<Table>
  var model: PartitionModel
  /// The access that the hardware made during the current call.
  var madeAccess: RunningGuest.Access?
  /// The guest beside the calls.
  let guest = RunningGuest()
  /// What the last harvest handed out.
  var lastReport: [UInt64] = []
  /// Whether the tables were freed.
  var isFreed = false
  /// What the host was like when all leaves were last compared with it.
  var comparedVersion = 0

  /// A guest with an empty tree, on a machine that was used before or on a new one; nil where there is no
  /// memory for the root.
  init?(
    _ plan: PartitionGenerator,
    _ kind: PartitionKind<Table>,
    on used: consuming RadixMachine = PartitionSession.makeMachine(),
    _ setting: CaseSetting = CaseSetting(isRecorded: true)
  ) {
    var machine = used
    let configuration = plan.configuration
    machine.base.reset()
    machine.base.listener.reset()
    machine.base.listener.judges.reset(
      partition: configuration.partition,
      isDD1: configuration.isDD1
    )
    machine.base.listener.isRecording = setting.isRecorded
    machine.base.listener.judges.acceptedFingerprints = setting.accepted
    PartitionSession.beginCall(on: &machine)
    guard let table = kind.create(configuration, &machine) else { return nil }
    let root = table.partitionEntry(on: &machine)
    machine.base.listener.root = root
    machine.base.listener.judges.setRoot(root)
    self.machine = machine
    let slots = plan.slots.enumerated().map { number, plan in
      PretendHost<Table>.Memslot(number: number, plan, pageShift: configuration.pageShift)
    }
    host = PretendHost(pageShift: configuration.pageShift, slots: slots, table: table)
    model = PartitionModel(
      slots: plan.slots.map {
        PartitionModel.Slot(
          frames: $0.firstFrame..<$0.firstFrame + $0.frameCount,
          isWritable: $0.isWritable,
          hasLog: $0.hasLog
        )
      },
      pageShift: configuration.pageShift
    )
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

  /// How many loads and stores a call may take: the tables of the largest slot, page by page.
  private static var stepLimit: Int { 400_000 }

  static func beginCall(
    isFault: Bool = false,
    demandsLock: Bool = false,
    allocations: Int = .max,
    on machine: inout RadixMachine
  ) {
    machine.remainingAllocations = allocations
    machine.base.stepAllowance = stepLimit
    machine.base.listener.judges.beginCall(isFault: isFault, demandsLock: demandsLock)
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
