/// A named word of a record.
///
/// Declare it as a computed property that may be inlined, so that naming a field costs nothing:
///
///     enum Counter {
///       @inlinable static var lock: Field { Field(0, "lock", .spinLock) }
///       @inlinable static var count: Field { Field(1, "count") }
///       static let layout = Layout("counter", [lock, count])
///     }
public struct Field: Sendable {
  /// Which word of the record it is, counted from 0.
  public let index: UInt8
  /// What the word is.
  public let kind: FieldKind
  /// The name, for reports.
  public let name: StaticString

  /// The word at `index`, called `name`.
  @inlinable @inline(__always)
  public init(_ index: UInt8, _ name: StaticString, _ kind: FieldKind = .word) {
    self.index = index
    self.name = name
    self.kind = kind
  }
}

extension Field: Hashable {
  /// Two fields are the same if they are the same word of a record, and of one kind.
  @inlinable
  public static func == (a: Field, b: Field) -> Bool { a.index == b.index && a.kind == b.kind }
  /// Takes in the word's place.
  public func hash(into hasher: inout Hasher) { hasher.combine(index) }
}

/// What a word of a record is.
public enum FieldKind: UInt8, Sendable, Hashable {
  /// A flag, a number, a pointer, a link of a list, a sequence count.
  case word
  /// `spinlock_t`.
  case spinLock
  /// `rwlock_t`.
  case readWriteLock
  /// `struct mutex`.
  case mutex
  /// `wait_queue_head_t`: threads that sleep until somebody wakes them.
  case waitQueue
  /// `struct completion`: how often something was completed that nobody waited for yet.
  case completion
  /// `struct srcu_struct`.
  case srcu
  /// A word that not only threads read: hardware may at any moment, whatever word a thread is at.
  case descriptor
}

/// What a record is called.
public struct RecordName: Sendable, Equatable, CustomStringConvertible {
  /// The name.
  public let text: StaticString

  /// A name.
  @inlinable
  public init(_ text: StaticString) { self.text = text }

  /// Two names are the same if they read the same.
  public static func == (a: RecordName, b: RecordName) -> Bool { a.description == b.description }
  /// The name.
  public var description: String { "\(text)" }
}

/// A record's fields, in order, each eight bytes.
public struct Layout: Sendable {
  /// The record's name, for reports.
  public let name: RecordName
  /// The fields; the one at index i has index i.
  public let fields: [Field]
  /// How many fields there are.
  public let wordCount: Int

  /// The record called `name`, of at most 256 fields.
  public init(_ name: StaticString, _ fields: [Field]) {
    for (index, field) in fields.enumerated() {
      precondition(Int(field.index) == index, "\(name).\(field.name) is not number \(index)")
    }
    precondition(!fields.isEmpty, "\(name) has no field")
    self.name = RecordName(name)
    self.fields = fields
    wordCount = fields.count
  }
}
