import Machines

/// A table, as a record: its count, and then its descriptors, which hardware reads at any moment.
enum TablePageRecord {
  /// How many entries there are.
  static let entryCount = 2
  /// The page's count.
  static var count: Field { Field(0, "count") }

  /// A descriptor.
  static func entry(_ index: UInt64) -> Field {
    index == 0 ? Field(1, "0", .descriptor) : Field(2, "1", .descriptor)
  }

  static let layout = Layout("table", [count, entry(0), entry(1)])
}

/// What is the guest's as a whole.
enum GuestRecord {
  /// The lock of its tables, which faults share.
  static var lock: Field { Field(0, "lock", .readWriteLock) }

  static let layout = Layout("guest", [lock])
}
