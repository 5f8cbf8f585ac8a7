import Machines
import Walkers

/// Where the records of a proof about shared buffers lie; those that pointers lead to come first.
enum BufferProofRecord {
  /// Two fences: each slot has one of them, or nothing.
  static let fences: [UInt64] = [0xffff_c000_0000_1000, 0xffff_c000_0000_2000]
  /// A fence of the caller's.
  static let ownFence: UInt64 = 0xffff_c000_0000_3000
  /// The fences of the reservation in the beginning, and a list that may take its place.
  static let lists: [UInt64] = [0xffff_c000_0000_4000, 0xffff_c000_0000_5000]
  /// The attachment of the caller's, and one that stands for all others.
  static let attachment: UInt64 = 0xffff_c000_0000_6000
  static let otherAttachment: UInt64 = 0xffff_c000_0000_7000
  /// The buffer that the call is about: any of any number; and one that stands for all others.
  static let buffer: UInt64 = 0xffff_c000_0000_8000
  static let otherBuffer: UInt64 = 0xffff_c000_0000_9000
  /// Its file and that one's directory entry; the file that an area has.
  static let file: UInt64 = 0xffff_c000_0000_a000
  static let entry: UInt64 = 0xffff_c000_0000_b000
  static let otherFile: UInt64 = 0xffff_c000_0000_c000
  static let reservation: UInt64 = 0xffff_c000_0000_d000
  static let globals: UInt64 = 0xffff_c000_0000_e000
  /// The buffer's callbacks for who polls to read and to write, and one of others at a fence.
  static let readCallback: UInt64 = 0xffff_c000_0000_f000
  static let writeCallback: UInt64 = 0xffff_c000_0001_0000
  static let otherCallback: UInt64 = 0xffff_c000_0001_1000
  /// The buffer's name, and an area of user space.
  static let name: UInt64 = 0xffff_c000_0001_2000
  static let area: UInt64 = 0xffff_c000_0001_3000

  /// A fence that stands for any number of others.
  static let otherFence: UInt64 = 0xffff_c000_0001_4000
  /// Every fence there is.
  static let allFences = fences + [ownFence, otherFence]
  /// Of a list that is gone through, the slot of the fence that is watched, or of a later one of its line; the
  /// one before it and the one behind it stand for all that are.
  static let watchedSlot = 1

  /// How many slots the lists have that are there from the start; more than two are empty.
  static let slotCount = 4

  /// Every record and what it is.
  static let all: [(address: UInt64, layout: Layout)] =
    allFences.map { ($0, FenceRecord.layout) }
    + lists.map { ($0, FenceListRecord.layout(slotCount)) }
    + [
      (attachment, AttachmentRecord.layout), (otherAttachment, AttachmentRecord.layout),
      (buffer, BufferRecord.layout), (otherBuffer, BufferRecord.layout),
      (file, FileRecord.layout), (entry, EntryRecord.layout), (otherFile, FileRecord.layout),
      (reservation, ReservationRecord.layout), (globals, BufferGlobals.layout),
      (readCallback, CallbackRecord.layout), (writeCallback, CallbackRecord.layout),
      (otherCallback, CallbackRecord.layout), (name, NameRecord.layout),
      (area, AreaRecord.layout),
    ]

  /// Fields of the proofs' own have numbers from here on.
  static let firstHidden: UInt8 = 200

  /// The fields of all of them that are words.
  static let places: [FieldPlace] = all.flatMap { address, layout in
    layout.fields.filter { $0.kind == .word }.map { FieldPlace($0, of: address) }
  }
}

extension FieldPlace {
  /// The lock of the reservation.
  static let reservationLock = FieldPlace(
    ReservationRecord.lock,
    of: BufferProofRecord.reservation
  )
  /// The lock of the list of all buffers.
  static let bufferListLock = FieldPlace(BufferGlobals.listLock, of: BufferProofRecord.globals)
}
