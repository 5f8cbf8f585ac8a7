import Checking
import Machines
import Oracles

extension Rule {
  /// The lock of the tables was not there where it should be, or the other way about.
  static let hostLock = Rule(
    "lock",
    "the lock of the tables is taken and given back in turn; invalidations are counted and looked"
      + " for under it",
    oracle: "PretendHost"
  )

  /// An invalidation was not counted, or not looked for.
  static let invalidationUncounted = Rule(
    "invalidation-uncounted",
    "what takes a whole slot away counts as an invalidation, and a fault looks for those since it"
      + " began",
    oracle: "PretendHost"
  )

  /// A page is held for ever, or not while it should be.
  static let pageHeld = Rule(
    "page-held",
    "a page is held once while it is mapped and marked, and let go once",
    oracle: "PretendHost"
  )

  /// The host does not know that a page may be written, or thinks so in vain.
  static let hostPageUnmarked = Rule(
    "host-page-unmarked",
    "a page that was mapped for writing is marked dirty while it is held, and no other page is",
    oracle: "PretendHost"
  )

  /// A bit of the log is no page's.
  static let bitmapBounds = Rule(
    "bitmap-bounds",
    "the dirty log has a bit for each page of the slot, and no other is set",
    oracle: "PretendHost"
  )
}

extension Finding {
  /// What the host of a guest may rely on.
  static let hostRules: [Rule] = [
    .hostLock, .invalidationUncounted, .pageHeld, .hostPageUnmarked, .bitmapBounds,
  ]
}

extension PretendHost {
  /// Takes note of the first thing that the host saw and that may not be.
  mutating func note(_ message: String, _ rule: Rule) {
    if finding == nil { finding = Finding(rule, message) }
  }

  /// That a page is held after a call, or the lock is taken.
  var stillHeld: Finding? {
    guard !pins.isEmpty || isLocked else { return nil }
    let pages = "\(pins.count) page\(pins.count == 1 ? " is" : "s are") held"
    return Finding(
      isLocked ? .hostLock : .pageHeld,
      "after the call \(isLocked ? "the lock is taken" : pages)"
    )
  }
}
