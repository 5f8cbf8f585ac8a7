import Architecture
public import Machines

/// What orders radix tables: a change before its `tlbie`, a `tlbie` of the partition's own before its
/// completion, that before the return, and a table's entries before the entry that leads to it.
///
/// Does not establish: that a barrier was needed where it stands.
enum RadixBarriers {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .radixInvalidateWithoutBarrier, .radixForeignInvalidation, .radixIncompleteInvalidation,
    .radixPlainLink,
  ]
}

extension RadixBarriers {
  /// Whether an invalidation was issued that is not waited for.
  static func isIncomplete(_ entry: RadixCache.Entry) -> Bool {
    switch entry.stage {
    case .changed, .ordered: false
    case .issued, .separated, .synchronised: true
    }
  }
}

extension RadixJudges {
  /// Judges a `tlbie`, and takes note of what it removes.
  mutating func judgeInvalidation(_ invalidation: RadixInvalidation<UInt64>) {
    let operand = RadixOperand(invalidation, ofPartition: partition)
    if operand?.isOfEveryPartition ?? true {
      add(
        .radixForeignInvalidation,
        "a tlbie of partition \(invalidation.partition.hexadecimal) names"
          + " \(invalidation.operand.hexadecimal)"
      )
    }
    if let early = cache.invalidate(invalidation) {
      add(
        .radixInvalidateWithoutBarrier,
        "a tlbie for \(early.base.hexadecimal) was issued before the change at"
          + " \(early.place.hexadecimal) was ordered by ptesync",
        at: Place(early)
      )
    }
  }

  /// Judges the store by which an entry leads to a table.
  mutating func judgeLink(_ change: Change, isOrdered: Bool) {
    guard !isOrdered else { return }
    add(
      .radixPlainLink,
      "the entry at \(change.address.hexadecimal) was made to lead to a table by a plain store",
      at: change.place
    )
  }
}

extension Rule {
  /// An invalidation came before the change was visible.
  public static let radixInvalidateWithoutBarrier = Rule(
    "invalidate-without-barrier",
    "a change is ordered by ptesync before its tlbie is issued",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixBarriers"
  )

  /// An invalidation is about other entries than the partition's own.
  public static let radixForeignInvalidation = Rule(
    "foreign-invalidation",
    "a tlbie is about the partition's own entries, in a page size that there is, and nobody else's",
    reference: "Power ISA 3.0B, Book III, \"TLB Management Instructions\"",
    oracle: "RadixBarriers"
  )

  /// An invalidation was not waited for.
  public static let radixIncompleteInvalidation = Rule(
    "incomplete-invalidation",
    "a tlbie is completed by eieio, tlbsync and ptesync before the call returns",
    reference:
      "Power ISA 3.0B, Book III, \"Translation Table Update Synchronization Requirements\"",
    oracle: "RadixBarriers"
  )

  /// A new table was made reachable by a store that is not ordered after its zeros.
  public static let radixPlainLink = Rule(
    "plain-link",
    "an entry that leads to a new table is stored after the table's own entries",
    oracle: "RadixBarriers"
  )
}
