import Symbolic

extension Clause {
  /// What a walker owes its machine of records, whatever it is asked to do.
  static let recordDuties = RecordDuty.all.map { Clause($0.name, .memory, $0.text) }

  /// What is shown of guest-frame caches.
  static let pfnCache: [Clause] = [
    mapsValid, looksUpSince, tellsRefresh, keepsOffset, followsSlots, findsValid, emptiesUnused,
    linksLists, refreshesAlone, tearsNoSnapshot, refusesUnused, undoesMappingsOnce, losesNoMapping,
    putsReferencesOnce, keepsNoReference, mapsReferenced, beginsAgainAlike, failsEmpty,
    acceptsOnePage, makesValid, saysValid, showsPlace, announcesFirst, announcesRange, passesAll,
    leavesNoneValid, clearsGuestMode, roundsAlike, keepsUser, emptiesCache, notesWrites,
    invalidatesCovered,
  ]

  static let mapsValid = Clause(
    "valid-is-mapped",
    .refinement,
    "leaves a cache valid only with a frame, and that mapped where the kernel uses it"
  )
  static let looksUpSince = Clause(
    "looked-up-since",
    .refinement,
    "leaves a cache valid only by a look-up at its host address after the last invalidation that"
      + " covers it"
  )
  static let tellsRefresh = Clause(
    "refresh-told",
    .refinement,
    "lets no invalidation that covers a cache come by without telling a refresh that is under way"
  )
  static let keepsOffset = Clause(
    "offset",
    .alignment,
    "leaves a valid cache mapped at the guest address's place in the page"
  )
  static let followsSlots = Clause(
    "slots",
    .refinement,
    "leaves a cache at the host address that its guest address has by the slots of its generation"
  )
  static let findsValid = Clause(
    "found",
    .memory,
    "keeps what is or may become valid where invalidations find it"
  )
  static let emptiesUnused = Clause(
    "unused-is-empty",
    .memory,
    "leaves nothing in a cache that is not in use"
  )
  static let linksLists = Clause(
    "lists",
    .memory,
    "leaves each list a list of the caches that are on it"
  )
  static let refreshesAlone = Clause(
    "refreshes-alone",
    .memory,
    "makes a cache valid, or puts it on a list, with its refreshes excluded"
  )
  static let tearsNoSnapshot = Clause(
    "snapshots",
    .memory,
    "changes what is read without a lock only while the sequence count is odd, which grows"
  )
  static let undoesMappingsOnce = Clause(
    "unmaps-once",
    .counts,
    "unmaps what is mapped and no cache shows, as it was mapped, once"
  )
  static let losesNoMapping = Clause(
    "loses-no-mapping",
    .counts,
    "leaves mapped what the cache has, once, and nothing else"
  )
  static let putsReferencesOnce = Clause(
    "puts-once",
    .counts,
    "gives back each reference that it took, once"
  )
  static let keepsNoReference = Clause("keeps-none", .counts, "keeps no reference to a frame")
  static let mapsReferenced = Clause(
    "maps-referenced",
    .counts,
    "maps a frame while it holds a reference to it"
  )
  static let beginsAgainAlike = Clause(
    "begins-again",
    .memory,
    "begins again as it began: with its mutex and no other lock, and with what the cache has"
  )
  static let failsEmpty = Clause(
    "fails-empty",
    .refinement,
    "leaves nothing in the cache where it fails"
  )
  static let acceptsOnePage = Clause(
    "one-page",
    .alignment,
    "refuses bytes exactly where there is none or not all are in one page, their number taken as an"
      + " integer without limit"
  )
  static let refusesUnused = Clause(
    "refuses-unused",
    .refinement,
    "returns -EINVAL, and nothing else, for a cache that is not in use when it is to be refreshed"
  )
  static let makesValid = Clause(
    "makes-valid",
    .refinement,
    "returns 0 only when it has found or made the cache valid for the bytes"
  )
  static let saysValid = Clause(
    "says-valid",
    .refinement,
    "says yes only of a cache that is in use and valid for the bytes, by slots that it read"
  )
  static let showsPlace = Clause(
    "shows-place",
    .refinement,
    "gives out the frame or the place that the cache had when it was valid"
  )
  static let announcesFirst = Clause(
    "announces-first",
    .memory,
    "comes by no cache that is in its range before it is announced"
  )
  static let announcesRange = Clause(
    "announces-range",
    .refinement,
    "counts the invalidations that are under way, and keeps a range around all of them"
  )
  static let passesAll = Clause(
    "passes-all",
    .refinement,
    "comes by every cache in its range, but those that come there after it was announced"
  )
  static let leavesNoneValid = Clause(
    "leaves-none-valid",
    .refinement,
    "returns with no cache in its range valid by a look-up of before it began, if it did not come there"
      + " after it was announced"
  )
  static let clearsGuestMode = Clause(
    "clears-guest-mode",
    .refinement,
    "returns with no vCPU in guest mode that was there when it came by a cache that names it"
  )
  static let roundsAlike = Clause(
    "rounds-alike",
    .memory,
    "goes from each cache of a list to the next with the locks that it had, and nothing of the list changed"
  )
  static let keepsUser = Clause(
    "keeps-user",
    .memory,
    "changes who uses a cache only where no invalidation heeds it"
  )
  static let invalidatesCovered = Clause(
    "invalidates-covered",
    .refinement,
    "makes no cache invalid, and has no refresh look again, that is not in its range"
  )
  static let emptiesCache = Clause(
    "empties",
    .refinement,
    "leaves the cache neither valid nor with a frame or a mapping"
  )
  static let notesWrites = Clause(
    "notes-writes",
    .refinement,
    "enters the page that was written in the dirty log, and no other"
  )
}
