/// One thing that a machine does otherwise than the walker on it asks: a fault of a walker, made without
/// touching its source.
public struct MachineMutation: Sendable, Hashable {
  /// What becomes of an operation.
  public enum Change: Sendable, Hashable {
    /// A store writes nothing.
    case skipStore
    /// A store, or an exchange, writes these bits the other way round.
    case alterStore(UInt64)
    /// A store is relaxed.
    case relaxStore
    /// A load sees these bits the other way round.
    case alterLoad(UInt64)
    /// A load is of the entry whose index has these bits the other way round.
    case alterIndex(UInt64)
    /// Others run before a load.
    case yieldBeforeLoad
    /// A barrier is left out.
    case skipBarrier
    /// A barrier of Arm's is this one instead.
    case replaceBarrier(Barrier)
    /// An invalidation is left out.
    case skipInvalidation
    /// An invalidation reaches this CPU alone.
    case localInvalidation
    /// An invalidation promises this level.
    case hintInvalidation(LookupLevel)
    /// An invalidation has these bits of its address or operand the other way round.
    case alterInvalidation(UInt64)
    /// A count does not rise.
    case skipRetain
    /// A count does not fall.
    case skipRelease
    /// A count falls twice.
    case doubleRelease
    /// A root is not given back.
    case skipFreeRoot
    /// A clean of the data cache is left out.
    case skipClean
    /// A clean of the data cache is one byte short.
    case shortenClean
    /// An invalidation of the instruction cache is left out.
    case skipInstructions
    /// Before the operation, the walker comes to where it warns.
    case warnBeforeStore
  }

  /// What changes.
  public var change: Change
  /// Which operation of the kind, counted from 1; nil for every one.
  public var ordinal: Int?

  /// A mutation of every operation of the kind, or of one.
  public init(_ change: Change, ordinal: Int? = nil) {
    self.change = change
    self.ordinal = ordinal
  }
}

/// A machine that does one thing otherwise than it is told, and otherwise is the machine it wraps.
///
/// Judges are tried with it: each must convict some walker of what it is there to see.
public struct MutatingMachine<Base: ArmMachine & PowerMachine>: ArmMachine, PowerMachine {
  /// The word of the wrapped machine.
  public typealias W = Base.W
  /// The table of the wrapped machine.
  public typealias Table = Base.Table

  /// The machine that does the work.
  public var base: Base
  private let mutation: MachineMutation?
  private var operationCount = 0

  /// A machine with a mutation; with none it is the wrapped one.
  public init(_ base: Base, _ mutation: MachineMutation?) {
    self.base = base
    self.mutation = mutation
  }

  /// The change, if it is one of this operation's and it is this operation's turn.
  private mutating func change(
    where concerns: (MachineMutation.Change) -> Bool
  ) -> MachineMutation.Change? {
    guard let mutation, concerns(mutation.change) else { return nil }
    operationCount += 1
    return mutation.ordinal.map { $0 == operationCount } ?? true ? mutation.change : nil
  }

  /// Reads one entry.
  public mutating func load(_ table: Table, at index: W) -> W {
    let change = change {
      switch $0 {
      case .alterLoad, .alterIndex, .yieldBeforeLoad: true
      default: false
      }
    }
    switch change {
    case .yieldBeforeLoad: base.yield()
    case .alterIndex(let bits): return base.load(table, at: index ^ W(bits))
    case .alterLoad(let bits): return base.load(table, at: index) ^ W(bits)
    default: break
    }
    return base.load(table, at: index)
  }

  private mutating func storeChange() -> MachineMutation.Change? {
    change {
      switch $0 {
      case .skipStore, .alterStore, .relaxStore, .warnBeforeStore: true
      default: false
      }
    }
  }

  /// Writes one entry.
  public mutating func store(_ value: W, to table: Table, at index: W, order: MemoryOrder) {
    switch storeChange() {
    case .skipStore: return
    case .alterStore(let bits):
      base.store(value ^ W(bits), to: table, at: index, order: order)
    case .relaxStore: base.store(value, to: table, at: index, order: .relaxed)
    case .warnBeforeStore:
      base.warn(Site("a mutation"))
      fallthrough
    default: base.store(value, to: table, at: index, order: order)
    }
  }

  /// Exchanges one entry.
  public mutating func compareExchange(
    _ expected: W,
    with value: W,
    in table: Table,
    at index: W
  ) -> W {
    switch storeChange() {
    case .skipStore: return expected
    case .alterStore(let bits):
      return base.compareExchange(expected, with: value ^ W(bits), in: table, at: index)
    default: return base.compareExchange(expected, with: value, in: table, at: index)
    }
  }

