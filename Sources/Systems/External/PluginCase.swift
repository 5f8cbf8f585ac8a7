import CWalkerPlugin
import Machines
import Oracles

#if canImport(Glibc)
import Glibc
#endif

/// One table of a plugin: the process that holds it, and the replay of what it does there.
///
/// The plugin works in memory of its own process; everything it reports is done again on the
/// check's machine, where the judges listen. That the two memories agree is checked after each call.
final class PluginCase {
  /// How much of a call that never came back is looked at.
  private static let lastRecordLimit = 4096

  private let plugin: Plugin
  private let worker: PluginWorker?
  /// The first root page.
  private(set) var root: UInt64 = 0
  /// How many bits input and output addresses have.
  private var addressBits: (input: UInt64, output: UInt64) = (64, 64)
  /// How the table was made, `WALKPROOF_F_` bits.
  private var flags: Int32 = 0

  init(_ plugin: Plugin) {
    self.plugin = plugin
    worker = plugin.takeWorker()
  }

  deinit {
    if let worker { plugin.put(worker) }
  }

  /// What a call returned.
  struct Answer {
    var result: Int64 = 0
    var outputs: (UInt64, UInt64) = (0, 0)

    /// The result as an error, or success.
    var errno: Errno { result < 0 ? Errno(rawValue: Int32(clamping: -result)) : .ok }
  }

  /// Makes a table; false where it cannot.
  @discardableResult
  func create(
    flags: Int32,
    inputAddressBits: UInt64,
    outputAddressBits: UInt64,
    on machine: inout CheckMachine
  ) -> Bool {
    self.flags = flags
    machine.judges.adoptsTables = !plugin.reports(WALKPROOF_CAP_EVENTS)
    worker?.control.pointee.physical_base = machine.base.memory.base
    root = machine.base.memory.base
    addressBits = (inputAddressBits, outputAddressBits)
    machine.base.listener.namePlaces(in: plugin.path) { [plugin] in plugin.functionName(at: $0) }
    let answer = call(
      WALKPROOF_CALL_INIT,
      (UInt64(flags), inputAddressBits, outputAddressBits, 0, 0),
      on: &machine
    )
    guard let worker, worker.isAlive else { return false }
    if answer.result != 0 { machine.base.lose(Site("it cannot make a table")) }
    root = worker.control.pointee.facts.root_pa
    return answer.result == 0
  }

