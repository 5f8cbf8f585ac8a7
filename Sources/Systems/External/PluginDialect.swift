import Architecture
import CWalkerPlugin
public import Machines
import Oracles
import Reference
import Walkers

/// Where libraries differ without being wrong, as found by asking this one.
public struct PluginDialect: Sendable, Hashable {
  /// What adding permissions to an address that is not mapped returns.
  public var relaxOfUnmapped = Errno.ok
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
  /// Whether owners are annotated by the largest entries that fit.
  public var ownsBlocks = false
  /// Whether tables can be freed later than they are taken out of the tree.
  public var defersFrees = false
  /// The calls that it lacks, by the names that the plugin's table has for them.
  public var missingCalls: [String] = []

  /// Asks a plugin.
  public init(of plugin: Plugin) {
    agesByRange = !plugin.has(WALKPROOF_CALL_MKOLD) && plugin.has(WALKPROOF_CALL_TEST_CLEAR_YOUNG)
    missingCalls = PluginDialect.names.filter { !plugin.has($0.call) }.map(\.name)
    let probe = DialectProbe(plugin)
    if plugin.has(WALKPROOF_CALL_MAP), plugin.has(WALKPROOF_CALL_QUIESCE) {
      defersFrees = probe.defersFrees()
    }
    if plugin.has(WALKPROOF_CALL_SET_OWNER), plugin.has(WALKPROOF_CALL_GET_LEAF) {
      ownsBlocks = probe.ownsBlocks()
    }
    var table = probe.table()
    if plugin.has(WALKPROOF_CALL_RELAX) {
      relaxOfUnmapped = table.call(WALKPROOF_CALL_RELAX, (0, Protection.read, 0, 0, 0)).errno
    }
    guard plugin.has(WALKPROOF_CALL_MAP) else { return }
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

  /// The dialect in sentences.
  public var sentences: [String] {
    [
      "relax_perms of an unmapped address returns \(relaxOfUnmapped)",
      goesOnAfterSame
        ? "a map goes on behind a leaf that is there already, unless a fault asked for it"
        : "a map stops at the first leaf that is there already",
      hasSharedWalks
        ? "maps can be made while other walks run" : "every map is alone",
      relaxesLocally
        ? "relax_perms invalidates on the issuing CPU only"
        : "relax_perms invalidates on every CPU",
      locksEntries
        ? "an entry is marked as locked while it is replaced"
        : "an entry is 0 while it is replaced",
      agesByRange
        ? "ages are read and cleared by range" : "ages are read and cleared by address",
      ownsBlocks
        ? "an owner is annotated by the largest entries that fit"
        : "an owner is annotated page by page",
      defersFrees
        ? "tables that a map replaces can be freed later" : "tables are freed at once",
    ] + (missingCalls.isEmpty ? [] : ["it has no " + missingCalls.joined(separator: ", ")])
  }

  private static let names: [(call: walkproof_call, name: String)] = [
    (WALKPROOF_CALL_MAP, "map"), (WALKPROOF_CALL_UNMAP, "unmap"),
    (WALKPROOF_CALL_SET_OWNER, "set_owner"), (WALKPROOF_CALL_WRPROTECT, "wrprotect"),
    (WALKPROOF_CALL_MKYOUNG, "mkyoung"), (WALKPROOF_CALL_MKOLD, "mkold"),
    (WALKPROOF_CALL_TEST_CLEAR_YOUNG, "test_clear_young"), (WALKPROOF_CALL_IS_YOUNG, "is_young"),
    (WALKPROOF_CALL_RELAX, "relax"), (WALKPROOF_CALL_FLUSH, "flush"),
    (WALKPROOF_CALL_GET_LEAF, "get_leaf"), (WALKPROOF_CALL_SPLIT, "split"),
  ]
}

extension Plugin {
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
