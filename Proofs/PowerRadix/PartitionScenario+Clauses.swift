import Symbolic

extension PartitionScenario {
  /// What the call does on every path.
  var clauses: [Clause] {
    let always = Clause.memory + [.neverWarns, .forgetsTaken, .changesNoOther]
    let logs: [Clause] = [.logsChanges, .logsInside, .logsNoOther]
    switch operation {
    case .unmap: return always + logs + [.ordersChanges, .leavesNoFrame, .emptiesEntries]
    case .flush:
      return always + logs + locking + [.ordersChanges, .leavesNoFrame, .emptiesEntries]
        + [.countsInvalidation]
    case .harvest:
      return always + logs + [.ordersChanges, .keepsTranslation, .changesItsBit, .clearsChanges]
        + [.reportsDirty, .startsAnew] + (isDD1 ? [.makesAfterForgetting] : [])
        + (hasWaiting ? [.reportsWaiting] : [])
    case .age:
      return always + [.keepsTranslation, .changesItsBit, .forgetsAccess, .saysYoung]
        + (isDD1 ? [.ordersChanges, .makesAfterForgetting] : [])
    case .testAge: return Clause.memory + [.neverWarns, .changesNoOther, .saysYoung]
    case .install:
      return always + logs + installing + [.mapsRequested, .mapsAtLevel, .failsRightly]
        + (isDD1 ? [] : [.keepsLeaf])
    case .free:
      return Clause.memory + [.neverWarns, .forgetsTaken, .ordersChanges, .freesForgotten]
        + [.keepsLinked, .freesUnlinked, .freesAll, .freesRoot]
    case .fault(.elsewhere): return Clause.memory + [.answersFault, .changesNoOther, .countsFirst]
    case .fault(.page):
      return always + logs + installing + asking
        + [.mapsPage, .fitsHost, .mapsLargest, .unpinsOnce, .marksWritable, .marksNoOther]
        + [.marksPinned]
    case .fault(.device): return always + logs + installing + asking + [.mapsDevice, .marksNoOther]
    case .fault(.record):
      return always + locking + asking
        + [
          .keepsTranslation, .failsUntouched, .failsUnlogged, .asksLocked, .addsItsBits, .addsHosts,
        ]
        + [.marksNoOther]
    }
  }

  private var locking: [Clause] { [.writesLocked, .unlocks] }

  /// What whoever makes a leaf does.
  private var installing: [Clause] {
    locking + [
      .ordersChanges, .keepsTranslation, .makesAfterForgetting, .asksLocked, .allocatesUnlocked,
      .failsUntouched, .failsUnlogged, .givesUp, .freesUnlinked, .losesNoPage, .grantsNoMore,
    ]
  }

  /// What whoever asks the host does.
  private var asking: [Clause] { [.answersFault, .countsFirst, .asksForFrame, .recordsPermitted] }
}

