public import Machines

/// What a symbolic machine must be told about the tables it holds.
///
/// They are a tree of pages of words, in which some words link to a page one level down. Nothing
/// else needs to be known of them.
public struct TableTreeShape: Sendable {
  /// The base-2 logarithm of the number of entries in a table page.
  public var indexBits: UInt64
  /// The base-2 logarithm of the size of a table page in bytes.
  public var pageShift: UInt64
  /// The level of the root; each link leads to the next higher number.
  public var startLevel: LookupLevel
  /// The last level, whose entries link nowhere.
  public var lastLevel: LookupLevel
  /// The address of the first page that is handed out; each later one follows it.
  public var freshBase: UInt64
  /// Whether a page's count is 1 and its entries in use; it is 1 otherwise.
  public var countsEntries = true
  /// Which address an entry would link to.
  public var linkedAddress: @Sendable (_ value: BitVector) -> BitVector
  /// Whether an entry of a level links to a page.
  public var isLink: @Sendable (_ value: BitVector, _ level: LookupLevel) -> Formula
  /// What is assumed of every entry that is there from the start.
  public var isWellFormed: @Sendable (_ value: BitVector, _ level: LookupLevel) -> Formula

  /// The shape of a tree.
  public init(
    indexBits: UInt64,
    pageShift: UInt64,
    startLevel: LookupLevel,
    lastLevel: LookupLevel,
    freshBase: UInt64,
    linkedAddress: @escaping @Sendable (_ value: BitVector) -> BitVector,
    isLink: @escaping @Sendable (_ value: BitVector, _ level: LookupLevel) -> Formula,
    isWellFormed: @escaping @Sendable (_ value: BitVector, _ level: LookupLevel) -> Formula
  ) {
    self.indexBits = indexBits
    self.pageShift = pageShift
    self.startLevel = startLevel
    self.lastLevel = lastLevel
    self.freshBase = freshBase
    self.linkedAddress = linkedAddress
    self.isLink = isLink
    self.isWellFormed = isWellFormed
  }
}

/// A handle on a table page of a symbolic machine: its position in `SymbolicMachine.tables`.
public struct SymbolicTable: Hashable, Sendable {
  /// The position.
  public let number: Int

  /// The page at this position.
  public init(number: Int) { self.number = number }
}

/// An entry of a table page that was read or written on the current path.
public struct SymbolicEntry {
  /// Its index in the page; on this path different from that of every other entry of the page.
  public let index: BitVector
  /// Its number among all entries of its level, counted from the root's first; nil in fresh pages.
  public let key: BitVector?
  /// What it held before the walker ran; 0 in fresh pages.
  public let initial: BitVector
  /// What it holds.
  public internal(set) var current: BitVector
  /// The page that `initial` links to, once it was followed.
  public internal(set) var initialChild: SymbolicTable?

  /// Whether nothing different was ever written to it.
  public var isUntouched: Bool { BitVector.isIdentical(initial, current) }
}

/// A table page that was met on the current path.
public struct SymbolicPage {
  /// Where a page comes from.
  public enum Origin {
    /// It was there from the start; the prefix numbers the pages of its level from 0.
    case initial(prefix: BitVector)
    /// It was allocated on this path, zeroed.
    case fresh(address: UInt64)
    /// A handle on several consecutive root pages, of this origin.
    case root(isFresh: Bool)
    /// The walker knew it before it let others run; whether it is still there is not known.
    case forgotten
  }

  /// The level of its entries.
  public let level: LookupLevel
  /// Where it comes from.
  public internal(set) var origin: Origin
  /// The entry it was reached through, if it was there from the start and is not a root.
  public let parent: (table: SymbolicTable, entry: Int)?
  /// The entries that were read or written, in the order of their first use.
  public internal(set) var entries: [SymbolicEntry] = []
  /// The pages of a root that were used, with their indices.
  public internal(set) var rootPages: [(index: BitVector, table: SymbolicTable)] = []
  /// What was added to its count and not taken from it.
  public internal(set) var countChange = 0
  /// Its count at the start, once it mattered.
  public internal(set) var initialCount: BitVector?
  /// Whether its count fell to 0.
  public internal(set) var isFreed = false

  /// Whether it was allocated on this path.
  public var isFresh: Bool {
    switch origin {
    case .initial, .forgotten: false
    case .fresh: true
    case .root(let isFresh): isFresh
    }
  }

  /// How many of the entries seen were not 0 at the start.
  public var initialNonzeroCount: BitVector {
    entries.reduce(BitVector(0)) { sum, entry in
      sum &+ BitVector.select(entry.initial .== BitVector(0), BitVector(0), BitVector(1))
    }
  }

  /// How many of the entries seen are not 0.
  public var currentNonzeroCount: BitVector {
    entries.reduce(BitVector(0)) { sum, entry in
      sum &+ BitVector.select(entry.current .== BitVector(0), BitVector(0), BitVector(1))
    }
  }
}