  /// Makes one call, and does again on `machine` what the plugin did.
  func call(
    _ call: walkproof_call,
    _ arguments: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0),
    on machine: inout CheckMachine
  ) -> Answer {
    guard let worker else {
      machine.base.lose(Site("its process cannot be started"))
      return Answer()
    }
    guard worker.isAlive else { return Answer() }
    machine.base.listener.log.begin(logged(call, arguments))
    let loss = worker.call(
      call,
      arguments,
      raceAt: race(call, arguments, on: machine),
      allocations: machine.remainingAllocations,
      timeout: plugin.timeout
    )
    if let loss {
      // What led to it is worth showing; where there is too much of it, the end.
      for record in worker.records.suffix(PluginCase.lastRecordLimit)
      where record.kind != WALKPROOF_EV_ALLOC.rawValue {
        replay(record, on: &machine)
      }
      machine.base.lose(loss)
      return Answer()
    }
    for record in worker.records { replay(record, on: &machine) }
    if !plugin.reports(WALKPROOF_CAP_EVENTS) {
      adoptTables(on: &machine)
    } else if !agrees(with: machine) {
      machine.base.lose(Site("its tables are not what the stores it reported made of them"))
    }
    machine.base.listener.raceCount = Int(worker.control.pointee.race_count)
    machine.base.listener.hiddenLoads += Int(clamping: worker.control.pointee.load_count)
    return Answer(result: worker.control.pointee.result, outputs: worker.control.pointee.outputs)
  }

  /// Before which exchange another CPU makes the same call: in calls that others may make at the same
  /// time, and where there is memory for both.
  private func race(
    _ call: walkproof_call,
    _ arguments: (UInt64, UInt64, UInt64, UInt64, UInt64),
    on machine: CheckMachine
  ) -> Int {
    switch call {
    // These exchange one entry.
    case WALKPROOF_CALL_RELAX, WALKPROOF_CALL_MKYOUNG: return min(1, machine.base.listener.raceAt)
    case WALKPROOF_CALL_MAP:
      let isShared = arguments.4 & UInt64(WALKPROOF_MAP_SHARED) != 0
      return isShared && machine.remainingAllocations > 64 ? machine.base.listener.raceAt : 0
    default: return 0
    }
  }

  /// The call as fingerprints name it.
  private func logged(
    _ call: walkproof_call,
    _ arguments: (UInt64, UInt64, UInt64, UInt64, UInt64)
  ) -> LoggedCall {
    let pageSize = plugin.granule.sizeInBytes
    let input: (UInt64, UInt64)? =
      switch call {
      case WALKPROOF_CALL_INIT, WALKPROOF_CALL_DESTROY, WALKPROOF_CALL_QUIESCE: nil
      case WALKPROOF_CALL_MKYOUNG, WALKPROOF_CALL_MKOLD, WALKPROOF_CALL_IS_YOUNG,
        WALKPROOF_CALL_RELAX, WALKPROOF_CALL_GET_LEAF:
        (arguments.0, pageSize)
      default: (arguments.0, arguments.1)
      }
    return LoggedCall(
      name: Plugin.name(of: call),
      input: input,
      output: call == WALKPROOF_CALL_MAP ? arguments.2 : nil,
      pageSize: pageSize,
      inputBits: addressBits.input,
      outputBits: addressBits.output,
      misuse: call == WALKPROOF_CALL_MAP ? misuse(of: arguments) : nil
    )
  }

  /// What no map may be asked for; nil where this one may.
  private func misuse(of arguments: (UInt64, UInt64, UInt64, UInt64, UInt64)) -> String? {
    let (address, _, output, protection, _) = arguments
    func has(_ bits: UInt64) -> Bool { protection & bits == bits }
    let alone = protection & (Protection.executePrivileged | Protection.executeUnprivileged)
    if has(Protection.device), has(Protection.execute) || alone != 0 {
      return "executable device memory"
    }
    if alone != 0, flags & Int32(WALKPROOF_F_XNX) == 0 { return "execution by privilege" }
    guard flags & Int32(WALKPROOF_F_STAGE1) != 0 else {
      let isIdentity = flags & Int32(WALKPROOF_F_IDMAP) != 0
      return isIdentity && address != output ? "no identity" : nil
    }
    if !has(Protection.read) { return "not readable" }
    return has(Protection.write | Protection.execute) ? "writable and executable" : nil
  }

  /// Takes the tables over from the memory of a plugin that reports no stores.
  private func adoptTables(on machine: inout CheckMachine) {
    guard let worker else { return }
    let entryCount = 1 << Int(machine.base.memory.pageShift - 3)
    var rewrites: [EntryRewrite] = []
    for page in 0..<machine.base.memory.usedPages where worker.counts[page] > 0 {
      machine.base.mirror(page: page, from: worker.memory + page * entryCount, into: &rewrites)
    }
    machine.judges.adopt(rewrites)
  }

  /// What the plugin did in the last call, in order.
  var records: UnsafeBufferPointer<walkproof_record>? { worker?.records }

  private func replay(_ record: walkproof_record, on machine: inout CheckMachine) {
    machine.base.listener.site = EventLog.Site(
      instruction: record.site,
      function: record.function,
      caller: record.caller
    )
    defer { machine.base.listener.site = EventLog.Site() }
    let memory = machine.base.memory
    let page = record.addr & ~(UInt64(1) << memory.pageShift - 1)
    let index = (record.addr - page) >> 3
    switch walkproof_kind(record.kind) {
    case WALKPROOF_EV_LOAD: _ = machine.load(page, at: index)
    case WALKPROOF_EV_STORE:
      // An order that is not reported is not judged.
      let isRelease = record.order >= 3 || !plugin.reports(WALKPROOF_CAP_STORE_ORDER)
      machine.store(record.val, to: page, at: index, order: isRelease ? .release : .relaxed)
    case WALKPROOF_EV_CMPXCHG:
      if record.flags & 1 != 0 {
        _ = machine.compareExchange(record.old, with: record.val, in: page, at: index)
      } else {
        _ = machine.load(page, at: index)
      }
    case WALKPROOF_EV_ALLOC: allocate(record, on: &machine)
    case WALKPROOF_EV_FREE:
      machine.freeRoot(page, pageCount: Int(record.size >> memory.pageShift))
    case WALKPROOF_EV_GET: machine.retain(page, by: 1)
    case WALKPROOF_EV_PUT: machine.release(page, by: 1)
    case WALKPROOF_EV_DCACHE: machine.clean(record.addr, sizeInBytes: record.size)
    case WALKPROOF_EV_ICACHE:
      machine.invalidateInstructions(record.addr, sizeInBytes: record.size)
    case WALKPROOF_EV_WARN:
      machine.base.listener.log.warning = worker?.text(of: record) ?? ""
      machine.warn(Site("WARN_ON", line: record.line))
    case WALKPROOF_EV_DETACH:
      // A table that is freed at once is given away to nobody.
      if flags & Int32(WALKPROOF_F_RCU_FREE) != 0 { machine.base.deferFree(page) }
    case WALKPROOF_EV_LOCK: machine.base.readSection(isEntered: record.flags & 1 != 0)
    default: replayMaintenance(record, on: &machine)
    }
  }

  private func allocate(_ record: walkproof_record, on machine: inout CheckMachine) {
    let shift = machine.base.memory.pageShift
    let pageCount = Int(max(1, record.size >> shift))
    // At which level a page will be used shows when it is linked.
    let table =
      pageCount == 1
      ? machine.allocateTable(level: 3) : machine.allocateRoot(pageCount: pageCount, level: 0)
    if (table ?? 0) != record.addr {
      machine.base.lose(Site("it changed what the check keeps beside its tables"))
    }
  }

  private func replayMaintenance(_ record: walkproof_record, on machine: inout CheckMachine) {
    let isLocal = record.flags & 1 != 0
    let hasHint = record.level != WALKPROOF_LEVEL_UNKNOWN && plugin.reports(WALKPROOF_CAP_TTL)
    let hint = hasHint ? Int(record.level) : nil
    func invalidation(
      _ operation: TLBInvalidation<UInt64>.Operation,
      sizeInBytes: UInt64 = 0,
      levelHint: Int? = nil
    ) -> TLBInvalidation<UInt64> {
      TLBInvalidation(
        operation,
        address: record.addr,
        sizeInBytes: sizeInBytes,
        levelHint: levelHint,
        isBroadcast: !isLocal
      )
    }
    let pageSize = UInt64(1) << machine.base.memory.pageShift
    switch walkproof_kind(record.kind) {
    case WALKPROOF_EV_TLBI_IPA:
      let first = invalidation(.ipas2e1, sizeInBytes: pageSize, levelHint: hint)
      replayComposite(first, on: &machine)
    case WALKPROOF_EV_TLBI_RANGE:
      replayComposite(invalidation(.ripas2e1, sizeInBytes: record.size), on: &machine)
    case WALKPROOF_EV_TLBI_ALL:
      machine.barrier(.dsbISHST)
      machine.invalidate(TLBInvalidation(.vmalls12e1, isBroadcast: !isLocal))
      machine.barrier(.dsbISH)
      machine.barrier(.isb)
    case WALKPROOF_EV_TLBI_VA:
      let isLast = record.flags & 2 != 0
      machine.invalidate(
        invalidation(isLast ? .vale2 : .vae2, sizeInBytes: pageSize, levelHint: hint)
      )
    case WALKPROOF_EV_TLBI_SYNC: machine.barrier(.dsbISH)
    case WALKPROOF_EV_DSB: machine.barrier(barrier(called: worker?.text(of: record) ?? ""))
    case WALKPROOF_EV_ISB: machine.barrier(.isb)
    default: break
    }
  }

  /// An invalidation of stage 2 with what belongs to it: combined entries of both stages go only
  /// with those of stage 1.
  ///
  /// Reference: Arm ARM DDI 0487, "TLB maintenance instructions".
  private func replayComposite(
    _ invalidation: TLBInvalidation<UInt64>,
    on machine: inout CheckMachine
  ) {
    let isBroadcast = invalidation.isBroadcast
    machine.barrier(isBroadcast ? .dsbISHST : .dsbNSHST)
    machine.invalidate(invalidation)
    machine.barrier(isBroadcast ? .dsbISH : .dsbNSH)
    machine.invalidate(TLBInvalidation(.vmalle1, isBroadcast: isBroadcast))
    machine.barrier(isBroadcast ? .dsbISH : .dsbNSH)
    machine.barrier(.isb)
  }

  private func barrier(called name: String) -> Barrier {
    switch name {
    case "ishst": .dsbISHST
    case "nsh": .dsbNSH
    case "nshst": .dsbNSHST
    default: .dsbISH
    }
  }

  /// Whether the tables are in the plugin's memory what its reported stores made of them.
  ///
  /// Freed pages are left out: the plugin's are filled with poison.
  private func agrees(with machine: CheckMachine) -> Bool {
    guard let worker else { return true }
    let memory = machine.base.memory
    let pageSize = 1 << Int(memory.pageShift)
    let own = UnsafeRawPointer(worker.memory)
    for page in 0..<memory.usedPages where worker.counts[page] > 0 {
      let replayed = memory.pointer(to: memory.base + UInt64(page) << memory.pageShift)
      if memcmp(replayed, own + page * pageSize, pageSize) != 0 { return false }
    }
    return true
  }
}
