public import Architecture
public import Machines

/// Every oracle at once, listening to one walker's events and knowing nothing of the walker.
///
/// Attach it to a `TracingMachine`, put each call between `beginCall(_:)` and `endCall()`, and read
/// `violations`. `reset()` it together with the machine to use both again. One value for each machine:
/// copies share their notes.
///
/// Complexity: an event costs the same whatever the size of the tables; what is done for an entry
/// that is detached, or for a range, was paid for when it was written.
public struct Judges: EventListener, Sendable {
  /// The regime by which descriptors are read.
  public let regime: TranslationRegime
  /// The memory that the tables are in.
  @usableFromInline let memory: PhysicalMemoryView
  @usableFromInline let shadows: PageShadows
  @usableFromInline let pages: UnsafeMutablePagePointer
  @usableFromInline var findings = Findings()
  @usableFromInline var progress = Progress()
  var cache: TranslationCache
  var lifetime = TableLifetime()
  var counts: ReferenceCounts
  var barriers = BarrierDiscipline()
  var locks = LockDiscipline()
  var maintenance: CacheMaintenance
  var contract = CallContract.coherent
  var callBeganAt = 0
  var touchedEntries: ContiguousArray<TouchedEntry> = []
  /// How often an entry of one kind became one of another, since `init`.
  public internal(set) var transitions = TransitionMatrix()

  /// Judges of the tables of `regime` in `memory`; `countsPages` where the subject keeps a count for
  /// each table page.
  public init(regime: TranslationRegime, memory: PhysicalMemory, countsPages: Bool = true) {
    self.regime = regime
    self.memory = PhysicalMemoryView(memory)
    shadows = PageShadows(capacity: memory.capacity, entryCount: regime.entryCount)
    pages = UnsafeMutablePagePointer(shadows.pages)
    cache = TranslationCache(regime: regime, pageCount: memory.capacity)
    counts = ReferenceCounts(isEnabled: countsPages)
    maintenance = CacheMaintenance(regime: regime)
  }

  /// The rules that are judged.
  public static let rules =
    BreakBeforeMake.rules + TLBCoherence.rules + LevelHints.rules + Features.rules
    + BarrierDiscipline.rules
    + TableLifetime.rules + LockDiscipline.rules + ReferenceCounts.rules + CacheMaintenance.rules
    + Progress.rules + Warnings.rules + [.auditMismatch]

  /// The rules that are judged, but for those that no contract of a system's calls brings to bear.
  public static func rules(without others: Set<Rule>) -> [Rule] {
    rules.filter { !others.contains($0) }
  }

  /// The first violations since the last reset, in order.
  public var violations: [Violation] { findings.violations }
  /// How many violations there were since the last reset.
  public var violationCount: Int { findings.count }
  /// Fingerprints of violations that are known and accepted: they are counted, and are none.
  public var acceptedFingerprints: Set<String> {
    get { findings.accepted }
    set { findings.accepted = newValue }
  }
  /// Says in which call and function of the walker something was done, for fingerprints; nil for
  /// nobody.
  public var context: (any FingerprintContext)? {
    get { findings.context }
    set { findings.context = newValue }
  }
  /// How often each accepted violation was seen since the last call of this.
  public mutating func takeAcceptedCounts() -> [String: UInt64] { findings.takeAcceptedCounts() }
  /// Whether stores are not reported, and each call's tables are taken over by `adopt(_:)`.
  public var adoptsTables = false
  /// How many events there were since the last reset.
  public var eventCount: Int { findings.now }
  /// How many invalidations the caller owes.
  public var debtCount: Int { cache.debtCount }

  /// Forgets everything but the transitions.
  ///
  /// Complexity: linear in the pages that were used.
  public mutating func reset() {
    clearTouched()
    for page in 0..<lifetime.usedPageCount { pages[page] = PageShadow() }
    lifetime = TableLifetime()
    counts.imbalancedCount = 0
    cache.reset()
    cache.retired.removeAll(keepingCapacity: true)
    cache.releasedTables.removeAll(keepingCapacity: true)
    barriers = BarrierDiscipline()
    locks = LockDiscipline()
    maintenance.beginCall()
    findings.reset()
    progress.steps = 0
    contract = .coherent
    callBeganAt = 0
  }

  /// A call begins, of which `contract` says what it owes.
  public mutating func beginCall(_ contract: CallContract) {
    self.contract = contract
    callBeganAt = findings.now
    findings.isReturning = false
    clearTouched()
    progress.steps = 0
    barriers.beginCall()
    maintenance.beginCall(contract)
  }

  /// The call has returned: what it owed must be there.
  public mutating func endCall() {
    findings.isReturning = true
    progress.judgeReturn(limit: contract.stepLimit, &findings)
    if contract.isDestroy {
      settle()
      lifetime.judgeDestroy(pages, memory, &findings)
      // A table that is left behind is counted, too.
      if lifetime.liveCount == 0 { counts.judgeDestroy(pages, lifetime, memory, &findings) }
    } else {
      if TLBCoherence.judgeReturn(cache, &findings) { settle() }
      if !adoptsTables {
        barriers.judgeReturn(contract, cache, callBeganAt: callBeganAt, regime, &findings)
      }
      lifetime.judgeReturn(contract, pages, memory, &findings)
      counts.judgeReturn(pages, lifetime, memory, &findings)
    }
    locks.judgeReturn(&findings)
    maintenance.judgeReturn(contract, &findings)
    contract = .coherent
  }

  /// The caller pays every debt: the VMID's (or EL2's) translations are invalidated, with barriers.
  public mutating func settle() {
    cache.removeAll()
    drainCache()
    cache.retired.removeAll(keepingCapacity: true)
  }
}
