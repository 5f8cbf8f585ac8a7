import Machines
import Symbolic
import Walkers

/// One call on a guest-frame cache, or of an invalidation, beside any number of other calls.
struct PfnScenario: Sendable {
  /// Which call.
  enum Operation: String, Sendable, Hashable, CaseIterable {
    /// A cache is made.
    case construct
    /// A refresh.
    case refresh
    /// A cache is taken into use and refreshed.
    case activate
    /// Frame and mapping are given up.
    case unmap
    /// A cache is taken out of use.
    case deactivate
    /// A check.
    case check
    /// A check, an access to what is mapped, and its end.
    case access
    /// A check by a vCPU in guest mode.
    case enter
    /// The begin of an invalidation.
    case invalidate
    /// The end of an invalidation.
    case end
  }

  let operation: Operation

  /// How much of the world around the call is gone through.
  var around: PfnBounds {
    switch operation {
    case .refresh: PfnBounds(listCount: 1, hasOther: false)
    case .activate: PfnBounds(listCount: 1, isUnused: true)
    default: PfnBounds()
    }
  }

  /// The theorems that are proved on this scenario's paths.
  var theorems: [Theorem] {
    clauses.map { clause in
      Theorem(
        subject: "pfn-cache.\(operation.rawValue)",
        clause: clause,
        actor: operation.rawValue,
        bounds: bounds,
        scale: .real
      )
    }
  }

  private var bounds: String {
    let any = "any number of threads, any cache, words of 64 bits"
    let again = "; a call that begins again must begin alike, and is cut there"
    return switch operation {
    case .refresh: any + "; an index of one list, no cache beside" + again
    case .activate: any + " that is not in use; an index of one list, one cache beside" + again
    case .invalidate:
      any + "; any number of caches on each of two lists of an index, one vCPU, sleeping"
    case .deactivate: any + "; an index of two lists, one cache beside"
    case .construct, .unmap, .check, .access, .enter, .end: any
    }
  }

  /// What the call is shown to do.
  var clauses: [Clause] {
    let kept: [Clause] = [
      .mapsValid, .looksUpSince, .tellsRefresh, .keepsOffset, .followsSlots, .findsValid,
      .refreshesAlone, .tearsNoSnapshot,
    ]
    let given: [Clause] = [.undoesMappingsOnce, .losesNoMapping, .keepsNoReference, .emptiesUnused]
    let own: [Clause] =
      switch operation {
      case .refresh, .activate:
        kept + given
          + [
            .linksLists, .putsReferencesOnce, .mapsReferenced, .beginsAgainAlike, .failsEmpty,
            .acceptsOnePage, .refusesUnused, .makesValid,
          ] + (operation == .activate ? [.keepsUser] : [])
      case .construct:
        [.mapsValid, .looksUpSince, .tellsRefresh, .keepsOffset, .followsSlots, .findsValid]
          + [.emptiesUnused, .tearsNoSnapshot]
      case .unmap: kept + given + [.emptiesCache]
      case .deactivate: kept + given + [.linksLists, .emptiesCache]
      case .check: [.saysValid, .acceptsOnePage]
      case .access: [.saysValid, .showsPlace, .acceptsOnePage, .notesWrites]
      case .enter: [.saysValid, .showsPlace, .acceptsOnePage]
      case .invalidate:
        kept + [.announcesFirst, .announcesRange, .passesAll, .invalidatesCovered]
          + [.leavesNoneValid, .clearsGuestMode, .roundsAlike, .linksLists, .beginsAgainAlike]
      case .end: [.announcesRange]
      }
    return Clause.recordDuties + own + [.keepsOtherRules]
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    switch operation {
    case .refresh:
      ["0", "-EINVAL", "-EFAULT", "found valid", "looked up", "mapped", "kept", "again"]
    case .activate: ["0", "-EINVAL", "-EFAULT", "looked up", "mapped", "again"]
    case .unmap, .deactivate: ["unmapped", "nothing to unmap"]
    case .construct: ["0"]
    case .check: ["yes", "no"]
    case .access: ["yes", "no", "written", "read"]
    case .enter: ["yes", "no"]
    case .invalidate:
      [
        "0", "came by", "came by one ahead", "came by one behind", "came to the end", "kicked",
        "again",
      ]
    case .end: ["0"]
    }
  }
}

