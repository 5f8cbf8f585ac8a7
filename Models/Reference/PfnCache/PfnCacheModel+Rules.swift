public import Machines

// What the users of a guest-frame cache, the owners of its pages and the harvest of the dirty log may
// rely on, whatever the schedule.

extension Rule {
  /// No access through a check that said yes touches a page that was given up before.
  public static let freedPage = Rule(
    "freed-page-accessed",
    "no access through a check that said yes touches a page that its owner had given up before",
    oracle: "PfnCacheModel"
  )

  /// No such access touches a page that is not where the guest address is.
  public static let wrongPage = Rule(
    "wrong-page-accessed",
    "an access through a check that said yes is to the page where the guest address is, by"
      + " slots that are current or whose replacement is not complete",
    oracle: "PfnCacheModel"
  )

  /// What a check said yes to is mapped.
  public static let unmappedAddress = Rule(
    "unmapped-address",
    "what a check said yes to is mapped for the kernel when it is accessed",
    oracle: "PfnCacheModel"
  )

  /// The place in the page is the guest address's.
  public static let wrongOffset = Rule(
    "wrong-offset",
    "the place in the page that is accessed is the guest address's",
    oracle: "PfnCacheModel"
  )

  /// No vCPU is in guest mode with a frame after the invalidation that took it.
  public static let guestModeKept = Rule(
    "guest-mode-kept",
    "no vCPU is in guest mode with a frame when the invalidation that takes it returns",
    oracle: "PfnCacheModel"
  )

  /// No vCPU is left with a request that nobody serves.
  public static let requestLeft = Rule(
    "request-left",
    "a vCPU has no request that nobody serves when no call is under way",
    oracle: "PfnCacheModel"
  )

  /// What is valid is found by invalidations.
  public static let invalidationMissed = Rule(
    "invalidation-missed",
    "a cache is not valid after an invalidation of its host address",
    oracle: "PfnCacheModel"
  )

  /// No page is kept from its owner while nobody is in a call.
  public static let pagePinned = Rule(
    "page-pinned",
    "no reference to a frame is held when no call is under way",
    oracle: "PfnCacheModel"
  )

  /// Every reference is given back.
  public static let referenceLeaked = Rule(
    "reference-leaked",
    "no reference to a frame is held when no cache is in use",
    oracle: "PfnCacheModel"
  )

  /// No reference is given back twice.
  public static let referenceTwice = Rule(
    "reference-put-twice",
    "a reference is given back once",
    oracle: "PfnCacheModel"
  )

  /// Every mapping is undone.
  public static let mappingLeaked = Rule(
    "mapping-leaked",
    "nothing is mapped when no cache is in use",
    oracle: "PfnCacheModel"
  )

  /// No mapping is undone that is not there.
  public static let mappingTwice = Rule(
    "mapping-undone-twice",
    "what is unmapped is mapped, from that address on",
    oracle: "PfnCacheModel"
  )

  /// A call that fails leaves a cache that says so.
  public static let validAfterFailure = Rule(
    "valid-after-failure",
    "after a refresh that found no frame, or no mapping, a check says no",
    oracle: "PfnCacheModel"
  )

  /// A cache that is not in use is neither valid nor refreshed.
  public static let usedInactive = Rule(
    "inactive-cache-used",
    "a cache that is not in use is not valid, and its refresh returns -EINVAL",
    oracle: "PfnCacheModel"
  )

  /// The bytes are one at least and in one page.
  public static let lengthAccepted = Rule(
    "length-accepted",
    "bytes are accepted only if there is one at least and all are in one page, their number"
      + " taken as an integer without limit",
    oracle: "PfnCacheModel"
  )

  /// A call fails for a reason.
  public static let wrongRefreshResult = Rule(
    "wrong-refresh-result",
    "a refresh returns -EINVAL or -EFAULT only if the bytes, the cache, the slots or the"
      + " host give reason to",
    oracle: "PfnCacheModel"
  )

  /// A refresh that succeeds makes the cache valid.
  public static let refreshedInVain = Rule(
    "refreshed-in-vain",
    "a check of the same bytes by the same thread that comes next after a refresh that succeeded says yes,"
      + " unless an invalidation, other slots or another call on the cache came beside them",
    oracle: "PfnCacheModel"
  )

  /// What a check says yes to has been made valid, and nothing took that back.
  public static let notMadeValid = Rule(
    "valid-for-other-bytes",
    "a check says yes only to bytes that a refresh was for which has succeeded or is under way, and after"
      + " which no invalidation of them, no refresh for other bytes and nothing that empties the cache had"
      + " come and gone before the check began (where memory is weak: none by the same thread)",
    oracle: "PfnCacheModel"
  )

  /// A check without the lock finds a frame of the bytes' page.
  public static let wrongFrame = Rule(
    "wrong-frame-found",
    "the frame that a check finds is, or was, that of the bytes' page",
    oracle: "PfnCacheModel"
  )

  /// Nothing is looked up for what is valid.
  public static let lookedUpInVain = Rule(
    "looked-up-in-vain",
    "a refresh for the bytes that the thread's last refresh made the cache valid for asks the host for no"
      + " frame, unless an invalidation, other slots or another call on the cache came beside them",
    oracle: "PfnCacheModel"
  )

  /// A frame is mapped as what it is.
  public static let mappedAmiss = Rule(
    "mapped-amiss",
    "a frame of RAM is mapped as one, and another as device memory is",
    oracle: "PfnCacheModel"
  )

  /// Who maps a frame holds a reference to it.
  public static let mappedUnheld = Rule(
    "mapped-unheld",
    "a frame is mapped only while somebody holds a reference to it",
    oracle: "PfnCacheModel"
  )

  /// Nothing is mapped that nobody accesses.
  public static let mappedInVain = Rule(
    "mapped-in-vain",
    "nothing is mapped for the kernel for a cache that is used in guest mode alone",
    oracle: "PfnCacheModel"
  )

  /// What was written is in the next harvest.
  public static let dirtyMissed = Rule(
    "dirty-missed",
    "a page that was written through a cache is in the next harvest",
    oracle: "PfnCacheModel"
  )

  /// What was not written is in no harvest.
  public static let dirtyInvented = Rule(
    "dirty-invented",
    "a page that was not written since the last harvest is not in the next",
    oracle: "PfnCacheModel"
  )
}

extension PfnCacheModel {
  /// The rules that are judged here.
  public static let rules: [Rule] = [
    .freedPage, .wrongPage, .unmappedAddress, .wrongOffset, .guestModeKept, .requestLeft,
    .invalidationMissed, .pagePinned, .referenceLeaked, .referenceTwice, .mappingLeaked,
    .mappingTwice, .validAfterFailure, .usedInactive, .lengthAccepted, .wrongRefreshResult,
    .refreshedInVain, .lookedUpInVain, .mappedAmiss, .mappedUnheld, .mappedInVain, .notMadeValid,
    .wrongFrame, .dirtyMissed, .dirtyInvented,
  ]
}

/// A rule of the model's that was broken.
public struct PfnCacheBreach: Sendable, Hashable {
  /// Which.
  public let rule: Rule
  /// What happened.
  public let message: String
  /// What tells it from another breach of the same rule; often nothing.
  public let cause: String
}
