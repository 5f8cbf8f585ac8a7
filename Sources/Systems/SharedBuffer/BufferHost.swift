import Machines
import Reference
import Walkers

/// The hardware's own records: its queue of work, and the memory of all buffers.
enum DeviceRecord {
  /// Protects what devices have to do.
  static var lock: Field { Field(0, "device_lock", .spinLock) }
  /// Where devices wait for something to do.
  static var queue: Field { Field(1, "device", .waitQueue) }
  /// How much there was to do so far.
  static var doorbell: Field { Field(2, "doorbell") }
  /// A buffer's memory: two places for each, system memory and video memory.
  static func memory(_ buffer: Int, _ place: Int) -> Field {
    Field(UInt8(3 + 2 * buffer + place), "page")
  }

  static let layout = Layout(
    "device",
    [lock, queue, doorbell]
      + (0..<BufferPlan.bufferCount).flatMap { [memory($0, 0), memory($0, 1)] }
  )
}

/// A mapping for a device, as its exporter made it.
enum TableRecord {
  /// Which buffer's.
  static var buffer: Field { Field(0, "buffer") }
  /// Where that was.
  static var place: Field { Field(1, "dma_address") }

  static let layout = Layout("sgt", [buffer, place])
}

/// What a device has done for a fence, as it leaves it before it signals that: who waited for it finds it.
enum WorkRecord {
  /// Whether it is done.
  static var isDone: Field { Field(0, "work") }

  static let layout = Layout("work", [isDone])
}

/// Something that a device has to do.
struct DeviceJob {
  /// What.
  enum Work {
    /// It accesses a buffer by a mapping.
    case access(buffer: Int, table: UInt64, isWrite: Bool)
    /// It moves a buffer's data.
    case move(buffer: Int, to: Int)
    /// It accesses what it was not told: both buffers.
    case nothing
  }

  let number: Int
  let work: Work
  let fence: UInt64
  /// What it has to wait for, each with a reference; 0 for nothing.
  let dependencies: [UInt64]
  let claims: [FenceClaim]
  let line: Int
}

/// What a thread has of a buffer.
struct BufferHandles {
  /// Whether it has a reference to the buffer's file.
  var holdsFile = false
  var attachment: UInt64 = 0
  var isDynamic = false
  var table: UInt64 = 0
  var direction = BufferDirection.both
  var pinCount = 0
  /// A directory entry that it keeps, or 0.
  var entry: UInt64 = 0
  /// Where the kernel has it mapped, for each time that the thread mapped it.
  var kernelPointers: [UInt64] = []
  /// The fences of the last work there of its device's two engines, the second of which writes; each with a
  /// reference, or 0.
  var lastFences: [UInt64] = [0, 0]
  /// Whether it added a fence by which it says that it may be evicted.
  var hasEviction = false
}

/// Who attaches a device.
struct Importer {
  let name: UInt64
  let isDynamic: Bool
}

/// What is asked of an area of user space.
struct BufferArea {
  let offset: UInt64
  /// The buffer's record.
  let buffer: UInt64
  /// Whether it is of the buffer's own file, and so has that already.
  let isOwn: Bool
}

/// A thread's timeline: a chain of fences, each at its number.
struct BufferTimeline {
  /// The last link, with a reference, or 0.
  var last: UInt64 = 0
  /// The last link's number.
  var number: UInt64 = 0
  /// The points since their numbers last did not grow, the first of them with all that came before it, and what
  /// each is signalled after.
  var points: [(number: UInt64, leaves: [UInt64])] = []
  /// How many links there are.
  var count = 0

  /// What is signalled before a point is that was asked for; nil where there is none of that number yet.
  ///
  /// Points before the one that is found first count, too. That of number 0 is the last.
  func leaves(upTo asked: UInt64) -> [UInt64]? {
    guard asked <= number else { return nil }
    let end = asked == 0 ? nil : points.firstIndex { asked <= $0.number }
    return points[...(end ?? points.count - 1)].flatMap(\.leaves)
  }

