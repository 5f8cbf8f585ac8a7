import Architecture
public import Machines

/// What radix entries may be: zero where they map nothing, and leaves with bits that mean something.
///
/// Does not establish: that a leaf leads to where it should; that is the model's to say.
enum RadixEntries {
  /// The rules that are judged here.
  static let rules: [Rule] = [.radixEntryNotCleared, .radixChangeWithoutWrite, .radixForeignBits]
}

extension RadixJudges {
  /// Judges that a leaf has bits of its own scope.
  mutating func judgeBits(_ change: Change) {
    let foreign = change.new & ~RadixField.partitionLeaf
    guard foreign != 0 else { return }
    add(
      .radixForeignBits,
      "the leaf for \(change.base.hexadecimal) has the bits \(foreign.hexadecimal)",
      at: change.place
    )
  }

  /// Judges that a fault tells of a store only where stores are permitted; what others recorded stays.
  mutating func judgeChangeBit(_ change: Change) {
    guard isFault, RadixField.change.value(in: change.new) == 1,
      RadixField.write.value(in: change.new) == 0
    else { return }
    let before = broken[change.address] ?? (RadixField.isLeaf(change.old) ? change.old : 0)
    guard RadixField.change.value(in: before) == 0 else { return }
    add(
      .radixChangeWithoutWrite,
      "the leaf for \(change.base.hexadecimal) is \(change.new.hexadecimal): changed, and not writable",
      detail: sizeText(change.shift),
      at: change.place
    )
  }

  /// Judges what the entries that a call took away are when it returns.
  mutating func judgeCleared() {
    // In the order of their places, so that one case tells one story.
    let places = touched.keys.filter { place in
      guard let entry = memory.descriptor(at: place), entry != 0 else { return false }
      return RadixField.valid.value(in: entry) == 0
    }
    guard let place = places.min(), let leaf = touched[place],
      let page = number(of: place), pages[page].span != nil
    else { return }
    let entry = memory.descriptor(at: place) ?? 0
    add(
      .radixEntryNotCleared,
      "the entry for \(leaf.base.hexadecimal) maps nothing and is \(entry.hexadecimal)",
      detail: sizeText(leaf.shift),
      at: Place(entryAddress: place, inputAddress: leaf.base)
    )
  }
}

extension Rule {
  /// An entry that maps nothing is not zero.
  public static let radixEntryNotCleared = Rule(
    "entry-not-cleared",
    "an entry that was taken away is zero when the call returns, as if it had never been",
    oracle: "RadixEntries"
  )

  /// A change was recorded where no store is permitted.
  public static let radixChangeWithoutWrite = Rule(
    "change-without-write",
    "a fault records a change only in a leaf that permits stores",
    reference: "Power ISA 3.0B, Book III, \"Reference and Change Recording\"",
    oracle: "RadixEntries"
  )

  /// A leaf has bits that mean nothing in a partition's tables.
  public static let radixForeignBits = Rule(
    "foreign-bits",
    "a partition-scoped leaf has bits of its own scope only",
    reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
    oracle: "RadixEntries"
  )
}
