import Architecture
import CWalkerPlugin
import Machines
import Oracles
import Reference
import Walkers

/// Where libraries differ and are right either way, as found by asking this one.
///
/// A difference that is a known fault of history is none of these, whatever the library answers: it is
/// judged as the reference model has it, and found.
public struct PluginDialect: Sendable, Hashable {
  /// Whether a map that finds the same mapping goes on behind it, where no fault asked for it.
  public var goesOnAfterSame = false
  /// Whether it knows walks that others may run beside.
  public var hasSharedWalks = false
  /// Whether an entry is marked as locked, in place of invalid, while it is replaced.
  public var locksEntries = false
  /// Whether added permissions are invalidated on the issuing CPU only.
  public var relaxesLocally = false
  /// Whether ages are read and cleared by range, and say no more than young or old.
  public var agesByRange = false
  /// Whether tables can be freed later than they are taken out of the tree.
  public var defersFrees = false

  /// The type that an owner's annotation has, in its place in the entry; 0 for none.
  public var ownerType: UInt64 = 0
  /// Whether having no owner is an owner too.
  public var hasNoOwner = true
  /// Whether a table can do without forced write-back where the CPU has it.
  public var canDisableForceWriteBack = true
  /// Whether a hypervisor's table can be made for the EL2&0 regime.
  public var makesHVHE = false
  /// Whether a hypervisor's table can be made for a CPU with branch target identification.
  public var hasBranchTargets = false
  /// Whether a table can be made for a caller that needs no cache maintenance.
  public var leavesCachesAlone = false
  /// Whether stage 2 can permit execution to EL1 and to EL0 each for itself.
  public var tellsPrivilegesApart = false
  /// Whether a hypervisor's table can be unmapped.
  public var unmapsHyp = true

  /// Asks a plugin.
  ///
  /// - Parameters:
  ///   - plugin: The one that is asked.
  ///   - refusesFlags: Whether it makes no table for a flag that means nothing to it; where it may ignore
  ///     one, it is made with none that is not every plugin's.
  public init(of plugin: Plugin, refusesFlags: Bool = false) {
    agesByRange = !plugin.has(WALKPROOF_CALL_MKOLD) && plugin.has(WALKPROOF_CALL_TEST_CLEAR_YOUNG)
    let probe = DialectProbe(plugin)
    canDisableForceWriteBack =
      !probe.table(flags: Int32(WALKPROOF_F_FWB | WALKPROOF_F_NOFWB)).isRefused
    if refusesFlags {
      makesHVHE = !probe.table(flags: Int32(WALKPROOF_F_STAGE1 | WALKPROOF_F_HVHE)).isRefused
      hasBranchTargets = !probe.table(flags: Int32(WALKPROOF_F_STAGE1 | WALKPROOF_F_BTI)).isRefused
      leavesCachesAlone = !probe.table(flags: Int32(WALKPROOF_F_NO_CMO)).isRefused
      tellsPrivilegesApart = !probe.table(flags: Int32(WALKPROOF_F_XNX)).isRefused
    }
    guard plugin.has(WALKPROOF_CALL_MAP) else { return }
    if plugin.has(WALKPROOF_CALL_SET_OWNER) {
      (ownerType, hasNoOwner) = probe.ownerAnnotation()
    }
    if plugin.has(WALKPROOF_CALL_UNMAP) { unmapsHyp = probe.unmapsHyp() }
    if plugin.has(WALKPROOF_CALL_QUIESCE) { defersFrees = probe.defersFrees() }
    var table = probe.table()
    _ = table.map(0, 1)
    locksEntries = table.did { record in
      record.kind == WALKPROOF_EV_STORE.rawValue && record.val & 1 == 0 && record.val != 0
    }
    goesOnAfterSame = table.map(0, 2) == .ok
    _ = table.map(4, 1, flags: UInt64(WALKPROOF_MAP_SHARED))
    hasSharedWalks = table.did { $0.kind == WALKPROOF_EV_LOCK.rawValue }
    if plugin.has(WALKPROOF_CALL_RELAX) {
      _ = table.call(WALKPROOF_CALL_RELAX, (0, Protection.execute, 0, 0, 0))
      relaxesLocally = table.did { record in
        record.kind == WALKPROOF_EV_TLBI_IPA.rawValue && record.flags & 1 != 0
      }
    }
  }

