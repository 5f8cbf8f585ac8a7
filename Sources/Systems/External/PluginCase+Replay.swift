import CWalkerPlugin
import Machines
import Oracles

// What a plugin did in a call is done again on the check's machine, where the judges listen.

extension PluginCase {
  /// Does again what one record says.
  func replay(_ record: walkproof_record, on machine: inout CheckMachine) {
    // Of a plugin that reports nothing only what it asked of the host is known to be all there was.
    guard plugin.reports(WALKPROOF_CAP_EVENTS) || PluginCase.isOfHost(record) else { return }
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
      noteStore(to: page, memory)
      // An order that is not reported is not judged.
      let isRelease = record.order >= 3 || !plugin.reports(WALKPROOF_CAP_STORE_ORDER)
      machine.store(record.val, to: page, at: index, order: isRelease ? .release : .relaxed)
    case WALKPROOF_EV_CMPXCHG: exchange(record, in: page, at: index, on: &machine)
    case WALKPROOF_EV_ALLOC: allocate(record, on: &machine)
    case WALKPROOF_EV_FREE: free(record, page, on: &machine)
    case WALKPROOF_EV_GET: machine.retain(page, by: 1)
    case WALKPROOF_EV_PUT: machine.release(page, by: 1)
    case WALKPROOF_EV_DCACHE: machine.clean(record.addr, sizeInBytes: record.size)
    case WALKPROOF_EV_ICACHE:
      machine.invalidateInstructions(record.addr, sizeInBytes: record.size)
    case WALKPROOF_EV_WARN:
      machine.base.listener.log.condition = text(of: record)
      machine.base.listener.log.warningLine = record.line
      machine.warn(Site("WARN_ON", line: record.line))
    case WALKPROOF_EV_DETACH:
      // A table that is freed at once is given away to nobody.
      if flags & Int32(WALKPROOF_F_RCU_FREE) != 0 { machine.base.deferFree(page) }
    case WALKPROOF_EV_LOCK: machine.base.readSection(isEntered: record.flags & 1 != 0)
    default: replayMaintenance(record, on: &machine)
    }
  }

  /// Whether something was done by the host, at the plugin's request.
  private static func isOfHost(_ record: walkproof_record) -> Bool {
    switch walkproof_kind(record.kind) {
    case WALKPROOF_EV_ALLOC, WALKPROOF_EV_FREE, WALKPROOF_EV_GET, WALKPROOF_EV_PUT: true
    default: false
    }
  }

  /// An exchange orders what was stored before, unless it says that it does not.
  private func exchange(
    _ record: walkproof_record,
    in page: UInt64,
    at index: UInt64,
    on machine: inout CheckMachine
  ) {
    guard record.flags & 1 != 0 else {
      _ = machine.load(page, at: index)
      return
    }
    noteStore(to: page, machine.base.memory)
    if record.order == 1, plugin.reports(WALKPROOF_CAP_STORE_ORDER) {
      _ = machine.load(page, at: index)
      machine.store(record.val, to: page, at: index, order: .relaxed)
    } else {
      _ = machine.compareExchange(record.old, with: record.val, in: page, at: index)
    }
  }

  private static var forgedRecord: Site {
    Site("it changed what the check keeps beside its tables")
  }

  private func allocate(_ record: walkproof_record, on machine: inout CheckMachine) {
    guard record.addr != 0 else {
      machine.base.listener.observe(.refuse(level: 3))
      return
    }
    let memory = machine.base.memory
    let pageCount = Int(clamping: record.size >> memory.pageShift)
    // The host never writes down less than a page; the log is where a walker can reach it.
    guard pageCount > 0 else {
      machine.base.lose(PluginCase.forgedRecord)
      return
    }
    let next = memory.usedPages
    // At which level a page will be used shows when it is linked.
    let table =
      pageCount == 1
      ? machine.allocateTable(level: 3) : machine.allocateRoot(pageCount: pageCount, level: 0)
    guard let table, table == record.addr else {
      machine.base.lose(PluginCase.forgedRecord)
      return
    }
    // Several pages are aligned to their size, and what that leaves is nobody's.
    if let first = memory.page(of: table), first > next { skippedPages.formUnion(next..<first) }
  }

  /// What was allocated is freed at once: the root, or tables, whatever their counts.
  private func free(
    _ record: walkproof_record,
    _ page: UInt64,
    on machine: inout CheckMachine
  ) {
    let memory = machine.base.memory
    let pageSize = UInt64(1) << memory.pageShift
    let whole = record.size >> memory.pageShift + (record.size % pageSize == 0 ? 0 : 1)
    let pageCount = Int(clamping: max(whole, 1))
    guard page != root, let first = memory.page(of: page) else {
      machine.freeRoot(page, pageCount: pageCount)
      return
    }
    for number in first..<min(memory.capacity, first &+ min(pageCount, memory.capacity)) {
      let count = Int(memory.count(ofPage: number))
      machine.release(memory.base + UInt64(number) << memory.pageShift, by: max(1, count))
    }
  }

  private func replayMaintenance(_ record: walkproof_record, on machine: inout CheckMachine) {
    let isLocal = record.flags & 1 != 0
    let hasHint = record.level != WALKPROOF_LEVEL_UNKNOWN && plugin.reports(WALKPROOF_CAP_TTL)
    let hint = hasHint ? LookupLevel(Int(record.level)) : nil
    func invalidation(
      _ operation: TLBInvalidation<UInt64>.Operation,
      sizeInBytes: UInt64 = 0,
      levelHint: LookupLevel? = nil
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
    case WALKPROOF_EV_DSB: replayBarrier(called: text(of: record), on: &machine)
    case WALKPROOF_EV_ISB: machine.barrier(.isb)
    default: machine.base.lose(Site("it reported an event of a kind that there is not"))
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

  /// A barrier by its name in the manual; a wider domain than the inner one does no less, and one of
  /// loads alone orders no store.
  ///
  /// Reference: Arm ARM DDI 0487, "Data Synchronization Barrier" and "Data Memory Barrier".
  private func replayBarrier(called name: String, on machine: inout CheckMachine) {
    switch name {
    case "ish", "osh", "sy": machine.barrier(.dsbISH)
    case "ishst", "oshst", "st": machine.barrier(.dsbISHST)
    case "nsh": machine.barrier(.dsbNSH)
    case "nshst": machine.barrier(.dsbNSHST)
    case "dmb ish", "dmb osh", "dmb sy", "dmb ishst", "dmb oshst", "dmb st":
      machine.barrier(.dmbISHST)
    case "ishld", "oshld", "nshld", "ld", "dmb ishld", "dmb oshld", "dmb nshld", "dmb ld",
      "dmb nsh", "dmb nshst":
      break
    default: machine.base.lose(Site("it reported a barrier by a name that no barrier has"))
    }
  }
}
