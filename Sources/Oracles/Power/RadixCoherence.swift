import Architecture
public import Machines

/// Coherence of what CPUs cache of radix entries: when a call returns, none holds what the tables no longer
/// say.
///
/// A reference bit that stays cached makes a page seem older than it is, which is permitted. Where an
/// invalidation was issued and not waited for, that is to blame.
///
/// Does not establish: when a CPU sees a *new* translation; anything about the guest's own tables.
enum RadixCoherence {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .radixStaleTranslation, .radixStalePermission, .radixStaleChange, .radixStaleTable,
  ]
}

extension RadixJudges {
  /// Judges what may be cached when a call returns, and forgets it.
  mutating func judgeCached() {
    let entries = cache.entries
    cache.reset()
    for entry in entries {
      guard let rule = staleness(of: entry) else { continue }
      add(
        RadixBarriers.isIncomplete(entry) ? .radixIncompleteInvalidation : rule,
        "what was at \(entry.place.hexadecimal), for \(sizeText(entry.shift)) from"
          + " \(entry.base.hexadecimal), may still be cached",
        detail: sizeText(entry.shift),
        at: Place(entry)
      )
    }
  }

  /// Which rule is broken if an entry is still cached; nil for none.
  private func staleness(of entry: RadixCache.Entry) -> Rule? {
    guard entry.isLeaf else {
      let page = memory.page(of: entry.place)
      let isLinked = page.map { $0 < pages.count && pages[$0].span != nil } ?? false
      return isLinked && memory.descriptor(at: entry.place) == entry.old ? nil : .radixStaleTable
    }
    guard let leaf = leaves[entry.place], leaf.base == entry.base, leaf.shift == entry.shift,
      RadixJudges.sameTranslation(leaf.entry, entry.old)
    else { return .radixStaleTranslation }
    let lost = entry.old & ~leaf.entry
    if lost & RadixField.rights != 0 { return .radixStalePermission }
    // A reference bit that stays cached makes a page seem older than it is, which is permitted.
    return lost & RadixField.change.mask != 0 ? .radixStaleChange : nil
  }
}

extension Rule {
  /// A translation that is no more may still be cached.
  public static let radixStaleTranslation = Rule(
    "stale-translation",
    "when a call returns, no CPU can hold a translation that the tables no longer have",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixCoherence"
  )

  /// A permission that is no more may still be cached.
  public static let radixStalePermission = Rule(
    "stale-permission",
    "when a call returns, no CPU can hold permissions that the tables no longer have",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixCoherence"
  )

  /// A change bit that was cleared may still be cached as set.
  public static let radixStaleChange = Rule(
    "stale-change",
    "when a call returns, no CPU can hold a change bit that was cleared, or stores go unseen",
    reference: "Power ISA 3.0B, Book III, \"Reference and Change Recording\"",
    oracle: "RadixCoherence"
  )

  /// An entry that led to a table may still be cached.
  public static let radixStaleTable = Rule(
    "stale-table",
    "when a call returns, no walk cache can hold an entry that the tables no longer have",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixCoherence"
  )
}
