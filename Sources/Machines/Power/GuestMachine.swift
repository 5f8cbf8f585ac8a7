/// What a software walk of a guest's own tables runs on: memory of the guest that can be read, and
/// decisions.
///
/// A guest's tables are whatever the guest made of them, so nothing is known of them here, not even
/// that they are tables.
public protocol GuestMachine {
  /// The word that the walk computes with.
  associatedtype W: Word

  /// Decides a condition; the only way from a `Condition` to a Swift `Bool`.
  mutating func holds(_ condition: W.Condition) -> Bool
  /// Reads the big-endian doubleword at a guest real address, which is a multiple of 8.
  /// - Returns: its value; nil where the guest has no memory.
  mutating func read(_ address: W) -> W?
}

/// What of a guest's CPU decides how its addresses are translated.
///
/// Reference: Power ISA 3.0B, Book III, "Radix Tree Translation" and "Storage Protection".
public struct RadixRegisters<W: Word>: Sendable {
  /// The second doubleword of the partition-table entry, by which a guest says where its process
  /// table is and how large.
  public var processTable: W
  /// The process identifier, PIDR: 32 bits.
  public var pid: W
  /// The authority mask register.
  public var amr: W
  /// The instruction authority mask register.
  public var iamr: W
  /// The guest is in problem state, MSR[PR].
  public var isProblemState: Bool

  /// A guest in privileged state whose keys deny nothing.
  public init(
    processTable: W,
    pid: W,
    amr: W = W(0),
    iamr: W = W(0),
    isProblemState: Bool = false
  ) {
    self.processTable = processTable
    self.pid = pid
    self.amr = amr
    self.iamr = iamr
    self.isProblemState = isProblemState
  }
}

/// What a software walk of a guest's tables gives.
public struct RadixTranslation<W: Word>: Sendable {
  /// The guest real address.
  public var realAddress: W
  /// The base-2 logarithm of the page size in bytes: 12, 16, 21 or 30.
  public var pageShift: UInt64
  /// Loads are permitted.
  public var canRead: Bool
  /// Stores are permitted.
  public var canWrite: Bool
  /// Instructions may be fetched.
  public var canExecute: Bool

  /// The translation to this address.
  @inlinable
  public init(
    realAddress: W,
    pageShift: UInt64,
    canRead: Bool,
    canWrite: Bool,
    canExecute: Bool
  ) {
    self.realAddress = realAddress
    self.pageShift = pageShift
    self.canRead = canRead
    self.canWrite = canWrite
    self.canExecute = canExecute
  }
}

extension RadixTranslation: Equatable where W: Equatable {}
extension RadixTranslation: Hashable where W: Hashable {}
extension RadixRegisters: Equatable where W: Equatable {}
extension RadixRegisters: Hashable where W: Hashable {}
