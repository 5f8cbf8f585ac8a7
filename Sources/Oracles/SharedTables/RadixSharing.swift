import Architecture
public import Machines

/// Judges partition-scoped tables that several threads walk and change: what the TLBs of any CPU may hold of
/// pages that the host gave up, what becomes of reference and change bits, and when tables are freed.
///
/// A thread is a CPU, and the hardware of one where it is in a call `touch`. Records are known by their
/// names: a `table` has its entries alone; of `guest` the first words are the lock, the dirty log, and what
/// a harvest hands out; words of `host` that hardware reads are the host's own entries, whose lowest bit
/// says that there is a page. A page is known by its real address in units of 1 MiB.
///
/// Does not establish: anything about schedules that were not run, or about tables of other sizes.
public struct RadixSharing: RecordListener, Sendable {
  /// A table that was handed out.
  struct Table: Sendable {
    var entries: [UInt64]
    /// Where it hangs, or hung last: its level, and its first frame.
    var level = RadixLevel.last
    var firstFrame: UInt64 = 0
    /// Whether a walk from the root comes to it.
    var isLinked = false
  }

  /// What a thread is in.
  struct Call: Sendable {
    var name = ""
    var began = 0
    /// The frames whose change bits it has cleared, or taken from the log, and neither logged nor handed
    /// out; a bit each.
    var carried: UInt64 = 0
    /// The leaves that it made invalid, by their places.
    var broken: [UInt64: UInt64] = [:]
  }

  /// The level of the root.
  static let rootLevel = RadixLevel.root
  /// How many frames tables of two entries and four levels translate.
  public static let frameCount: UInt64 = 16

  /// The frames whose writes are logged, a bit each.
  public var loggedFrames: UInt64 = 0
  var tables: [UInt64: Table] = [:]
  var root: UInt64 = 0
  private var guest: UInt64 = 0
  /// What fields of other records hold, by their addresses.
  private var words: [UInt64: UInt64] = [:]
  var cache = SharedRadixCache(partition: 1)
  var findings = Findings()
  var calls = [Call](repeating: Call(), count: 16)
  /// Who holds the lock of the tables.
  var holder: Int?
  /// The pages that the host has given up.
  var givenUp: Set<UInt64> = []
  /// When each frame's change bit was last set, and when it last came to the log; 0 for not there.
  var changedAt = [Int](repeating: 0, count: 64)
  var loggedAt = [Int](repeating: 0, count: 64)

  /// Judges that have seen nothing.
  public init() { findings.tellsOnce = true }

  /// Forgets everything.
  public mutating func reset() {
    tables.removeAll(keepingCapacity: true)
    words.removeAll(keepingCapacity: true)
    (root, guest) = (0, 0)
    cache.reset()
    findings.reset()
    for thread in calls.indices { calls[thread] = Call() }
    holder = nil
    givenUp.removeAll(keepingCapacity: true)
    for frame in changedAt.indices { (changedAt[frame], loggedAt[frame]) = (0, 0) }
  }

  /// The first violations since the last reset, in order.
  public var violations: [Violation] { findings.violations }
  /// How many violations there were since the last reset.
  public var violationCount: Int { findings.count }

  /// The real address by which entries name the table in a record.
  public static func address(ofRecord record: UInt64) -> UInt64 { record << 12 }

  /// Judges one event.
  public mutating func observe(_ event: RecordEvent, by thread: Int) {
    findings.now &+= 1
    switch event {
    case .read(let place, _, _, _), .mismatch(let place, _, _):
      if place.field.kind == .descriptor { cache.observe(place.address, by: thread) }
    case .write(let place, let old, let new, _, _), .update(let place, let old, let new, _, _, _):
      if place.field.kind == .descriptor {
        cache.observe(place.address, by: thread)
        if tables[place.record] != nil { return change(place, old, new, thread) }
        changeHost(old, new, thread)
      } else if place.record == guest {
        changeLog(place.field.index, old, new, thread)
      }
      words[place.address] = new
    case .acquire(let place, _, _): if isLock(place) { holder = thread }
    case .release(let place, _): if isLock(place) { holder = nil }
    case .allocate(let record, let wordCount, let name, _):
      allocate(record, wordCount, "\(name)")
    case .free(let record), .reclaim(let record): judgeFree(record)
    case .invalidateRadix(let invalidation): cache.invalidate(invalidation, by: thread)
    case .powerBarrier(let barrier): cache.barrier(barrier, by: thread)
    case .call(let site): calls[thread] = Call(name: "\(site)", began: findings.now)
    case .returned: judgeReturn(thread)
    default: break
    }
  }

  private func isLock(_ place: FieldPlace) -> Bool {
    place.record == guest && place.field.index == 0
  }

  /// What a field of `guest` or of `host` holds.
  public func value(_ field: Field, of record: UInt64) -> UInt64 {
    words[FieldPlace(field, of: record).address] ?? 0
  }

  private mutating func allocate(_ record: UInt64, _ wordCount: Int, _ name: String) {
    if name == "guest" { guest = record }
    guard name == "table" else { return }
    tables[record] = Table(entries: Array(repeating: 0, count: wordCount))
    // What is made before anything else is the root.
    if root == 0 {
      root = record
      tables[record]?.level = RadixSharing.rootLevel
      tables[record]?.isLinked = true
    }
  }

  /// Where an entry of a table is.
  func entry(_ record: UInt64, _ index: Int, _ table: Table) -> Entry {
    Entry(
      place: record + UInt64(index) << 3,
      level: table.level,
      firstFrame: table.firstFrame + UInt64(index) << table.level.levelsBeneath
    )
  }

  /// An entry, and what it translates.
  struct Entry {
    /// The address of its eight bytes.
    var place: UInt64
    var level: RadixLevel
    var firstFrame: UInt64

    /// The frames, a bit each.
    var frames: UInt64 { (1 << (UInt64(1) << level.levelsBeneath) &- 1) << firstFrame }
  }

  mutating func add(_ rule: Rule, _ message: String, _ entry: Entry?, _ cause: String = "") {
    let place = entry.map { Place(entryAddress: $0.place, inputAddress: $0.firstFrame << 12) }
    findings.add(rule, message, at: place, detail: cause)
  }
}