/// What a call is made with.
struct PfnArguments<M: HostMemoryMachine> {
  let cache: PfnCacheHandle<M>
  let start: PfnCacheStart<M>
  let bytes: GuestBytes<M.W>
  let range: HostRange<M.W>
  /// Whether the call may sleep, or writes.
  let flag: Bool
}

/// What a call came to.
struct PfnEnding<W: Word> {
  /// What it returned, if that is a number.
  var result: Errno?
  /// Whether a check said yes.
  var saysYes: Bool?
  /// The frame or the place that it gave out.
  var word: W?

  /// In a word.
  var name: String { result?.description ?? (saysYes == true ? "yes" : "no") }
}

extension ProofSubject {
  /// How the subject keeps caches.
  func pfnStyle(_ bounds: PfnBounds) -> PfnStyle {
    self == .builtIn ? .indexed(lists: bounds.listCount) : .listed
  }

  /// Makes a call on a guest-frame cache.
  func perform<M: HostMemoryMachine>(
    _ operation: PfnScenario.Operation,
    _ arguments: PfnArguments<M>,
    on machine: inout M
  ) -> PfnEnding<M.W> {
    switch self {
    case .pfnCache(.listed(let faults)):
      return perform(operation, arguments, by: ListedPfnCache(faults: faults), on: &machine)
    case .pfnCache(.posted):
      return perform(operation, arguments, by: PostedPfnCache(), on: &machine)
    default:
      let isSplit = PfnScenario(operation: operation).around.listCount == 2
      let index = PfnIndex(bucketBits: isSplit ? 1 : 0, chunkBits: 0)
      return perform(operation, arguments, by: IndexedPfnCache(index: index), on: &machine)
    }
  }

  private func perform<Walker: PfnCacheWalker, M: HostMemoryMachine>(
    _ operation: PfnScenario.Operation,
    _ arguments: PfnArguments<M>,
    by walker: Walker,
    on machine: inout M
  ) -> PfnEnding<M.W> {
    let (cache, bytes, flag) = (arguments.cache, arguments.bytes, arguments.flag)
    let (owner, range) = (cache.owner, arguments.range)
    switch operation {
    case .refresh:
      return PfnEnding(result: walker.refresh(&machine, cache, bytes, willWrite: flag))
    case .activate:
      return PfnEnding(result: walker.activate(&machine, cache, arguments.start, bytes))
    case .construct: walker.construct(&machine, cache)
    case .unmap: walker.unmap(&machine, cache)
    case .deactivate: walker.deactivate(&machine, cache)
    case .check:
      if Walker.checksWithoutLock {
        return PfnEnding(saysYes: walker.check(&machine, cache, bytes))
      }
      let saysYes = machine.withLock(PfnCacheRecord.lock, of: cache.record, .readIRQ) {
        walker.check(&$0, cache, bytes)
      }
      return PfnEnding(saysYes: saysYes)
    case .access:
      let place = walker.beginAccess(&machine, cache, bytes)
      if place != nil { walker.endAccess(&machine, cache, bytes, isWritten: flag) }
      return PfnEnding(saysYes: place != nil, word: place)
    case .enter:
      let frame = walker.frameInGuestMode(&machine, cache, bytes)
      return PfnEnding(saysYes: frame != nil, word: frame)
    case .invalidate: walker.beginInvalidation(&machine, owner, range, maySleep: flag)
    case .end: walker.endInvalidation(&machine, owner, range)
    }
    return PfnEnding(result: .ok)
  }
}
