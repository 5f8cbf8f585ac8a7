/// What the users of a guest-frame cache, the owners of its pages and the harvest of the dirty log may
/// rely on, whatever the schedule.
public enum PfnCachePromise: String, Sendable, CaseIterable {
  /// No access through a check that said yes touches a page that was given up before.
  case freedPage = "freed-page-accessed"
  /// No such access touches a page that is not where the guest address is.
  case wrongPage = "wrong-page-accessed"
  /// What a check said yes to is mapped.
  case unmappedAddress = "unmapped-address"
  /// The place in the page is the guest address's.
  case wrongOffset = "wrong-offset"
  /// No vCPU is in guest mode with a frame after the invalidation that took it.
  case guestModeKept = "guest-mode-kept"
  /// No vCPU is left with a request that nobody serves.
  case requestLeft = "request-left"
  /// What is valid is found by invalidations.
  case invalidationMissed = "invalidation-missed"
  /// No page is kept from its owner while nobody is in a call.
  case pagePinned = "page-pinned"
  /// Every reference is given back.
  case referenceLeaked = "reference-leaked"
  /// No reference is given back twice.
  case referenceTwice = "reference-put-twice"
  /// Every mapping is undone.
  case mappingLeaked = "mapping-leaked"
  /// No mapping is undone that is not there.
  case mappingTwice = "mapping-undone-twice"
  /// A call that fails leaves a cache that says so.
  case validAfterFailure = "valid-after-failure"
  /// A cache that is not in use is neither valid nor refreshed.
  case usedInactive = "inactive-cache-used"
  /// The bytes are one at least and in one page.
  case lengthAccepted = "length-accepted"
  /// A call fails for a reason.
  case wrongResult = "wrong-result"
  /// What was written is in the next harvest.
  case dirtyMissed = "dirty-missed"
  /// What was not written is in no harvest.
  case dirtyInvented = "dirty-invented"

  /// The promise, in a sentence.
  public var statement: String {
    switch self {
    case .freedPage:
      "no access through a check that said yes touches a page that its owner had given up before"
    case .wrongPage:
      "an access through a check that said yes is to the page where the guest address is, by slots"
        + " that are current or whose replacement is not complete"
    case .unmappedAddress: "what a check said yes to is mapped for the kernel when it is accessed"
    case .wrongOffset: "the place in the page that is accessed is the guest address's"
    case .guestModeKept:
      "no vCPU is in guest mode with a frame when the invalidation that takes it returns"
    case .requestLeft: "a vCPU has no request that nobody serves when no call is under way"
    case .invalidationMissed: "a cache is not valid after an invalidation of its host address"
    case .pagePinned: "no reference to a frame is held when no call is under way"
    case .referenceLeaked: "no reference to a frame is held when no cache is in use"
    case .referenceTwice: "a reference is given back once"
    case .mappingLeaked: "nothing is mapped when no cache is in use"
    case .mappingTwice: "what is unmapped is mapped"
    case .validAfterFailure: "after a refresh that found no frame, or no mapping, a check says no"
    case .usedInactive: "a cache that is not in use is not valid, and its refresh returns -EINVAL"
    case .lengthAccepted:
      "bytes are accepted only if there is one at least and all are in one page, their number taken"
        + " as an integer without limit"
    case .wrongResult:
      "a refresh returns -EINVAL or -EFAULT only if the bytes, the cache, the slots or the host give"
        + " reason to"
    case .dirtyMissed: "a page that was written through a cache is in the next harvest"
    case .dirtyInvented: "a page that was not written since the last harvest is not in the next"
    }
  }
}

/// A promise that was not kept.
public struct PfnCacheBreach: Sendable, Hashable {
  /// Which.
  public let promise: PfnCachePromise
  /// What happened.
  public let message: String
  /// What tells it from another breach of the same promise; often nothing.
  public let cause: String
}
