public import Machines

/// The lock of radix tables: they are changed under it, by a fault only once it was asked under it whether
/// there was an invalidation, and memory for them is asked for before it.
///
/// The rule is the API's. That the lock is taken and given back in turn is the host's to say.
///
/// Does not establish: that loads are made under the lock; what two calls do to each other.
enum RadixLocks {
  /// The rules that are judged here.
  static let rules: [Rule] = [.radixStoreOutsideLock, .radixChangeUnasked, .radixAllocateUnderLock]
}

extension RadixJudges {
  /// Says that the lock of the tables was taken.
  public mutating func takeLock() {
    isLocked = true
    changedUnderLock = nil
  }

  /// Says that the lock was given back, by somebody who was to change tables or was not.
  ///
  /// Whoever rests on answers from before may not, until the answer is that they still hold.
  public mutating func giveLockBack(mayHaveChanged: Bool) {
    isLocked = false
    guard !mayHaveChanged, let changed = changedUnderLock else { return }
    let base = changed.inputAddress ?? 0
    add(
      .radixChangeUnasked,
      "the entry for \(base.hexadecimal) was changed by a fault whose answers may be out of date",
      at: changed
    )
  }

  /// Judges that an entry is changed by who may change it.
  mutating func judgeLock(_ change: Change) {
    if demandsLock, !isLocked {
      add(
        .radixStoreOutsideLock,
        "the entry for \(change.base.hexadecimal) was changed without the lock",
        at: change.place
      )
    }
    if isLocked, changedUnderLock == nil { changedUnderLock = change.place }
  }

  /// Judges that memory is asked for when it may be waited for.
  mutating func judgeAllocation() {
    guard isLocked else { return }
    add(.radixAllocateUnderLock, "a table was asked for while the lock of the tables was taken")
  }
}

extension Rule {
  /// A table was changed by somebody who has not its lock.
  public static let radixStoreOutsideLock = Rule(
    "store-outside-lock",
    "the tables are changed under their lock, until nobody uses them any more",
    oracle: "RadixLocks"
  )

  /// A table was changed on the strength of answers that may be out of date.
  public static let radixChangeUnasked = Rule(
    "change-unasked",
    "a fault changes the tables only after it was asked under the lock whether there was an"
      + " invalidation, and there was none",
    oracle: "RadixLocks"
  )

  /// Memory for a table was asked for under the lock.
  public static let radixAllocateUnderLock = Rule(
    "allocate-under-lock",
    "memory for tables is asked for before their lock is taken",
    oracle: "RadixLocks"
  )
}
