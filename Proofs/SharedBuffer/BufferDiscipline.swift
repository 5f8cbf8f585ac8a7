import Machines
import Symbolic
import Walkers

/// What the threads of shared buffers owe each other, for one buffer of any number, and what is kept in mind
/// of one path: which references, mappings and records the thread has.
final class BufferDiscipline: RecordDiscipline {
  typealias Records = BufferProofRecord

  let operation: BufferScenario.Operation
  /// Whether fences are kept in a table.
  let hasTable: Bool
  let context: SolverContext
  /// The usage up to which fences are asked for, or with which one is added.
  let usage: FenceUsage
  /// How the fence is used that is watched, which the reservation had in the beginning.
  let watchedUsage: BitVector

  /// How many references the thread has, by record; of a callback, whether it has taken it.
  var own: [UInt64: Int]
  /// Records whose last reference was the thread's.
  var gone: Set<UInt64> = []
  /// What it freed.
  var freed: Set<UInt64> = []
  /// Whether there is room for a fence that the thread made before.
  var hasRoom = false
  /// What it made, and what of that is left.
  var made: [UInt64: Layout] = [:]
  var left: [UInt64] = []
  /// By how much the count changes that is about to be written.
  var delta = 0
  var sectionDepth = 0
  /// What exporters mapped, and keep where it is, for which attachments.
  var mappings = Ledger()
  var pins = Ledger()
  /// What the exporter mapped for the kernel, and whether that is the caller's to undo.
  var kernelMappings = Ledger()
  var kernelPointer: BitVector?
  /// The list that was looked at last.
  var lookedAt: UInt64?
  /// How often fences had been added when the thread asked last.
  var sequenceRead: BitVector?
  /// How many of a list's fences there were, and the references that the thread had, when its rounds began.
  var roundCount: BitVector?
  var ownAtHead: [UInt64: Int]?
  /// Which places of a list the thread has passed.
  var passed: Set<Int> = []
  /// A mapping of the caller's own: others keep none that is the same.
  var ownMapping: BitVector?
  /// What the attachment kept in the beginning.
  var kept: BitVector?
  /// How often exporters mapped, and whether they undid anything.
  var mapCount = 0
  var hasUndone = false
  /// The reasons that there are for the call to fail.
  var reasons: [Formula] = []
  /// Whether the reservation was looked at since the exporter mapped last.
  var hasLooked = false
  /// How many attachments and accesses exporters were told of that have not ended.
  var attachedCount = 0
  var accessCount = 0
  /// The attachment, and the buffer, that the thread knows to be on its list; nil for none.
  var listedAttachment: UInt64?
  var listedBuffer: UInt64?
  /// The attachment that a call made, or was given.
  var attachment = Records.attachment
  /// What held when the reservation's lock was taken first and given back last.
  var taken: RecordState?
  var released: RecordState?
  /// Whether a callback of the buffer's was taken, or was found taken, to read and to write.
  var isCallbackTaken = [false, false]
  /// How many callbacks the thread added to fences.
  var handedCount = 0
  /// Whether the buffer can be found that the call made.
  var isPublished = false
  /// The accesses that the exporter was asked for, and how often it was to map an area, or told that its
  /// buffer is gone.
  var askedAccess: [(isEnd: Bool, direction: BufferDirection)] = []
  var areaCount = 0
  var releaseCount = 0
  /// Whether a round was over, and another is to begin.
  var hasBegunAgain = false
  /// Whether the thread put another list in the place of one.
  var hasReplaced = false
  /// The references that the thread had when it looked at the fences first.
  var ownAtLook: [UInt64: Int]?
  private var freshCount = 0
  private var coin: UInt64 = 0
  private(set) lazy var invariants = makeInvariants()
  private(set) lazy var steps = makeSteps()

  init(
    _ operation: BufferScenario.Operation,
    hasTable: Bool,
    usage: FenceUsage,
    _ context: SolverContext
  ) {
    self.operation = operation
    self.hasTable = hasTable
    self.usage = usage
    self.context = context
    watchedUsage = context.variable("usage") & BitVector(3)
    own = [Records.file: 1, Records.ownFence: 1]
    switch operation {
    case .attach, .export: break
    default: listedAttachment = Records.attachment
    }
    if operation != .export { listedBuffer = Records.buffer }
  }

