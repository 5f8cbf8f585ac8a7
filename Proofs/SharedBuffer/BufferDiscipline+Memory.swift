import Machines
import Symbolic
import Walkers

extension BufferDiscipline {
  /// Whether a record is there for as long as the thread has what it has.
  func isAlive(_ record: UInt64, _ machine: SymbolicRecordMachine) -> Bool {
    func has(_ record: UInt64) -> Bool {
      own[record, default: 0] > 0 || gone.contains(record) && !freed.contains(record)
    }
    let isBuffers = has(Records.file) || has(Records.entry)
    switch record {
    case Records.fences[0], Records.fences[1], Records.ownFence, Records.otherFence:
      return has(record) || machine.holdsLock(.reservationLock) || sectionDepth > 0
    case Records.lists[0], Records.lists[1]:
      return machine.holdsLock(.reservationLock) || sectionDepth > 0
    case Records.otherAttachment: return machine.holdsLock(.reservationLock)
    case Records.otherBuffer: return machine.holdsLock(.bufferListLock)
    case Records.buffer, Records.reservation, Records.readCallback, Records.writeCallback,
      Records.entry:
      return isBuffers
    case Records.file, Records.otherFile: return has(record)
    case Records.name:
      let lock = FieldPlace(BufferRecord.nameLock, of: Records.buffer)
      return machine.holdsLock(lock) || gone.contains(Records.entry)
    case Records.otherCallback:
      return machine.held.contains { Records.allFences.contains($0.lock.record) }
    default: return true
    }
  }

  /// Whether a record that was there from the start is the thread's to free.
  func isFreed(_ record: UInt64) -> Bool {
    switch record {
    case Records.buffer, Records.reservation, Records.readCallback, Records.writeCallback:
      gone.contains(Records.entry)
    // A name whose place another took.
    case Records.name: true
    case Records.attachment: listedAttachment == nil
    // A list whose place another took.
    case Records.lists[0], Records.lists[1]: hasReplaced || gone.contains(Records.entry)
    default: gone.contains(record)
    }
  }

  /// The field that counts references to a record; nil for none.
  func countField(of record: UInt64) -> Field? {
    switch record {
    case Records.file, Records.otherFile: FileRecord.count
    case Records.entry: EntryRecord.count
    case Records.fences[0], Records.fences[1], Records.ownFence, Records.otherFence:
      FenceRecord.count
    default:
      switch made[record]?.name {
      case FileRecord.layout.name: FileRecord.count
      case EntryRecord.layout.name: EntryRecord.count
      case FenceRecord.layout.name: FenceRecord.count
      default: nil
      }
    }
  }

  /// The thread gave the last reference back: what the record has is the thread's.
  func lastIsGone(_ record: UInt64, _ machine: SymbolicRecordMachine) {
    gone.insert(record)
    if record == Records.entry {
      // Who attaches, has it mapped or polls it has a reference.
      let unused = [
        BufferRecord.kernelCount, BufferRecord.readActive, BufferRecord.writeActive,
        BufferRecord.attachments,
      ].map { machine.state[$0, Records.buffer] .== BitVector(0) }
      machine.explorer.assume(.all(unused), later: true)
    }
    guard countField(of: record) == FileRecord.count else { return }
    let isFile = record == Records.file || made[record]?.name == FileRecord.layout.name
    guard isFile, let entry = machine.state[FileRecord.entry, record].constant, entry != 0 else {
      return
    }
    own[entry, default: 0] += 1
  }

  /// Which of some records an address is; the path forks where it may be several.
  private func find(
    _ address: BitVector,
    among records: [UInt64],
    _ machine: SymbolicRecordMachine
  ) -> UInt64? {
    if let constant = address.constant { return records.contains(constant) ? constant : nil }
    return records.first { machine.holds(address .== BitVector($0)) }
  }

  /// A list takes over a reference, or gives one to the thread.
  private func moves(_ slot: BitVector, by change: Int, _ machine: SymbolicRecordMachine) {
    if machine.holds(slot .== BitVector(0)) { return }
    guard let fence = find(slot & ~BitVector(3), among: fences, machine) else { return }
    own[fence, default: 0] += change
  }

  // MARK: RecordDiscipline

