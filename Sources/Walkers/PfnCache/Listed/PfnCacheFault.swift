/// One thing that is wrong with a listed cache, so that a judge can be seen to convict.
///
/// Each is a bug of the kernel's history, or of the patch that brought the cache.
public enum PfnCacheFault: UInt8, Sendable, CaseIterable {
  /// A refresh of what is valid gives up the mapping that it keeps.
  case noopRefreshReleases
  /// A frame that is found again keeps the mapping's place in the page.
  case keepsOldOffset
  /// A frame that is found again keeps the reference of the second look-up.
  case extraReference
  /// A mapping that fails leaves the reference of the look-up.
  case mapFailureLeaks
  /// A cache is called valid before there is anything in it, so that an invalidation is noticed.
  case validWithoutMapping
  /// An invalidation passes over a cache that is being refreshed.
  case skipsRefreshing
  /// What was looked up for the old address is valid until there is something for the new one.
  case validForOldAddress
  /// The lock is made anew with each use of the cache.
  case lockMadeAnew
  /// What is left of the cache's earlier use is neither taken away nor overwritten.
  case keepsEarlierUse
  /// The look-up's reference is kept with the frame.
  case pinsPage
  /// What was never mapped is unmapped, and a place in a page is given as an address.
  case unmapsUnmapped
  /// A vCPU is left a request that nobody serves.
  case leavesRequest
  /// The length is checked by a sum that wraps.
  case lengthWraps
  /// An invalidation of anything makes a refresh begin again.
  case retriesForAny
  /// An invalidation is announced after the caches were gone through.
  case announcedLate
  /// What was written is entered in the dirty log when the frame is given up.
  case dirtyAtUnmap
  /// A cache is taken off the list, and only then out of use, without excluding refreshes.
  case unlinkedInUse
  /// A cache that is not in use is refreshed like any other.
  case refreshesInactive
  /// An invalidation that finds a cache invalid leaves its vCPU in guest mode.
  case kicksOnlyIfValid
}