  /// A link is put at its end.
  mutating func append(_ link: UInt64, number own: UInt64, _ leaves: [UInt64]) {
    if own <= number {
      // It has the last number, on a line of its own.
      points = [(number, points.flatMap(\.leaves) + leaves)]
    } else {
      points.append((own, leaves))
      number = own
    }
    last = link
    count += 1
  }
}

/// What is known of a descriptor that threads may guess.
enum DescriptorGuess {
  /// Nobody is known to have it.
  case open
  /// Somebody has or had it for sure.
  case owned
  /// A guess is closing it.
  case closing
  /// A guess has closed it: nobody has it for sure any more.
  case closed
}

/// What the threads of a case share that is no record: the model, the drivers, and where things are.
struct BufferHost {
  var model = SharedBufferModel(bufferCount: BufferPlan.bufferCount)
  var plan = BufferPlan()
  /// What the threads do that run.
  var operations: [BufferOperation] = []
  /// What each call returned, as far as it did.
  var results: [Errno?] = []
  /// Where the records are.
  var globals: UInt64 = 0
  var device: UInt64 = 0
  var buffers: [UInt64] = []
  var descriptors: [Int?] = []
  /// The reservations that are exporters' own, by buffer; 0 for none.
  var ownReservations: [UInt64] = []
  /// Whether the slot of a buffer is taken, or about to be.
  var isTaken: [Bool] = []
  /// Where exporters map their buffers from here on.
  var places: [Int] = []
  /// By thread, and buffer.
  var handles: [[BufferHandles]] = []
  /// Attachments whose mapping is stale, since an exporter said that it moves.
  var stale: Set<UInt64> = []
  /// Descriptors of sync files.
  var syncFiles: [Int] = []
  /// What guesses have to know of each descriptor, whether a buffer's or a sync file's.
  var guesses = Array(repeating: DescriptorGuess.open, count: BufferGlobals.descriptorCount)
  /// The sync file that was pending when it was asked last.
  var pendingFile: Int?
  /// Whether devices run beside, so that what is pending comes to its end.
  var hasDevices = false
  /// Areas of user space that are being mapped, and what is asked of each.
  var areas: [UInt64: BufferArea] = [:]
  /// The threads that are attaching or detaching a device.
  var attaching: Set<Int> = []
  /// By thread that is attaching a device, what it says of it.
  var importers: [Int: Importer] = [:]
  /// By thread, the direction of the access or the mapping that it asked for last.
  var directions = Array(repeating: BufferDirection.both, count: 16)
  /// The threads for whose waits all devices stall, and what ends those.
  var stalled: [Int: BufferOperation.Patience] = [:]
  /// By thread, how often the host refused a step without which a call cannot do what it has to.
  var refusedSteps = Array(repeating: 0, count: 16)
  /// By reservation, the stamps of the acquire contexts that ask for it, or have it.
  var contexts: [UInt64: Set<UInt64>] = [:]
  /// Every table that was given out.
  var tables: Set<UInt64> = []
  /// Fences that a sync file waits for, by descriptor.
  var syncFences: [Int: [UInt64]] = [:]
  /// The sync files that were made of timelines.
  var timelineFiles: Set<Int> = []
  /// By thread.
  var timelines = Array(repeating: BufferTimeline(), count: 4)
  /// By callback, the fence that it was added to.
  var callbackFences: [UInt64: UInt64] = [:]
  /// Whether one thread runs, and devices beside it.
  var isAlone = false
  /// Callbacks that were added and have not been freed.
  var callbacks: [UInt64] = []
  var jobs: [DeviceJob] = []
  /// By fence, where its device leaves what it has done.
  var works: [UInt64: UInt64] = [:]
  /// The lines whose first job a device is at.
  var busyLines: Set<Int> = []
  var lastNumbers: [UInt64] = []
  var jobCount = 0
  /// How many engines did one thing, and no more.
  var engineCount = 0
  /// How many acquire contexts there were.
  var contextCount: UInt64 = 0
  /// How many threads have not come to their end.
  var runningCount = 0
  /// Who holds which reservation.
  var holders: [UInt64: Int] = [:]
  /// Which labels were reached.
  var labels = [UInt64](repeating: 0, count: BufferLabel.allCases.count)