  func wrote(_ place: FieldPlace, over old: BitVector, _ machine: SymbolicRecordMachine) {
    let (record, new) = (place.record, machine.state[place])
    if place.field == countField(of: record) {
      own[record, default: 0] += delta
      delta = 0
      return
    }
    switch record {
    case Records.area where place.field == AreaRecord.file:
      for (file, change) in [(old, 1), (new, -1)] {
        if let file = file.constant { own[file, default: 0] += change }
      }
    case Records.file where place.field == FileRecord.laterCount: own[record, default: 0] -= 1
    case Records.readCallback, Records.writeCallback:
      if place.field == CallbackRecord.fence { hands(to: record, new, machine) }
    case Records.buffer where place.field == BufferRecord.readActive:
      own[Records.readCallback, default: 0] += new.constant == 0 ? -1 : 1
    case Records.buffer where place.field == BufferRecord.writeActive:
      own[Records.writeCallback, default: 0] += new.constant == 0 ? -1 : 1
    case Records.buffer where place.field == BufferRecord.kernelCount: kernelPointer = nil
    case Records.buffer where place.field == BufferRecord.attachments,
      Records.attachment where place.field == AttachmentRecord.next,
      Records.otherAttachment where place.field == AttachmentRecord.next:
      wroteLink(new)
    case Records.globals where place.field == BufferGlobals.first: wroteFirst(new, machine)
    case Records.otherBuffer where place.field == BufferRecord.next: listedBuffer = nil
    case Records.reservation where place.field == ReservationRecord.room: hasRoom = false
    case Records.reservation where place.field == ReservationRecord.fences:
      hasReplaced = true
      guard let list = find(old, among: Records.lists, machine) else { return }
      for index in 0..<operation.slotCount {
        moves(machine.state[FenceListRecord.slot(index), list], by: 1, machine)
      }
    default: wroteOther(place, over: old, machine)
    }
  }

  private func wroteOther(
    _ place: FieldPlace,
    over old: BitVector,
    _ machine: SymbolicRecordMachine
  ) {
    let (record, new) = (place.record, machine.state[place])
    let isList =
      Records.lists.contains(record) || made[record]?.name == FenceListRecord.layout(4).name
    if isList, place.field == FenceListRecord.count { hasRoom = false }
    if isList, place.field.index >= FenceListRecord.slot(0).index {
      moves(new, by: -1, machine)
      // What is behind the last of a list is nobody's.
      let index = BitVector(UInt64(place.field.index - FenceListRecord.slot(0).index))
      if hasTable || machine.holds(index .< machine.state[FenceListRecord.count, record]) {
        moves(old, by: 1, machine)
      }
    }
    if made[record]?.name == FileRecord.layout.name, place.field == FileRecord.entry,
      let entry = new.constant
    {
      own[entry, default: 0] -= 1
    }
  }

  /// A callback that was added has the references that were taken for it, and is its fence's.
  private func hands(
    to callback: UInt64,
    _ fence: BitVector,
    _ machine: SymbolicRecordMachine
  ) {
    guard let fence = find(fence, among: fences, machine) else { return }
    own[fence, default: 0] -= 1
    own[Records.file, default: 0] -= 1
    own[callback, default: 0] -= 1
    isCallbackTaken[callback == Records.writeCallback ? 1 : 0] = true
    handedCount += 1
  }

  /// A link of the list of attachments: the thread's comes to it, or goes.
  private func wroteLink(_ new: BitVector) {
    switch operation {
    case .attach where new.constant == attachment && attachment != Records.attachment:
      listedAttachment = attachment
    default: listedAttachment = nil
    }
  }

  private func wroteFirst(_ new: BitVector, _ machine: SymbolicRecordMachine) {
    if let made = new.constant.flatMap({ self.made[$0] == nil ? nil : $0 }) {
      listedBuffer = made
      isPublished = true
    } else {
      listedBuffer = nil
    }
  }

  func acquired(_ lock: FieldPlace, _ machine: SymbolicRecordMachine) {
    guard lock == .reservationLock, taken == nil else { return }
    taken = machine.state
    if operation.isKernels {
      let state = machine.state
      kernelMappings.add(
        BitVector(Records.buffer),
        state[BufferRecord.kernelPointer, Records.buffer],
        where: state.isSet(BufferRecord.kernelCount, Records.buffer)
      )
    }
    guard operation.hasAttachment, operation != .attach else { return }
    // What is kept is mapped, and its buffer where it is.
    let attachment = BitVector(Records.attachment)
    let table = machine.state[AttachmentRecord.table, Records.attachment]
    let isKept = table .!= BitVector(0)
    let isOther =
      operation == .unmap ? isKept .& (ownMapping.map { table .!= $0 } ?? Formula(true)) : isKept
    mappings.add(attachment, table, where: isOther)
    let isPinned =
      needsKept(Records.attachment, machine.state)
      .& can(ExporterOperations.pin, machine.state)
    pins.add(attachment, attachment, where: isKept .& isPinned)
  }

  func finds(in place: FieldPlace) -> BitVector? { nil }

  func releases(_ lock: FieldPlace, _ machine: SymbolicRecordMachine) {
    if lock == .reservationLock { released = machine.state }
  }

  func beginsAgain(_ machine: SymbolicRecordMachine) { hasBegunAgain = true }
}