  /// What it is given the benefit of, a sentence each: where it is judged by another contract than
  /// the reference model's own.
  public var benefits: [String] {
    let sentences: [(Bool, String)] = [
      (
        goesOnAfterSame,
        "a map goes on behind a leaf that is there already, unless a fault asked for it"
      ),
      (
        relaxesLocally,
        "relax_perms invalidates on the issuing CPU only: the others fault once more"
      ),
      (locksEntries, "an entry that is replaced is marked as locked meanwhile, and not 0"),
      (
        agesByRange,
        "ages are read and cleared by range: mkold and is_young are asked that way, and no old"
          + " descriptor is compared"
      ),
      (!hasNoOwner, "an owner is an annotation with a type, and having none is not one"),
      (
        hasSharedWalks,
        "maps beside which other walks may run are kept apart by a section, not a lock"
      ),
      (defersFrees, "tables that such a map replaces are freed when the other walks are over"),
    ]
    return sentences.filter(\.0).map(\.1)
  }
}

extension Plugin {
  /// The calls that a plugin may lack, by the names that its table has for them.
  static let callNames: [(call: walkproof_call, name: String)] = [
    (WALKPROOF_CALL_MAP, "map"), (WALKPROOF_CALL_UNMAP, "unmap"),
    (WALKPROOF_CALL_SET_OWNER, "set_owner"), (WALKPROOF_CALL_WRPROTECT, "wrprotect"),
    (WALKPROOF_CALL_MKYOUNG, "mkyoung"), (WALKPROOF_CALL_MKOLD, "mkold"),
    (WALKPROOF_CALL_TEST_CLEAR_YOUNG, "test_clear_young"), (WALKPROOF_CALL_IS_YOUNG, "is_young"),
    (WALKPROOF_CALL_RELAX, "relax"), (WALKPROOF_CALL_FLUSH, "flush"),
    (WALKPROOF_CALL_GET_LEAF, "get_leaf"), (WALKPROOF_CALL_SPLIT, "split"),
  ]

  /// A call's name.
  static func name(of call: walkproof_call) -> String {
    switch call {
    case WALKPROOF_CALL_INIT: "init"
    case WALKPROOF_CALL_DESTROY: "destroy"
    case WALKPROOF_CALL_QUIESCE: "quiesce"
    default: callNames.first { $0.call == call }?.name ?? "call \(call.rawValue)"
    }
  }

  /// The calls of a hypervisor's stage 1 that can be made of it.
  var hypCalls: Set<HypOperation.Kind> {
    let calls: [(HypOperation.Kind, walkproof_call)] = [
      (.map, WALKPROOF_CALL_MAP), (.unmap, WALKPROOF_CALL_UNMAP), (.leaf, WALKPROOF_CALL_GET_LEAF),
    ]
    return Set(calls.filter { has($0.1) }.map(\.0))
  }

  /// The calls of a guest stage 2 that can be made of it.
  var stage2Calls: Set<Stage2Operation.Kind> {
    let hasAges = has(WALKPROOF_CALL_TEST_CLEAR_YOUNG)
    let calls: [(Stage2Operation.Kind, Bool)] = [
      (.map, has(WALKPROOF_CALL_MAP)), (.unmap, has(WALKPROOF_CALL_UNMAP)),
      (.setOwner, has(WALKPROOF_CALL_SET_OWNER)), (.writeProtect, has(WALKPROOF_CALL_WRPROTECT)),
      (.makeYoung, has(WALKPROOF_CALL_MKYOUNG)),
      (.makeOld, has(WALKPROOF_CALL_MKOLD) || hasAges),
      (.isYoung, has(WALKPROOF_CALL_IS_YOUNG) || hasAges),
      (.relaxPermissions, has(WALKPROOF_CALL_RELAX)), (.flush, has(WALKPROOF_CALL_FLUSH)),
      (.leaf, has(WALKPROOF_CALL_GET_LEAF)), (.invalidateAll, true),
      (.split, has(WALKPROOF_CALL_SPLIT)),
      (.testClearYoung, has(WALKPROOF_CALL_TEST_CLEAR_YOUNG)),
      (.quiesce, has(WALKPROOF_CALL_QUIESCE)),
    ]
    return Set(calls.filter(\.1).map(\.0))
  }
}