  mutating func begin(_ plan: BufferPlan) {
    let labels = labels
    self = BufferHost()
    self.labels = labels
    self.plan = plan
    model.isMemoryWeak = plan.isWeak
    let count = BufferPlan.bufferCount
    buffers = Array(repeating: 0, count: count)
    descriptors = Array(repeating: nil, count: count)
    ownReservations = Array(repeating: 0, count: count)
    isTaken = Array(repeating: false, count: count)
    places = Array(repeating: 0, count: count)
    let none = Array(repeating: BufferHandles(), count: count)
    handles = Array(repeating: none, count: 4)
    lastNumbers = Array(repeating: 0, count: Self.lineCount)
  }

  mutating func reach(_ label: BufferLabel) { labels[Int(label.rawValue)] += 1 }

  /// How many lines of fences there are: two engines for each thread, and one for evictions.
  static let lineCount = 12
  /// The line of the fences by which a thread's device says that a buffer may be evicted.
  static func evictionLine(of thread: Int) -> Int { 8 + thread }

  /// What exporters know buffers by.
  static func name(_ buffer: Int) -> UInt64 { 0xb0 + UInt64(buffer) }
  /// The buffer that an exporter knows by a name; nil for none.
  static func buffer(_ name: UInt64) -> Int? {
    let index = name &- 0xb0
    return index < UInt64(BufferPlan.bufferCount) ? Int(index) : nil
  }
  /// Where the kernel has a buffer mapped that is at a place.
  static func pointer(_ buffer: Int, _ place: Int) -> UInt64 {
    0xffff_c900_0000_0000 + UInt64(2 * buffer + place) << 20
  }
  /// The place that is mapped there.
  static func place(at pointer: UInt64) -> Int { Int(pointer >> 20 & 1) }
}

/// What cases may come to.
enum BufferLabel: UInt8, CaseIterable {
  case deviceRead = 0
  case deviceWrite
  case processorAccess
  case keptMapping
  case pinnedForStatic
  case moved
  case movedBehindFences
  case notified
  case moveRefused
  case sleptInPoll
  case readyPoll
  case pendingPoll
  case backedOff
  case containerExported
  case containerImported
  case releasedLater
  case interrupted
  case replacedLine
  case toldError
  case peerRefused
  case pointFound
  case pointPassed
  case pointAbsent
  case endedStall

  /// As it is told.
  var text: String {
    switch self {
    case .deviceRead: "a device reads"
    case .deviceWrite: "a device writes"
    case .processorAccess: "a processor accesses"
    case .keptMapping: "a mapping is given out again"
    case .pinnedForStatic: "a buffer is pinned for a static importer"
    case .moved: "a buffer moves at once"
    case .movedBehindFences: "a buffer moves behind its fences"
    case .notified: "an importer is told of a move"
    case .moveRefused: "a pinned buffer does not move"
    case .sleptInPoll: "a poll sleeps"
    case .readyPoll: "a poll finds a buffer ready"
    case .pendingPoll: "a poll finds fences pending"
    case .backedOff: "an acquire context backs off"
    case .containerExported: "a sync file holds several fences"
    case .containerImported: "a sync file of several fences is imported"
    case .releasedLater: "a buffer goes with what a callback held"
    case .interrupted: "a wait is interrupted"
    case .replacedLine: "a fence takes the place of a line's"
    case .toldError: "a sync file tells of an error"
    case .peerRefused: "a mapping is refused to who does not reach it"
    case .pointFound: "a point of a timeline is found pending"
    case .pointPassed: "all up to a point are signalled"
    case .pointAbsent: "a point is asked for that is not there yet"
    case .endedStall: "a wait for a device that stalls ends"
    }
  }
}