  /// Mostly true.
  func toss() -> Bool {
    coin = coin &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return coin >> 62 != 0
  }

  /// The records that the call may come to, or that are spoken of.
  private var records: Set<UInt64> {
    var records: Set = [
      Records.buffer, Records.file, Records.entry, Records.reservation, Records.globals,
    ]
    if operation.hasFences { records.formUnion(fences + lists) }
    if operation.hasAttachment { records.formUnion([Records.attachment, Records.otherAttachment]) }
    let callbacks = [Records.readCallback, Records.writeCallback]
    switch operation {
    case .export: records.insert(Records.otherBuffer)
    case .put: records.formUnion(callbacks + [Records.otherBuffer, Records.name])
    case .mapArea, .mapOwnArea: records.formUnion([Records.area, Records.otherFile])
    case .poll: records.formUnion(callbacks + [Records.otherCallback])
    default: break
    }
    return records
  }

  /// A word that nothing is known about.
  func fresh(_ name: String) -> BitVector {
    freshCount += 1
    return context.variable("\(name) \(freshCount)")
  }

  /// A choice of what surrounds the call.
  func choice(_ name: String) -> Formula {
    freshCount += 1
    return context.proposition("\(name) \(freshCount)")
  }

  /// The fences there are.
  private(set) lazy var fences =
    lined + (operation.hasRounds ? [Records.otherFence] : [])
  /// Those of them that may be on the line of the one that is watched.
  private(set) lazy var lined =
    Array(Records.fences.prefix(operation.hasRounds ? 2 : operation.fenceBound))
    + (operation == .add ? [Records.ownFence] : [])
  /// The lists that are there from the start.
  private(set) lazy var lists = Array(Records.lists.prefix(operation.listCount))
  private(set) lazy var places = Records.places.filter { records.contains($0.record) }

  /// Where the records lie, in order.
  private(set) lazy var addresses = records.sorted()

  private(set) lazy var masks = makeMasks()

  var constants: [FieldPlace: UInt64] {
    typealias Buffer = BufferRecord
    var constants: [FieldPlace: UInt64] = [:]
    func set(_ record: UInt64, _ fields: [(Field, UInt64)]) {
      for (field, value) in fields { constants[FieldPlace(field, of: record)] = value }
    }
    set(
      Records.buffer,
      [
        (Buffer.file, Records.file), (Buffer.reservation, Records.reservation),
        (Buffer.readCallback, Records.readCallback),
        (Buffer.writeCallback, Records.writeCallback),
      ]
    )
    set(
      Records.file,
      [
        (FileRecord.kind, FileKind.buffer), (FileRecord.data, Records.buffer),
        (FileRecord.entry, Records.entry),
      ]
    )
    set(Records.entry, [(EntryRecord.data, Records.buffer)])
    set(
      Records.otherFile,
      [(FileRecord.kind, FileKind.sync), (FileRecord.data, 0), (FileRecord.entry, 0)]
    )
    set(Records.area, [(AreaRecord.file, Records.otherFile)])
    for (record, kind) in [
      (Records.readCallback, CallbackKind.pollRead),
      (Records.writeCallback, CallbackKind.pollWrite),
    ] {
      set(record, [(CallbackRecord.kind, kind), (CallbackRecord.target, Records.buffer)])
    }
    // Places are counted from the one at which the search for the line begins, which is 0 for the line 0.
    if operation == .add { set(Records.ownFence, [(FenceRecord.context, 0)]) }
    set(Records.otherCallback, [(CallbackRecord.next, 0)])
    for record in [Records.attachment, Records.otherAttachment] {
      set(record, [(AttachmentRecord.buffer, Records.buffer)])
    }
    for record in Records.lists {
      // Where room is made there may be none left.
      let isShort = operation == .reserve && !hasTable
      let capacity = isShort ? operation.fenceBound : Records.slotCount
      set(record, [(FenceListRecord.capacity, UInt64(capacity))])
      if hasTable {
        set(record, [(FenceListRecord.count, UInt64(operation.slotCount))])
      }
    }
    for record in Records.allFences { set(record, [(FenceRecord.kind, 0)]) }
    return constants
  }

