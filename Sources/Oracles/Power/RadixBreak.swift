import Architecture
public import Machines

/// Break-before-make of radix entries: a valid entry is made invalid, and gone from every CPU, before it
/// becomes one with another translation; and what the hardware may be changing is changed atomically.
///
/// Reference: Power ISA 3.0B, Book III, "Translation Table Update Synchronization Requirements". A POWER9
/// DD1 demands the break of every change. Judged at each store to a table that is linked.
///
/// Does not establish: that a change which demands no break was meant.
enum RadixBreak {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .radixNoBreak, .radixMakeBeforeInvalidate, .radixPlainStore, .radixNeedlessBreak,
  ]
}

extension RadixJudges {
  /// Judges the change of an entry that the hardware finds.
  mutating func judgeBreak(_ change: Change, isAtomic: Bool) {
    let (old, new) = (change.old, change.new)
    if RadixField.isLeaf(old), !isAtomic {
      add(
        .radixPlainStore,
        "the leaf for \(change.base.hexadecimal) was overwritten by a plain store",
        detail: sizeText(change.shift),
        at: change.place
      )
    }
    guard RadixField.valid.value(in: old) == 1, RadixField.valid.value(in: new) == 1 else { return }
    let isSame =
      RadixField.isLeaf(old) && RadixField.isLeaf(new) && RadixJudges.sameTranslation(old, new)
    if !isSame || isDD1 {
      add(
        .radixNoBreak,
        "the entry for \(change.base.hexadecimal) went from \(old.hexadecimal) to"
          + " \(new.hexadecimal) while it was valid",
        detail: isSame ? "DD1" : sizeText(change.shift),
        at: change.place
      )
    }
  }

  /// Judges that nothing is cached that contradicts an entry which was made valid.
  mutating func judgeMake(_ change: Change) {
    let new = change.new
    let conflict = cache.entries.first { entry in
      guard entry.overlaps(change.base, shift: change.shift) else { return false }
      guard entry.isLeaf else { return entry.place == change.address && entry.old != new }
      // A DD1 is not even given the same translation again before the other is gone.
      return isDD1
        || !(RadixField.isLeaf(new) && entry.shift == change.shift
          && RadixJudges.sameTranslation(entry.old, new))
    }
    guard let conflict, RadixField.valid.value(in: change.old) == 0 else { return }
    add(
      .radixMakeBeforeInvalidate,
      "the entry for \(change.base.hexadecimal) was written while what was at"
        + " \(conflict.place.hexadecimal) may still be cached",
      detail: "\(sizeText(conflict.shift)) to \(sizeText(change.shift))",
      at: change.place
    )
  }

  /// Judges that a fault gives nothing back that it took away itself.
  mutating func judgeNeed(_ change: Change) {
    let added = RadixField.reference.mask | RadixField.change.mask | RadixField.write.mask
    guard isFault, !isDD1, let old = broken[change.address], (old ^ change.new) & ~added == 0 else {
      return
    }
    add(
      .radixNeedlessBreak,
      "the leaf for \(change.base.hexadecimal) was \(old.hexadecimal), nothing, and then"
        + " \(change.new.hexadecimal)",
      detail: sizeText(change.shift),
      at: change.place
    )
  }
}

extension Rule {
  /// A valid entry became another valid one.
  public static let radixNoBreak = Rule(
    "no-break",
    "a valid entry is made invalid before it becomes one with another translation, and on a DD1"
      + " before it becomes any other",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixBreak"
  )

  /// A valid entry was written where what was there may still be cached.
  public static let radixMakeBeforeInvalidate = Rule(
    "make-before-invalidate",
    "a valid entry is written only when no CPU can hold what was there before",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixBreak"
  )

  /// A leaf that the hardware may be changing was overwritten.
  public static let radixPlainStore = Rule(
    "plain-store",
    "a valid leaf is changed by one atomic update, as the hardware may set its reference and"
      + " change bits at any moment",
    reference: "Power ISA 3.0B, Book III, \"Reference and Change Recording\"",
    oracle: "RadixBreak"
  )

  /// A leaf was taken away and given back.
  public static let radixNeedlessBreak = Rule(
    "needless-break",
    "a fault on a page that is mapped already adds permissions and takes nothing away",
    oracle: "RadixBreak"
  )
}
