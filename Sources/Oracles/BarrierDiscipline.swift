import Architecture
import Machines

/// Barriers: a table's contents before its link, a break before its invalidation, an invalidation
/// before what relies on it, a mapping before the call that made it returns.
///
/// Reference: Arm ARM DDI 0487 M.b, RDDMVT, and the definitions of DSB and DMB. Visible to
/// table walkers makes `dsb ishst` or `dsb ish`; `dsb ish` alone completes an invalidation
/// everywhere. Stores are ordered before the link of a table by either, by `dmb ishst`, or by the
/// link being a release. An invalidation issued too early is no fault by itself: it is as if it had
/// not been issued, and is blamed where one was needed.
///
/// Does not establish: that `isb` is where the issuing CPU needs one.
struct BarrierDiscipline {
  /// When a barrier last ordered this CPU's stores, in events.
  private var orderedAt = -1
  /// When the last descriptor was made valid where a walker can see it, in events.
  var validStoreAt = -1

  mutating func note(_ barrier: Barrier, at now: Int) {
    switch barrier {
    case .dsbISHST, .dsbISH, .dmbISHST: orderedAt = now
    case .dsbNSH, .dsbNSHST, .isb, .ptesync, .eieio, .tlbsync: break
    }
  }

  /// A table last written at `writtenAt` was linked by a store that releases nothing.
  func judgeLink(_ change: EntryChange, writtenAt: Int, _ findings: inout Findings) {
    guard writtenAt > orderedAt else { return }
    findings.add(
      .plainLink,
      "the table at \(change.new.hexadecimal) was linked by a plain store: a walker can follow it"
        + " before the table's contents are visible",
      at: change.place,
      detail: change.transition
    )
  }

  /// The call that began at `callBeganAt` returns.
  func judgeReturn(
    _ contract: CallContract,
    _ cache: TranslationCache,
    callBeganAt: Int,
    _ findings: inout Findings
  ) {
    guard contract.endsWithStoreBarrier, validStoreAt > callBeganAt,
      validStoreAt > cache.lastSharedBarrier
    else { return }
    findings.add(
      .storeWithoutBarrier,
      "the call returned with no dsb ishst after its last store of a valid descriptor, at event"
        + " \(validStoreAt)"
    )
  }

  /// Whether a missing barrier before the invalidation is what keeps the entry cached.
  static func isTooEarly(_ entry: StaleEntry) -> Bool { entry.cause == "too-early" }

  /// Whether a missing barrier after the invalidation is what keeps the entry cached.
  static func isIncomplete(_ entry: StaleEntry) -> Bool { entry.cause == "not-completed" }
}
