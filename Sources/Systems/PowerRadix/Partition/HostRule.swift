/// What the host of a guest may rely on.
enum HostRule: String, Sendable, Hashable, CaseIterable {
  /// The lock of the tables.
  case lock
  /// How invalidations are counted.
  case counted = "invalidation-uncounted"
  /// Pages are held.
  case held = "page-held"
  /// Pages are marked dirty.
  case marked = "host-page-unmarked"
  /// The bounds of the dirty log.
  case bitmap = "bitmap-bounds"

  /// The rule, in a sentence.
  var statement: String {
    switch self {
    case .lock:
      "the lock of the tables is taken and given back in turn; invalidations are counted and looked"
        + " for under it"
    case .counted:
      "what takes a whole slot away counts as an invalidation, and a fault looks for those since it"
        + " began"
    case .held: "a page is held once while it is mapped and marked, and let go once"
    case .marked:
      "a page that was mapped for writing is marked dirty while it is held, and no other page is"
    case .bitmap: "the dirty log has a bit for each page of the slot, and no other is set"
    }
  }
}