  /// Issues one barrier.
  public mutating func barrier(_ barrier: Barrier) {
    let change = change {
      switch $0 {
      case .skipBarrier, .replaceBarrier: true
      default: false
      }
    }
    switch change {
    case .skipBarrier: return
    case .replaceBarrier(let other): base.barrier(other)
    default: base.barrier(barrier)
    }
  }

  /// Issues one barrier.
  public mutating func barrier(_ barrier: PowerBarrier) {
    if change(where: { $0 == .skipBarrier }) == nil { base.barrier(barrier) }
  }

  private mutating func invalidationChange() -> MachineMutation.Change? {
    change {
      switch $0 {
      case .skipInvalidation, .localInvalidation, .hintInvalidation, .alterInvalidation: true
      default: false
      }
    }
  }

  /// Issues one TLB maintenance instruction.
  public mutating func invalidate(_ invalidation: TLBInvalidation<W>) {
    var changed = invalidation
    switch invalidationChange() {
    case .skipInvalidation: return
    case .localInvalidation: changed.isBroadcast = false
    case .hintInvalidation(let level): changed.levelHint = level
    case .alterInvalidation(let bits): changed.address = changed.address ^ W(bits)
    default: break
    }
    base.invalidate(changed)
  }

  /// Issues one `tlbie`.
  public mutating func invalidate(_ invalidation: RadixInvalidation<W>) {
    var changed = invalidation
    switch invalidationChange() {
    case .skipInvalidation: return
    case .alterInvalidation(let bits): changed.operand = changed.operand ^ W(bits)
    default: break
    }
    base.invalidate(changed)
  }

  /// Adds to a page's count.
  public mutating func retain(_ table: Table, by amount: Int) {
    if change(where: { $0 == .skipRetain }) == nil { base.retain(table, by: amount) }
  }

  /// Takes from a page's count.
  public mutating func release(_ table: Table, by amount: Int) {
    switch change(where: { $0 == .skipRelease || $0 == .doubleRelease }) {
    case .skipRelease: return
    case .doubleRelease:
      base.release(table, by: amount)
      base.release(table, by: amount)
    default: base.release(table, by: amount)
    }
  }

  /// Gives a root's pages back.
  public mutating func freeRoot(_ root: Table, pageCount: Int) {
    if change(where: { $0 == .skipFreeRoot }) == nil { base.freeRoot(root, pageCount: pageCount) }
  }

  /// Cleans the data cache.
  public mutating func clean(_ address: W, sizeInBytes: W) {
    switch change(where: { $0 == .skipClean || $0 == .shortenClean }) {
    case .skipClean: return
    case .shortenClean: base.clean(address, sizeInBytes: sizeInBytes &- W(1))
    default: base.clean(address, sizeInBytes: sizeInBytes)
    }
  }

  /// Invalidates the instruction cache.
  public mutating func invalidateInstructions(_ address: W, sizeInBytes: W) {
    if change(where: { $0 == .skipInstructions }) == nil {
      base.invalidateInstructions(address, sizeInBytes: sizeInBytes)
    }
  }

  /// As the wrapped machine.
  public mutating func allocateTable(level: LookupLevel) -> Table? {
    base.allocateTable(level: level)
  }
  /// As the wrapped machine.
  public mutating func allocateRoot(pageCount: Int, level: LookupLevel) -> Table? {
    base.allocateRoot(pageCount: pageCount, level: level)
  }
  /// As the wrapped machine.
  public mutating func holds(_ condition: W.Condition) -> Bool { base.holds(condition) }
  /// As the wrapped machine.
  public mutating func rootPage(_ root: Table, at index: W) -> Table {
    base.rootPage(root, at: index)
  }
  /// As the wrapped machine.
  public mutating func hasRoot(_ root: Table) -> W.Condition { base.hasRoot(root) }
  /// As the wrapped machine.
  public mutating func address(of table: Table) -> W { base.address(of: table) }
  /// As the wrapped machine.
  public mutating func table(at address: W, linkedFrom parent: Table, index: W) -> Table {
    base.table(at: address, linkedFrom: parent, index: index)
  }
  /// As the wrapped machine.
  public mutating func count(of table: Table) -> W { base.count(of: table) }
  /// As the wrapped machine.
  public mutating func yield() { base.yield() }
  /// As the wrapped machine.
  public mutating func warn(_ site: Site) { base.warn(site) }
}
