public import Machines

/// A machine whose words are Z3 terms and whose memory is an arbitrary tree of tables.
///
/// One machine serves one path of an `PathExplorer`. Two entries of a page are the same entry or they
/// are not: where the path so far does not say, it forks, so memory is exact on every path. A page
/// met for the first time holds arbitrary well-formed entries; pages handed out are zero and
/// different from all others. What no walker may do (use a freed page, index outside one, follow
/// an address that links nowhere) is an obligation, and where it certainly happens, the path is
/// cut there: `isCut`.
public final class SymbolicMachine: ArmMachine, PowerMachine {
  /// Words are terms.
  public typealias W = BitVector
  /// Tables are positions in `tables`.
  public typealias Table = SymbolicTable

  /// Who follows the paths.
  public let explorer: PathExplorer
  /// What is known of the tables.
  public let shape: TableTreeShape
  /// Whether allocations may be refused; if so, each one forks.
  public let refusesAllocations: Bool
  /// Every page met on this path.
  public internal(set) var tables: [SymbolicPage] = []
  /// What happened on this path, in order.
  public internal(set) var trace: [SymbolicEvent] = []
  /// What the machine was whenever the walker let others run, in order: each knows the tables and the
  /// trace of the part of the path since the time before.
  public internal(set) var parts: [SymbolicMachine] = []
  /// What must be true on this path for the walker to be safe at all.
  public internal(set) var obligations: [Obligation] = []
  /// Whether the walker did something after which nothing it does has a meaning.
  public internal(set) var isCut = false
  /// Which events may happen, nil for any: the path is cut at the first that may not.
  public var permits: ((SymbolicEvent) -> Bool)?
  /// How many more steps the walker may take before it counts as running for ever.
  public var stepAllowance: Int
  /// How many allocations were asked for.
  var allocationCount = 0
  /// What hardware may make of an entry of a level, once each: just before it is written, or before it
  /// is read again.
  ///
  /// Nil for hardware that leaves entries alone.
  public var hardware: ((_ value: BitVector, _ level: LookupLevel) -> BitVector)?
  /// What the hardware may have done on this path, in order.
  public private(set) var hardwareWrites: [HardwareWrite] = []
  /// How many chances to write it the hardware had, of each entry that was met.
  private var chances: [HardwareWrite.Place: UInt64] = [:]

  /// A machine for one path.
  public init(
    explorer: PathExplorer,
    shape: TableTreeShape,
    refusesAllocations: Bool = true,
    stepAllowance: Int = 10_000
  ) {
    self.explorer = explorer
    self.shape = shape
    self.refusesAllocations = refusesAllocations
    self.stepAllowance = stepAllowance
  }

  /// The root of the tree that is there from the start; ask once a path.
  public func initialRoot() -> SymbolicTable {
    add(SymbolicPage(level: shape.startLevel, origin: .root(isFresh: false), parent: nil))
  }

  /// Takes note of a page.
  func add(_ page: SymbolicPage) -> SymbolicTable {
    tables.append(page)
    return SymbolicTable(number: tables.count - 1)
  }

  /// Notes what must be true.
  func oblige(_ kind: Obligation.Kind, _ claim: String, _ formula: Formula) {
    guard !isCut, formula.constant != true else { return }
    obligations.append(Obligation(kind, claim, formula))
    if formula.constant == false { isCut = true }
  }

  /// Takes note of what happened.
  func note(_ event: SymbolicEvent) {
    trace.append(event)
    guard let permits, !permits(event) else { return }
    oblige(.doesOnlyPermitted, "does nothing but what it may", Formula(false))
  }

  /// Takes a step; false when the path is cut.
  func step() -> Bool {
    stepAllowance -= 1
    if stepAllowance < 0 { oblige(.ends, "comes to an end", Formula(false)) }
    return !isCut
  }

