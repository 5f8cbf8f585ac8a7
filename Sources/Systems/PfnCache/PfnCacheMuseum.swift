public import Walkers

/// What history got wrong about guest-frame caches: each is the listed cache with one fault.
public struct PfnCacheExhibit: Sendable {
  /// The name.
  public let name: String
  /// What is wrong, in a sentence.
  public let summary: String
  /// The fault.
  public let fault: PfnCacheFault

  /// All of them: those of history, then what else is wrong with the cache as posted.
  public static let all: [PfnCacheExhibit] = [
    PfnCacheExhibit(
      "noop-refresh-releases-live-mapping",
      "a refresh of what is valid gives up the mapping that it keeps",
      .noopRefreshReleases
    ),
    PfnCacheExhibit(
      "khva-keeps-old-page-offset",
      "a mapping that is kept keeps its place in the page",
      .keepsOldOffset
    ),
    PfnCacheExhibit(
      "extra-ref-on-same-pfn",
      "the reference of a look-up that finds the same frame is never given back",
      .extraReference
    ),
    PfnCacheExhibit(
      "map-failure-leaks-new-pfn",
      "the reference to a frame that cannot be mapped is never given back",
      .mapFailureLeaks
    ),
    PfnCacheExhibit(
      "speculative-valid-exposes-null-khva",
      "the cache says that it is valid while the frame is looked up",
      .validWithoutMapping
    ),
    PfnCacheExhibit(
      "invalidate-skips-placeholder",
      "an invalidation passes over a cache whose frame is being looked up",
      .skipsRefreshing
    ),
    PfnCacheExhibit(
      "generation-false-negative",
      "address and generation are the new ones while the frame is the old one",
      .validForOldAddress
    ),
    PfnCacheExhibit(
      "lock-reinitialised-on-reactivate",
      "the lock is made anew each time that the cache is taken into use",
      .lockMadeAnew
    ),
    PfnCacheExhibit(
      "partial-reinit-on-activation",
      "what the cache held when it was last in use is taken for what it holds",
      .keepsEarlierUse
    ),
    PfnCacheExhibit(
      "page-pinned-forever",
      "the reference of the look-up is kept as long as the frame",
      .pinsPage
    ),
    PfnCacheExhibit(
      "kunmap-of-never-mapped",
      "a frame that was never mapped is unmapped",
      .unmapsUnmapped
    ),
    PfnCacheExhibit(
      "request-set-but-never-consumed",
      "an invalidation leaves the vCPU a request that nobody serves",
      .leavesRequest
    ),
    PfnCacheExhibit(
      "len-check-wraps",
      "the length is checked by a sum that wraps",
      .lengthWraps
    ),
    PfnCacheExhibit(
      "self-invalidation-livelock",
      "an invalidation of anything makes a refresh begin again",
      .retriesForAny
    ),
    PfnCacheExhibit(
      "invalidation-announced-late",
      "an invalidation goes through the caches before refreshes can tell that it is under way",
      .announcedLate
    ),
    PfnCacheExhibit(
      "dirty-at-unmap",
      "what is written is in the dirty log only when the frame is given up",
      .dirtyAtUnmap
    ),
    PfnCacheExhibit(
      "unlinked-in-use",
      "the cache is off the list while it is still in use",
      .unlinkedInUse
    ),
    PfnCacheExhibit(
      "refresh-of-inactive",
      "a cache that is not in use is refreshed",
      .refreshesInactive
    ),
    PfnCacheExhibit(
      "second-invalidation-does-not-wait",
      "an invalidation that finds the cache invalid returns while the vCPU is in guest mode",
      .kicksOnlyIfValid
    ),
  ]

  private init(_ name: String, _ summary: String, _ fault: PfnCacheFault) {
    self.name = name
    self.summary = summary
    self.fault = fault
  }
}
