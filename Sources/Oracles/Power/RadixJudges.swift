import Architecture
public import Machines

/// The judges of what is done to a partition-scoped radix tree.
///
/// They see events alone, and know of the tables what the stores made of them.
public struct RadixJudges {
  /// A page of memory, as far as it matters here.
  struct Page {
    var station = PageStation.unused
    /// What it translates, where an entry leads to it.
    var span: Span?
  }

  /// What a table that is linked translates.
  struct Span {
    /// The first guest real address.
    var base: UInt64
    /// The base-2 logarithm of what an entry translates, in bytes.
    var shift: UInt64
    /// How many entries there are.
    var count: UInt64
  }

  /// A leaf that the hardware finds.
  public struct Leaf: Sendable, Hashable {
    /// The first guest real address.
    public let base: UInt64
    /// The base-2 logarithm of its page in bytes.
    public let shift: UInt64
    /// The doubleword.
    public var entry: UInt64
  }

  /// The memory that tables are in.
  public let memory: PhysicalMemory
  /// Whether the CPU is a POWER9 DD1.
  public var isDD1: Bool
  var pages: [Page] = []
  /// The partition whose tables they are.
  private(set) var partition: UInt64
  /// What may be cached that is no more.
  var cache: RadixCache
  /// Every leaf that the hardware finds, by its place.
  public internal(set) var leaves: [UInt64: Leaf] = [:]
  /// The places whose leaves were written since they were last taken, in order.
  var changedPlaces: [UInt64] = []
  /// What leaves with a set change bit translated since they were last taken.
  var changedSpans: [Leaf] = []
  /// The leaves that the current call made invalid.
  var broken: [UInt64: UInt64] = [:]
  /// The leaves that the current call wrote, by their place, as they were before.
  public internal(set) var touched: [UInt64: Leaf] = [:]
  /// The places of the leaves that the hardware changed during the current call, with the bits it set.
  public internal(set) var hardwareBits: [UInt64: UInt64] = [:]
  /// The pages that the current call was given as tables, and those that it took out.
  var adrift: [Int] = []
  /// The places of the leaves that said that they were written, and when they last did, by base and size.
  var changePlaces: [UInt64: (place: UInt64, time: Int)] = [:]
  /// Whether the current call handles a fault.
  var isFault = false
  /// Whether the current call has to take the tables' lock before it changes them.
  var demandsLock = false
  /// Whether the tables' lock is taken.
  var isLocked = false
  /// The first entry that was changed since the lock was taken.
  var changedUnderLock: Place?
  /// What was found, the first few.
  var findings = Findings(limit: 4)
  /// How entries changed.
  public internal(set) var transitions = TransitionMatrix()

  /// Judges of the tables of a partition.
  public init(memory: PhysicalMemory, partition: UInt64, isDD1: Bool) {
    self.memory = memory
    self.isDD1 = isDD1
    self.partition = partition
    cache = RadixCache(partition: partition)
  }

  /// The rules that are judged.
  public static let rules =
    RadixBreak.rules + RadixCoherence.rules + RadixBarriers.rules + RadixLocks.rules
    + RadixEntries.rules + RadixLifetime.rules + [.unexpectedWarning, .runaway]

  /// What was found, in order.
  public var violations: [Violation] { findings.violations }
  /// Fingerprints of violations that are known and accepted: they are counted, and are none.
  public var acceptedFingerprints: Set<String> {
    get { findings.accepted }
    set { findings.accepted = newValue }
  }
  /// How often each accepted violation was seen since the last call of this.
  public mutating func takeAcceptedCounts() -> [String: UInt64] { findings.takeAcceptedCounts() }
  /// How many events there were.
  public var eventCount: Int { findings.now }

  /// Says where the root is, by the first doubleword of a partition-table entry.
  public mutating func setRoot(_ entry: UInt64) {
    let count = UInt64(1) << RadixField.rootSize.value(in: entry)
    let base = entry & RadixField.rootBase.mask
    let shift = 52 - RadixField.rootSize.value(in: entry)
    for first in stride(from: 0, to: count, by: 512) {
      guard let page = number(of: base + first * 8) else { return }
      pages[page].span = Span(base: first << shift, shift: shift, count: min(count - first, 512))
    }
  }

