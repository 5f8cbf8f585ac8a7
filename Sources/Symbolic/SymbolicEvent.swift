public import Machines

/// One thing a walker did on a symbolic machine.
///
/// Entries are named by table and position in it.
public enum SymbolicEvent {
  /// An entry was read.
  case load(SymbolicTable, entry: Int, value: BitVector)
  /// An entry was written over `old`.
  case store(SymbolicTable, entry: Int, old: BitVector, new: BitVector, order: MemoryOrder)
  /// A zeroed page was handed out.
  case allocate(SymbolicTable)
  /// An allocation was refused.
  case refuse(level: LookupLevel)
  /// A page's count rose.
  case retain(SymbolicTable, amount: Int)
  /// A page's count fell, and if to 0, the page was freed.
  case release(SymbolicTable, amount: Int, isFreed: Bool)
  /// A root's pages were freed.
  case freeRoot(SymbolicTable, pageCount: Int)
  /// A TLB maintenance instruction was issued.
  case invalidate(TLBInvalidation<BitVector>)
  /// A `tlbie` was issued.
  case invalidateRadix(RadixInvalidation<BitVector>)
  /// A barrier of Arm's was issued.
  case barrier(Barrier)
  /// A barrier of Power's was issued.
  case powerBarrier(PowerBarrier)
  /// The data cache was cleaned and invalidated.
  case clean(address: BitVector, sizeInBytes: BitVector)
  /// The instruction cache was invalidated.
  case invalidateInstructions(address: BitVector, sizeInBytes: BitVector)
  /// The walker reported a condition it thought impossible.
  case warn(Site)
}

extension SymbolicEvent {
  /// Whether it is that an allocation was refused, which no machine shows as an event of its own.
  public var isRefusal: Bool { if case .refuse = self { true } else { false } }
  /// Whether it is a barrier.
  public var isBarrier: Bool {
    switch self {
    case .barrier, .powerBarrier: true
    default: false
    }
  }
}

/// What hardware may have made of an entry while a walker ran.
public struct HardwareWrite {
  /// An entry, by page and position in it.
  public struct Place: Hashable, Sendable {
    /// The page.
    public let table: SymbolicTable
    /// The entry's position in it.
    public let entry: Int
  }

  /// The entry.
  public let place: Place
  /// What it was.
  public let old: BitVector
  /// What it is after.
  public let value: BitVector
  /// How many events of the walker's came before.
  public let eventCount: Int
}

/// Something that must be true on the current path.
public struct Obligation {
  /// What a walker owes its machine, whatever it does.
  public enum Kind: Sendable, CaseIterable {
    /// It uses no page that was freed.
    case usesLivePages
    /// It stays inside the pages it uses.
    case staysInside
    /// It follows links that are there, to tables.
    case followsLinks
    /// It takes no more from a count than is there.
    case countSuffices
    /// It comes to an end.
    case ends
    /// It uses nothing that it knew of tables before it let others run.
    case usesNothingStale
    /// It does nothing but what is permitted, where that is said.
    case doesOnlyPermitted
  }

  /// What is owed.
  public let kind: Kind
  /// What it says, as the end of a sentence that begins with 'the walker'.
  public let claim: String
  /// The claim.
  public let formula: Formula

  /// An obligation.
  public init(_ kind: Kind, _ claim: String, _ formula: Formula) {
    self.kind = kind
    self.claim = claim
    self.formula = formula
  }
}
