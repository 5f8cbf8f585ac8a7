public import Machines

/// What is known of a cache.
struct CacheNotes: Sendable {
  /// Whether it is in use; nil while that changes, or where two calls changed it at once.
  var isInUse: Bool? = false
  /// How many calls are changing that.
  var changeCount = 0
  var isContested = false
  /// How many calls were begun that may make it valid or take it out of use.
  var callCount = 0
  /// How many of them have not ended.
  var callsUnderWay = 0
  /// The threads that began one of which not every thread sees what it did, as bits.
  var callers: UInt16 = 0
  /// Whether the last of them failed, and no other was beside it or came after it.
  var hasFailed = false
  /// What it was made valid for by the last of them, beside which there was nothing; nil where it failed.
  var refreshed: Refreshed?
  /// The calls that made it valid, or may be doing so.
  var validations: [Validation] = []

  /// A refresh that succeeded.
  struct Refreshed: Sendable {
    var thread: Int
    var guestAddress: UInt64
    var length: UInt64
    var disturbanceCount: Int
  }
}

/// A call on a cache that has begun.
public struct PfnCacheCall: Sendable {
  /// What it does.
  public enum Kind: Sendable {
    /// It makes the cache valid.
    case refresh
    /// It takes it into use, and makes it valid.
    case activate
    /// It empties it.
    case unmap
    /// It takes it out of use.
    case deactivate
    /// It checks it.
    case check
  }

  let kind: Kind
  let thread: Int
  let cache: Int
  /// Whether the cache was in use, and how many calls there had been.
  let wasInUse: Bool?
  let callCount: Int
  let hadFailed: Bool
  let refusals: Int
  /// Whether no call was under way that may make the cache valid or take it out of use, nor one that the
  /// thread may not see yet: it looks without the lock where it can.
  let wasAlone: Bool
  let disturbanceCount: Int
  /// When it began.
  let beginning: Int
}

extension PfnCacheModel {
  /// A call begins; one that makes a cache valid does so for `guestAddress`.
  public mutating func began(
    _ kind: PfnCacheCall.Kind,
    _ thread: Int,
    cache: Int,
    guestAddress: UInt64 = 0
  ) -> PfnCacheCall {
    let notes = caches[cache]
    if kind == .refresh || kind == .activate {
      caches[cache].validations.append(Validation(thread: thread, guestAddress: guestAddress))
    }
    if kind != .check {
      caches[cache].callCount += 1
      caches[cache].callsUnderWay += 1
      caches[cache].callers |= 1 << UInt16(thread)
      caches[cache].hasFailed = false
      caches[cache].refreshed = nil
    }
    if kind == .activate || kind == .deactivate {
      caches[cache].changeCount += 1
      caches[cache].isContested = caches[cache].isContested || notes.changeCount > 0
      caches[cache].isInUse = nil
    }
    threads[thread].valid = nil
    if kind == .refresh, notes.callsUnderWay == 0, let refreshed = notes.refreshed,
      refreshed.thread == thread, refreshed.guestAddress == guestAddress,
      isCalm(since: refreshed.disturbanceCount, for: thread)
    {
      threads[thread].valid = ThreadNotes.Valid(
        cache: cache,
        callCount: caches[cache].callCount,
        disturbanceCount: disturbanceCount
      )
    }
    let isSeen = !isMemoryWeak || notes.callers & ~(1 << UInt16(thread)) == 0
    return PfnCacheCall(
      kind: kind,
      thread: thread,
      cache: cache,
      wasInUse: isSeen ? notes.isInUse : nil,
      callCount: caches[cache].callCount,
      hadFailed: isSeen && notes.hasFailed,
      refusals: threads[thread].refusals,
      wasAlone: notes.callsUnderWay == 0 && isSeen,
      disturbanceCount: disturbanceCount,
      beginning: time
    )
  }

