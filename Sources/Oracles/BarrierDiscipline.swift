import Architecture
public import Machines

/// Barriers: a table's contents before its link, memory's before its mapping, a break before its
/// invalidation, an invalidation before what relies on it, and a root, a mapping or a permission
/// before the call that made it returns, with whatever result.
///
/// Reference: Arm ARM DDI 0487 M.b, RDDMVT, and the definitions of DSB and DMB. Visible to
/// table walkers makes `dsb ishst` or `dsb ish`; `dsb ish` alone completes an invalidation
/// everywhere. Stores are ordered before the link of a table by either, by `dmb ishst`, or by the
/// link being a release. An invalidation issued too early is no fault by itself: it is as if it had
/// not been issued, and is blamed where one was needed.
///
/// `isb` is demanded of calls on tables that the issuing CPU itself walks. What no caller relies on
/// is not judged; `Models/README.md` says what that is and why.
///
/// Does not establish: what an `isb` in the middle of a call is for.
struct BarrierDiscipline {
  /// When a barrier last ordered this CPU's stores, in events.
  private var orderedAt = -1
  /// When the last descriptor was made valid where a walker can see it, in events.
  var validStoreAt = -1
  /// When a root was handed out, in events.
  private var rootMadeAt = -1
  /// Whether a descriptor was changed and no dsb has followed.
  private var hasOpenStore = false
  /// Whether an invalidation was issued that no dsb has completed.
  private var hasOpenInvalidation = false
  /// Whether something was completed by a dsb that no isb has followed.
  private var isUnsynchronised = false

  mutating func note(_ barrier: Barrier, at now: Int) {
    switch barrier {
    case .dsbISHST, .dsbISH:
      orderedAt = now
      let isComplete = barrier == .dsbISH
      if hasOpenStore || isComplete && hasOpenInvalidation { isUnsynchronised = true }
      hasOpenStore = false
      if isComplete { hasOpenInvalidation = false }
    case .dmbISHST: orderedAt = now
    case .isb: isUnsynchronised = false
    case .dsbNSH, .dsbNSHST: break
    }
  }

  mutating func beginCall() {
    hasOpenStore = false
    hasOpenInvalidation = false
    isUnsynchronised = false
  }

  /// A descriptor was changed: a dsb and an isb have to follow.
  mutating func noteStore() { hasOpenStore = true }

  /// An invalidation was issued: a dsb and an isb have to follow.
  mutating func noteInvalidation() { hasOpenInvalidation = true }

  /// A root was handed out.
  mutating func noteRoot(at now: Int) { rootMadeAt = now }

  /// Memory was mapped by a store that releases nothing, in a call that began at `callBeganAt`.
  func judgeInstall(_ change: EntryChange, callBeganAt: Int, _ findings: inout Findings) {
    guard orderedAt <= callBeganAt else { return }
    findings.add(
      .plainLeaf,
      "the \(change.newKind) \(change.new.hexadecimal) was made by a plain store: it can be seen"
        + " before what was written to its memory",
      at: change.place,
      detail: change.transition
    )
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
    _ regime: TranslationRegime,
    _ findings: inout Findings
  ) {
    if regime.stage == .stage2, rootMadeAt > max(callBeganAt, cache.lastSharedBarrier) {
      findings.add(
        .rootWithoutBarrier,
        "the root was given to its user with no dsb ishst after it was zeroed, at event"
          + " \(rootMadeAt)"
      )
    }
    if contract.synchronisesContext, isUnsynchronised {
      findings.add(
        .contextNotSynchronised,
        "the call returned with no isb after its last dsb: its own CPU may go on as if nothing had"
          + " changed"
      )
    }
    guard contract.endsWithStoreBarrier, validStoreAt > callBeganAt,
      validStoreAt > cache.lastSharedBarrier
    else { return }
    findings.add(
      .storeWithoutBarrier,
      "the call returned with no dsb ishst after its last store of a valid descriptor, at event"
        + " \(validStoreAt)",
      decidedAt: validStoreAt
    )
  }

  /// Whether a missing barrier before the invalidation is what keeps the entry cached.
  static func isTooEarly(_ entry: StaleEntry) -> Bool { entry.cause == "too-early" }

  /// Whether a missing barrier after the invalidation is what keeps the entry cached.
  static func isIncomplete(_ entry: StaleEntry) -> Bool { entry.cause == "not-completed" }
}

extension Rule {
  /// A new table was made reachable by a store that is not ordered after its contents.
  public static let plainLink = Rule(
    "plain-link",
    "a new table is linked after its contents are visible: by a release, or after a barrier",
    reference: "Arm ARM DDI 0487, \"Ordering of memory accesses from translation table walks\"",
    oracle: "BarrierDiscipline"
  )

  /// An invalidation came before the change was visible.
  public static let invalidateWithoutBarrier = Rule(
    "invalidate-without-barrier",
    "a change is made visible by dsb ishst before the invalidation of what it replaced is issued",
    reference: "Arm ARM DDI 0487 M.b, RDDMVT",
    oracle: "BarrierDiscipline"
  )

  /// An invalidation was not waited for.
  public static let incompleteInvalidation = Rule(
    "incomplete-invalidation",
    "an invalidation is completed by dsb ish before the call returns",
    reference: "Arm ARM DDI 0487 M.b, RDDMVT",
    oracle: "BarrierDiscipline"
  )

  /// A mapping was made, and is not visible to every walker when its call returns.
  public static let storeWithoutBarrier = Rule(
    "store-without-barrier",
    "a call that maps, or makes a mapping usable, orders its last store by dsb ishst before it"
      + " returns, whatever it returns",
    reference: "Arm ARM DDI 0487, \"Ordering of memory accesses from translation table walks\"",
    oracle: "BarrierDiscipline"
  )

  /// A guest's root was handed out before its zeroes are visible.
  public static let rootWithoutBarrier = Rule(
    "root-without-barrier",
    "a guest's root is given to its user after a dsb ishst has made its zeroes visible",
    reference: "Arm ARM DDI 0487, \"Ordering of memory accesses from translation table walks\"",
    oracle: "BarrierDiscipline"
  )

  /// Memory was mapped by a store that is not ordered after what was written to it.
  public static let plainLeaf = Rule(
    "plain-leaf",
    "memory is mapped by a release, or after a barrier of the call, so that what was written to it"
      + " before is what is seen through the mapping",
    reference: "Arm ARM DDI 0487, \"Ordering of memory accesses from translation table walks\"",
    oracle: "BarrierDiscipline"
  )

  /// A CPU may go on with what its own tables said before.
  public static let contextNotSynchronised = Rule(
    "context-not-synchronised",
    "a call that changes the tables its own CPU walks ends with an isb after its last dsb",
    reference: "Arm ARM DDI 0487, \"Context synchronization event\", and RDDMVT",
    oracle: "BarrierDiscipline"
  )
}

extension BarrierDiscipline {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .plainLink, .invalidateWithoutBarrier, .incompleteInvalidation, .storeWithoutBarrier,
    .rootWithoutBarrier, .plainLeaf, .contextNotSynchronised,
  ]
}