  // MARK: Who may change a field

  func protection(of place: FieldPlace, in state: RecordState) -> FieldProtection {
    let record = place.record
    switch record {
    case Records.buffer: return protection(ofBuffer: place)
    case Records.otherBuffer: return .all(.bufferListLock)
    case Records.attachment, Records.otherAttachment: return protection(ofAttachment: place)
    case Records.globals:
      return .all(
        place.field == BufferGlobals.first
          ? .bufferListLock
          : FieldPlace(
            place.field == BufferGlobals.later
              ? BufferGlobals.laterLock : BufferGlobals.descriptorLock,
            of: record
          )
      )
    case Records.file, Records.otherFile:
      switch place.field {
      case FileRecord.count: return gone.contains(record) ? .caller : .nobody
      case FileRecord.laterCount, FileRecord.nextLater:
        return .all(FieldPlace(BufferGlobals.laterLock, of: Records.globals))
      default: return .constant
      }
    case Records.entry:
      if gone.contains(record) { return .caller }
      return place.field == EntryRecord.count ? .nobody : .constant
    case Records.reservation: return protection(ofReservation: place)
    case Records.lists[0], Records.lists[1]:
      // All places of a table are looked at, from the first moment on.
      let isFixed =
        place.field == FenceListRecord.capacity || hasTable && place.field == FenceListRecord.count
      return isFixed ? .constant : .all(.reservationLock)
    case Records.area: return .caller
    case Records.name: return .constant
    default: return protection(ofOther: place)
    }
  }

  private func protection(ofBuffer place: FieldPlace) -> FieldProtection {
    if gone.contains(Records.entry) { return .caller }
    func lock(_ field: Field) -> FieldProtection { .all(FieldPlace(field, of: place.record)) }
    switch place.field {
    case BufferRecord.attachments, BufferRecord.kernelCount, BufferRecord.kernelPointer:
      return .all(.reservationLock)
    case BufferRecord.name: return lock(BufferRecord.nameLock)
    case BufferRecord.next, BufferRecord.previous: return .all(.bufferListLock)
    case BufferRecord.readActive, BufferRecord.writeActive: return lock(BufferRecord.pollLock)
    default: return .constant
    }
  }

  private func protection(ofAttachment place: FieldPlace) -> FieldProtection {
    switch place.field {
    case AttachmentRecord.next, AttachmentRecord.table, AttachmentRecord.direction:
      return .all(.reservationLock)
    default: return .constant
    }
  }

  private func protection(ofReservation place: FieldPlace) -> FieldProtection {
    switch place.field {
    case ReservationRecord.fences, ReservationRecord.sequence, ReservationRecord.room:
      return .all(.reservationLock)
    default: return .nobody
    }
  }

  /// Of fences, callbacks, and what was made on the path and can be found.
  private func protection(ofOther place: FieldPlace) -> FieldProtection {
    let record = place.record
    if let layout = made[record] {
      if layout.name == AttachmentRecord.layout.name {
        // Who attaches has it alone until the call returns, but for its link.
        return place.field == AttachmentRecord.next ? .all(.reservationLock) : .caller
      }
      if layout.name == FenceListRecord.layout(4).name { return .all(.reservationLock) }
      // A buffer that is exported is found on the list, and has nothing else that others change.
      return .caller
    }
    if gone.contains(record) { return .caller }
    // No other callback is at the same fence after one of others.
    if record == Records.otherCallback { return .caller }
    guard Records.allFences.contains(record) else {
      // A callback's link and fence are changed by who took it, and by who runs it.
      return place.field == CallbackRecord.next || place.field == CallbackRecord.fence
        ? .nobody : .constant
    }
    switch place.field {
    case FenceRecord.count, FenceRecord.flags, FenceRecord.error, FenceRecord.nextWork:
      return .nobody
    case FenceRecord.callbacks: return .all(FieldPlace(FenceRecord.lock, of: record))
    default: return .constant
    }
  }
}