  /// A call ends: a refresh, or one that takes a cache into or out of use or empties it.
  public mutating func ended(
    _ call: PfnCacheCall,
    guestAddress: UInt64 = 0,
    length: UInt64 = 1,
    _ result: Errno = .ok
  ) {
    let notes = caches[call.cache]
    caches[call.cache].callsUnderWay -= 1
    threads[call.thread].valid = nil
    if call.kind == .activate || call.kind == .deactivate { endChange(call, result) }
    note(call, guestAddress, result)
    guard call.kind == .refresh || call.kind == .activate else { return }
    let isAlone = notes.callCount == call.callCount && notes.callsUnderWay == 1
    if result == .fault, isAlone { caches[call.cache].hasFailed = true }
    if result == .ok, isAlone, call.wasAlone,
      isCalm(since: call.disturbanceCount, for: call.thread)
    {
      caches[call.cache].refreshed = CacheNotes.Refreshed(
        thread: call.thread,
        guestAddress: guestAddress,
        length: length,
        disturbanceCount: disturbanceCount
      )
    }
    judge(call, guestAddress, length, result, isAlone: isAlone)
  }

  private mutating func endChange(_ call: PfnCacheCall, _ result: Errno) {
    caches[call.cache].changeCount -= 1
    guard caches[call.cache].changeCount == 0 else { return }
    if caches[call.cache].isContested {
      caches[call.cache].isInUse = nil
    } else if call.kind == .deactivate {
      caches[call.cache].isInUse = false
    } else {
      // One that is refused leaves the cache as it was, or in use.
      caches[call.cache].isInUse = result == .invalid && call.wasInUse != true ? nil : true
    }
    caches[call.cache].isContested = false
  }

  private mutating func judge(
    _ call: PfnCacheCall,
    _ guestAddress: UInt64,
    _ length: UInt64,
    _ result: Errno,
    isAlone: Bool
  ) {
    let bytes = "\(length) bytes from \(guestAddress.text)"
    guard isInOnePage(guestAddress, length) else {
      if result != .invalid {
        add(.lengthAccepted, "a refresh for \(bytes) returns \(result)", cause: cause(length))
      }
      return
    }
    let isSettled = isAlone && call.kind == .refresh
    if isSettled, call.wasInUse == false, result != .invalid {
      add(
        .usedInactive,
        "a refresh of a cache that is not in use returns \(result)",
        cause: "/refresh"
      )
    }
    if result == .invalid, call.kind == .activate || isSettled && call.wasInUse == true {
      add(.wrongRefreshResult, "a refresh for \(bytes) returns \(result)", cause: "/\(result)")
    }
    let pages = hostPages(of: guestAddress >> 12, for: call.thread)
    if result == .fault, !pages.contains(nil), threads[call.thread].refusals == call.refusals {
      add(.wrongRefreshResult, "a refresh for \(bytes) returns \(result)", cause: "/\(result)")
    }
  }

  /// A check ends; `frame` is the one that it found, where it is asked for that.
  public mutating func ended(
    _ check: PfnCacheCall,
    guestAddress: UInt64,
    length: UInt64,
    saysYes: Bool,
    frame: UInt64? = nil
  ) {
    let bytes = "\(length) bytes from \(guestAddress.text)"
    guard saysYes else {
      // What another thread wrote may not be seen yet.
      if let refreshed = caches[check.cache].refreshed, refreshed.thread == check.thread,
        refreshed.guestAddress == guestAddress, refreshed.length == length,
        isCalm(since: refreshed.disturbanceCount, for: check.thread)
      {
        add(.refreshedInVain, "a check of \(bytes) says no after a refresh that succeeded")
      }
      return
    }
    if !isInOnePage(guestAddress, length) {
      add(.lengthAccepted, "a check of \(bytes) says yes", cause: cause(length))
    }
    if caches[check.cache].callCount == check.callCount {
      if check.wasInUse == false {
        add(.usedInactive, "a check of a cache that is not in use says yes", cause: "/check")
      }
      if check.hadFailed { add(.validAfterFailure, "a check says yes after a refresh that failed") }
    }
    judgeValidity(check, guestAddress, frame)
  }

  /// A check says yes after an invalidation of all host pages, and nothing else.
  public mutating func survivedInvalidation(_ cache: Int) {
    add(.invalidationMissed, "cache \(cache) is valid after an invalidation of everything")
  }

  private func isInOnePage(_ guestAddress: UInt64, _ length: UInt64) -> Bool {
    length > 0 && length <= 4096 && guestAddress % 4096 + length <= 4096
  }

  private func cause(_ length: UInt64) -> String { length == 0 ? "/empty" : "/wraps" }
}