  /// Starts a call.
  public mutating func beginCall(isFault: Bool = false, demandsLock: Bool = false) {
    self.isFault = isFault
    self.demandsLock = demandsLock
    broken.removeAll(keepingCapacity: true)
    if !touched.isEmpty { touched.removeAll(keepingCapacity: true) }
    if !hardwareBits.isEmpty { hardwareBits.removeAll(keepingCapacity: true) }
    adrift.removeAll(keepingCapacity: true)
  }

  /// Says that what was made invalid so far was so for a reason outside the call.
  public mutating func excuseBreaks() { broken.removeAll(keepingCapacity: true) }

  /// Judges what a call leaves behind when it returns: in caches, in entries that map nothing any more,
  /// and of the tables it was given.
  public mutating func endCall() {
    judgeCached()
    judgeCleared()
    judgeAdrift()
  }

  /// Forgets everything, and judges the tables of another partition from now on.
  public mutating func reset(partition: UInt64, isDD1: Bool) {
    reset()
    self.partition = partition
    cache = RadixCache(partition: partition)
    self.isDD1 = isDD1
  }

  /// Forgets everything.
  public mutating func reset() {
    pages.removeAll(keepingCapacity: true)
    cache.reset()
    leaves.removeAll(keepingCapacity: true)
    changedPlaces.removeAll(keepingCapacity: true)
    changedSpans.removeAll(keepingCapacity: true)
    changePlaces.removeAll(keepingCapacity: true)
    findings.reset()
    transitions = TransitionMatrix()
    isLocked = false
    changedUnderLock = nil
    beginCall()
  }

  /// The leaves that were written since this was last asked, and are there still.
  public mutating func takeChangedLeaves() -> [Leaf] {
    defer { changedPlaces.removeAll(keepingCapacity: true) }
    return changedPlaces.compactMap { leaves[$0] }
  }

  /// What leaves with a set change bit translated since this was last asked.
  public mutating func takeChangedSpans() -> [Leaf] {
    defer { changedSpans.removeAll(keepingCapacity: true) }
    return changedSpans
  }

  /// The place of the leaf that last said that a byte was written, whether it is there still; nil for
  /// none.
  public func changePlace(of address: UInt64) -> UInt64? {
    let found = [UInt64](arrayLiteral: 12, 16, 21, 30).compactMap { shift in
      changePlaces[(address >> shift) << shift | shift]
    }
    return found.max { $0.time < $1.time }?.place
  }

  /// Takes note of a leaf that says that it was written.
  mutating func noteChange(_ leaf: Leaf, at place: UInt64) {
    changedSpans.append(leaf)
    changePlaces[leaf.base | leaf.shift] = (place, findings.now)
  }

  /// Takes note that the hardware set bits of a leaf.
  mutating func noteHardware(_ old: UInt64, _ new: UInt64, at place: UInt64) {
    guard var leaf = leaves[place] else { return }
    leaf.entry = new
    leaves[place] = leaf
    hardwareBits[place, default: 0] |= new & ~old
    if RadixField.change.value(in: new & ~old) == 1 { noteChange(leaf, at: place) }
  }

  mutating func add(
    _ rule: Rule,
    _ message: @autoclosure () -> String,
    detail: @autoclosure () -> String = "",
    at place: Place? = nil
  ) {
    findings.add(rule, message(), at: place, detail: detail())
  }

  /// The number of a page that was handed out once; nil for others.
  func number(of address: UInt64) -> Int? {
    guard let page = memory.page(of: address), page < pages.count else { return nil }
    return page
  }

  /// Whether two leaves lead to the same place, in the same way.
  static func sameTranslation(_ a: UInt64, _ b: UInt64) -> Bool {
    (a ^ b) & (RadixField.realPage.mask | RadixField.attributes.mask) == 0
  }
}

extension Place {
  /// Where an entry was that may still be cached.
  init(_ entry: RadixCache.Entry) {
    self.init(entryAddress: entry.place, inputAddress: entry.base)
  }
}

/// A size by its logarithm, as people write it.
func sizeText(_ shift: UInt64) -> String {
  switch shift {
  case ..<20: "\(1 << (shift - 10))K"
  case ..<30: "\(1 << (shift - 20))M"
  default: "\(1 << (shift - 30))G"
  }
}