extension Clause {
  static let forgetsTaken = Clause(
    "forgets-taken",
    .breakBeforeMake,
    "returns only when nothing can be cached of what it took away, tables' leaves included"
  )
  static let keepsTranslation = Clause(
    "keeps-translation",
    .breakBeforeMake,
    "makes no valid entry another translation"
  )
  static let ordersChanges = Clause(
    "orders-changes",
    .breakBeforeMake,
    "orders changes before it invalidates what they replaced"
  )
  static let logsChanges = Clause(
    "logs-changes",
    .counts,
    "logs each page whose change bit it clears, whatever the hardware sets meanwhile"
  )
  static let logsNoOther = Clause("logs-no-other", .counts, "logs no page that was not written")
  static let logsInside = Clause("logs-inside", .counts, "logs inside the slot, in the right log")
  static let reportsDirty = Clause(
    "reports-dirty",
    .counts,
    "hands out each page of the slot that was written before"
  )
  static let reportsWaiting = Clause("reports-waiting", .counts, "hands out what waits in the log")
  static let startsAnew = Clause("starts-anew", .counts, "leaves nothing waiting in the log")
  static let clearsChanges = Clause(
    "clears-changes",
    .refinement,
    "clears each change bit that was set in the slot before"
  )
  static let forgetsAccess = Clause(
    "forgets-access",
    .refinement,
    "clears the frame's reference bit if it was set before"
  )
  static let saysYoung = Clause("says-young", .refinement, "says whether the frame was accessed")
  static let changesItsBit = Clause("changes-its-bit", .refinement, "changes one bit of an entry")
  static let changesNoOther = Clause(
    "changes-no-other",
    .refinement,
    "changes no entry but those it is about"
  )
  static let emptiesEntries = Clause(
    "empties-entries",
    .refinement,
    "leaves no bit in an entry that it takes out"
  )
  static let leavesNoFrame = Clause(
    "leaves-no-frame",
    .refinement,
    "leaves no frame of the range translated"
  )
  static let failsUntouched = Clause(
    "fails-untouched",
    .refinement,
    "touches no leaf when it fails or gives up"
  )
  static let failsUnlogged = Clause(
    "fails-unlogged",
    .counts,
    "logs nothing when it fails or gives up"
  )
  static let failsRightly = Clause(
    "fails-rightly",
    .refinement,
    "fails only for want of memory, after an invalidation or at a table"
  )
  static let mapsRequested = Clause(
    "maps-requested",
    .refinement,
    "translates the frames with all that was asked for"
  )
  static let grantsNoMore = Clause(
    "grants-no-more",
    .refinement,
    "adds no right and no bit that was not asked for"
  )
  static let mapsAtLevel = Clause("maps-at-level", .refinement, "maps at the level asked for")
  static let keepsLeaf = Clause(
    "keeps-leaf",
    .breakBeforeMake,
    "only adds to a leaf that leads where it is asked to, with no break"
  )
  static let givesUp = Clause("gives-up", .refinement, "gives up after an invalidation")
  static let freesAll = Clause("frees-all", .counts, "frees every table")
  static let freesRoot = Clause("frees-root", .counts, "frees the root's pages, all of them, once")
  static let losesNoPage = Clause(
    "loses-no-page",
    .counts,
    "links or frees each page it was given, and does not do both"
  )
}

extension Clause {
  static let writesLocked = Clause("writes-locked", .breakBeforeMake, "writes under the lock alone")
  static let unlocks = Clause(
    "unlocks",
    .memory,
    "takes the lock once at a time, and gives it back"
  )
  static let asksLocked = Clause(
    "asks-locked",
    .breakBeforeMake,
    "asks for invalidations under each lock that it writes under"
  )
  static let allocatesUnlocked = Clause(
    "allocates-unlocked",
    .memory,
    "asks for no memory under the lock"
  )
  static let countsInvalidation = Clause(
    "counts-invalidation",
    .breakBeforeMake,
    "counts as an invalidation, under the lock"
  )
  static let countsFirst = Clause(
    "counts-first",
    .breakBeforeMake,
    "counts the invalidations before it asks anything, and goes by that count"
  )
  static let asksForFrame = Clause(
    "asks-for-frame",
    .refinement,
    "asks the host for what is behind the frame, and for the access that failed"
  )
  static let answersFault = Clause("answers", .refinement, "ends as it promises")
  static let recordsPermitted = Clause(
    "records-permitted",
    .refinement,
    "sets a change bit only where stores are permitted"
  )
  static let addsItsBits = Clause(
    "adds-its-bits",
    .refinement,
    "adds the bits that the access needs to a leaf, and changes nothing else"
  )
  static let addsHosts = Clause(
    "adds-hosts",
    .refinement,
    "adds no bit that the host's own entry has not"
  )
  static let mapsPage = Clause(
    "maps-page",
    .refinement,
    "leads the frame to the host's page, with the access that failed"
  )
  static let mapsDevice = Clause(
    "maps-device",
    .refinement,
    "leads the frame to the device, in a small page with the device's attributes"
  )
  static let fitsHost = Clause(
    "fits-host",
    .refinement,
    "maps nothing that the slot, the host's page or the host's entry does not reach"
  )
  static let mapsLargest = Clause(
    "maps-largest",
    .refinement,
    "maps as much at once as fits, unless a table is there"
  )
  static let unpinsOnce = Clause("unpins-once", .counts, "lets each page go once that it holds")
  static let marksWritable = Clause(
    "marks-writable",
    .counts,
    "marks the host's page when it maps it for stores"
  )
  static let marksNoOther = Clause(
    "marks-no-other",
    .counts,
    "marks no page of the host's that it does not map for stores"
  )
  static let marksPinned = Clause("marks-pinned", .counts, "marks a page while it holds it")
}
