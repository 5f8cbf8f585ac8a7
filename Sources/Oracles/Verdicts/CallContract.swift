/// What the API says of one call, so far as the events can show whether it is kept.
public struct CallContract: Sendable {
  /// The call may leave stale permissions and access flags; its caller invalidates them.
  public var mayOweInvalidation: Bool
  /// The call orders its last store of a valid descriptor by `dsb ishst` before it returns.
  public var endsWithStoreBarrier: Bool
  /// The call cleans the data cache of what it unmapped, where there is no effective FWB.
  public var cleansUnmapped: Bool
  /// What was written to memory before the call is visible to whoever sees the call map it.
  public var publishesMemory = false
  /// The call's own CPU walks the tables, and is synchronised with what the call did to them.
  public var synchronisesContext = false
  /// The physical ranges that a flush has to clean, exactly; nil for calls that are no flush.
  public var flushedRanges: [Range<UInt64>]?
  /// The call maps again, in smaller leaves, what was mapped before, and so maintains no cache.
  public var remapsOnly = false
  /// Other walks may run beside the call: what it takes out of the tree is to be freed later.
  public var sharesTables = false
  /// The call may let others run.
  public var permitsYield = false
  /// The call frees every table that was given away to be freed later.
  public var freesDeferred = false
  /// How many loads and stores the call may take.
  public var stepLimit: Int
  /// The arguments are such that the walker may warn.
  public var permitsWarnings: Bool
  /// The call ends the life of every table; no translation is used any more.
  public var isDestroy: Bool

  /// A contract that owes nothing and allows nothing, unless told otherwise.
  public init(
    mayOweInvalidation: Bool = false,
    endsWithStoreBarrier: Bool = false,
    cleansUnmapped: Bool = false,
    flushedRanges: [Range<UInt64>]? = nil,
    stepLimit: Int = .max,
    permitsWarnings: Bool = false,
    isDestroy: Bool = false
  ) {
    self.mayOweInvalidation = mayOweInvalidation
    self.endsWithStoreBarrier = endsWithStoreBarrier
    self.cleansUnmapped = cleansUnmapped
    self.flushedRanges = flushedRanges
    self.stepLimit = stepLimit
    self.permitsWarnings = permitsWarnings
    self.isDestroy = isDestroy
  }

  /// A call that reads, or changes and is coherent when it returns: set_owner.
  public static let coherent = CallContract()
  /// A call that maps.
  public static let map = CallContract(endsWithStoreBarrier: true)
  /// A call that makes a mapping usable that was there, and is coherent: relax_perms, mkyoung.
  public static let visible = CallContract(endsWithStoreBarrier: true)
  /// A call that maps memory whose contents its caller has just written.
  public static let publishing: CallContract = {
    var contract = CallContract.map
    contract.publishesMemory = true
    return contract
  }()
  /// A call that unmaps; `cleans` where its API cleans what it unmapped.
  public static func unmap(cleans: Bool) -> CallContract { CallContract(cleansUnmapped: cleans) }
  /// A call that splits blocks into smaller leaves of the same memory.
  public static let split: CallContract = {
    var contract = CallContract.map
    contract.remapsOnly = true
    return contract
  }()
  /// A call whose caller invalidates: wrprotect, mkold.
  public static let owing = CallContract(mayOweInvalidation: true)
  /// The call that frees the tables that were given away to be freed later.
  public static let quiesce: CallContract = {
    var contract = CallContract.coherent
    contract.freesDeferred = true
    return contract
  }()
  /// The call that frees everything.
  public static let destroy = CallContract(isDestroy: true)
}