  /// Decides a condition: the path forks where both are possible.
  public func holds(_ condition: Formula) -> Bool {
    if let constant = condition.constant, !isCut, step() { return constant }
    return step() ? explorer.decide(condition) : explorer.toss()
  }

  /// Reads one entry.
  public func load(_ table: SymbolicTable, at index: BitVector) -> BitVector {
    guard step(), let (table, entry) = entry(of: table, at: index) else { return BitVector(0) }
    letHardwareWrite(table, entry)
    return see(table, entry)
  }

  private func see(_ table: SymbolicTable, _ entry: Int) -> BitVector {
    let value = tables[table.number].entries[entry].current
    note(.load(table, entry: entry, value: value))
    return value
  }

  /// Writes one entry.
  public func store(
    _ value: BitVector,
    to table: SymbolicTable,
    at index: BitVector,
    order: MemoryOrder
  ) {
    guard step(), let (table, entry) = entry(of: table, at: index) else { return }
    letHardwareWrite(table, entry)
    put(value, table, entry, order)
  }

  private func put(
    _ value: BitVector,
    _ table: SymbolicTable,
    _ entry: Int,
    _ order: MemoryOrder
  ) {
    let old = tables[table.number].entries[entry].current
    tables[table.number].entries[entry].current = value
    note(.store(table, entry: entry, old: old, new: value, order: order))
  }

  /// Compares and exchanges one entry; the path forks where both are possible.
  public func compareExchange(
    _ expected: BitVector,
    with value: BitVector,
    in table: SymbolicTable,
    at index: BitVector
  ) -> BitVector {
    guard step(), let (page, entry) = entry(of: table, at: index) else { return BitVector(0) }
    _ = see(page, entry)
    letHardwareWrite(page, entry)
    let found = tables[page.number].entries[entry].current
    if holds(found .== expected), !isCut { put(value, page, entry, .release) }
    return found
  }

  /// The hardware has a chance to write an entry, and takes one of those that it has.
  ///
  /// What it did before the first look at the entry is part of what the entry held from the start.
  private func letHardwareWrite(_ table: SymbolicTable, _ entry: Int) {
    guard let hardware else { return }
    let place = HardwareWrite.Place(table: table, entry: entry)
    guard let chance = chances[place] else {
      chances[place] = 0
      return
    }
    let old = tables[table.number].entries[entry].current
    let new = hardware(old, tables[table.number].level)
    if BitVector.isIdentical(old, new) { return }
    chances[place] = chance + 1
    let turn = explorer.context.variable("turn \(table.number) \(entry)")
    let value = BitVector.select(turn .== BitVector(chance), new, old)
    tables[table.number].entries[entry].current = value
    hardwareWrites.append(
      HardwareWrite(place: place, old: old, value: value, eventCount: trace.count)
    )
  }

  /// Records the invalidation.
  public func invalidate(_ invalidation: TLBInvalidation<BitVector>) {
    record(.invalidate(invalidation))
  }
  /// Records the invalidation.
  public func invalidate(_ invalidation: RadixInvalidation<BitVector>) {
    record(.invalidateRadix(invalidation))
  }
  /// Records the barrier.
  public func barrier(_ barrier: Barrier) { record(.barrier(barrier)) }
  /// Records the barrier.
  public func barrier(_ barrier: PowerBarrier) { record(.powerBarrier(barrier)) }
  /// Records the clean.
  public func clean(_ address: BitVector, sizeInBytes: BitVector) {
    record(.clean(address: address, sizeInBytes: sizeInBytes))
  }
  /// Records the invalidation.
  public func invalidateInstructions(_ address: BitVector, sizeInBytes: BitVector) {
    record(.invalidateInstructions(address: address, sizeInBytes: sizeInBytes))
  }
  /// Records the warning.
  public func warn(_ site: Site) { record(.warn(site)) }

  private func record(_ event: SymbolicEvent) {
    if step() { note(event) }
  }
}
