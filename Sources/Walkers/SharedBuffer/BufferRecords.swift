public import Machines

/// Memory that one driver exports and others import.
public enum BufferRecord {
  /// Protects the mapping for the kernel, as posted.
  @inlinable public static var lock: Field { Field(0, "lock", .mutex) }
  /// Protects `name`; read where nobody may sleep.
  @inlinable public static var nameLock: Field { Field(1, "name_lock", .spinLock) }
  /// Protects who polls.
  @inlinable public static var pollLock: Field { Field(2, "poll_lock", .spinLock) }
  /// Who polls.
  @inlinable public static var pollQueue: Field { Field(3, "poll", .waitQueue) }
  /// Its file.
  @inlinable public static var file: Field { Field(4, "file") }
  /// Its size, in bytes.
  @inlinable public static var size: Field { Field(5, "size") }
  /// A `NameRecord`, or 0.
  @inlinable public static var name: Field { Field(6, "name") }
  /// Its reservation.
  @inlinable public static var reservation: Field { Field(7, "resv") }
  /// Whether the reservation goes with it.
  @inlinable public static var ownsReservation: Field { Field(8, "own_resv") }
  /// The first attachment, or 0.
  @inlinable public static var attachments: Field { Field(9, "attachments") }
  /// The buffer after it on the list of all, or 0.
  @inlinable public static var next: Field { Field(10, "list_next") }
  /// The buffer before it there, or 0.
  @inlinable public static var previous: Field { Field(11, "list_prev") }
  /// How often it is mapped for the kernel.
  @inlinable public static var kernelCount: Field { Field(12, "vmapping_counter") }
  /// Where; 0 for nowhere.
  @inlinable public static var kernelPointer: Field { Field(13, "vmap_ptr") }
  /// Whether a callback is pending, or about to be, for who polls to read.
  @inlinable public static var readActive: Field { Field(14, "cb_in_active") }
  /// The same to write.
  @inlinable public static var writeActive: Field { Field(15, "cb_out_active") }
  /// The callback for who polls to read.
  @inlinable public static var readCallback: Field { Field(16, "cb_in") }
  /// The same to write.
  @inlinable public static var writeCallback: Field { Field(17, "cb_out") }
  /// What the exporter knows it by.
  @inlinable public static var exporter: Field { Field(18, "priv") }
  /// What the exporter can do: `ExporterOperations`, as bits.
  @inlinable public static var operations: Field { Field(19, "ops") }

  /// The record.
  public static let layout = Layout(
    "buffer",
    [
      lock, nameLock, pollLock, pollQueue, file, size, name, reservation, ownsReservation,
      attachments, next, previous, kernelCount, kernelPointer, readActive, writeActive,
      readCallback, writeCallback, exporter, operations,
    ]
  )
}

/// What an exporter can do, as bits.
public enum ExporterOperations {
  /// It maps for devices.
  public static let map: UInt64 = 1
  /// It undoes that.
  public static let unmap: UInt64 = 2
  /// It is told when a buffer goes.
  public static let release: UInt64 = 4
  /// It keeps its buffer where it is when asked to: what it maps may move otherwise.
  public static let pin: UInt64 = 8
  /// It stops keeping it.
  public static let unpin: UInt64 = 16
  /// A mapping is kept for as long as its attachment.
  public static let cachesMappings: UInt64 = 32
  /// It is asked whether a device may use it.
  public static let attach: UInt64 = 64
  /// It prepares its buffer for the processor, and takes it back.
  public static let access: UInt64 = 128
  /// It maps into user space.
  public static let area: UInt64 = 256
  /// It maps for the kernel.
  public static let kernel: UInt64 = 512
}

/// A device's use of a buffer.
public enum AttachmentRecord {
  /// The attachment after it at its buffer, or 0.
  @inlinable public static var next: Field { Field(0, "next") }
  /// The buffer.
  @inlinable public static var buffer: Field { Field(1, "dmabuf") }
  /// What the importer knows it by.
  @inlinable public static var importer: Field { Field(2, "dev") }
  /// Whether the importer can deal with a buffer that moves.
  @inlinable public static var isDynamic: Field { Field(3, "dynamic") }
  /// Whether the device reaches memory that is another device's.
  @inlinable public static var reachesPeers: Field { Field(4, "peer2peer") }
  /// The mapping that is kept, or 0.
  @inlinable public static var table: Field { Field(5, "sgt") }
  /// Its direction.
  @inlinable public static var direction: Field { Field(6, "dir") }

  /// The record.
  public static let layout = Layout(
    "attachment",
    [next, buffer, importer, isDynamic, reachesPeers, table, direction]
  )
}

/// What a buffer is called, by who uses it.
public enum NameRecord {
  /// The name, as a number.
  @inlinable public static var text: Field { Field(0, "text") }
  /// How many characters a name may have.
  @inlinable public static var lengthLimit: UInt64 { 31 }

  /// The record.
  public static let layout = Layout("name", [text])
}

/// What all buffers share: their list, and the host's descriptors.
public enum BufferGlobals {
  /// Protects the list of buffers.
  @inlinable public static var listLock: Field { Field(0, "db_list_lock", .mutex) }
  /// The first buffer, or 0.
  @inlinable public static var first: Field { Field(1, "db_list") }
  /// Protects the descriptors.
  @inlinable public static var descriptorLock: Field { Field(2, "fd_lock", .spinLock) }
  /// Protects files that are put later.
  @inlinable public static var laterLock: Field { Field(3, "delayed_lock", .spinLock) }
  /// The first file that is put later, or 0.
  @inlinable public static var later: Field { Field(4, "delayed_fput") }
  /// A descriptor's file; 0 where it is free, 1 where it is taken and has none yet.
  @inlinable public static func descriptor(_ number: Int) -> Field {
    Field(UInt8(5 + number), "fd")
  }
  /// How many descriptors there are.
  @inlinable public static var descriptorCount: Int { 6 }

  /// The record.
  public static let layout = Layout(
    "globals",
    [listLock, first, descriptorLock, laterLock, later]
      + (0..<descriptorCount).map(descriptor)
  )
}

/// An open file.
public enum FileRecord {
  /// How many references there are.
  @inlinable public static var count: Field { Field(0, "f_count") }
  /// `FileKind`.
  @inlinable public static var kind: Field { Field(1, "f_op") }
  /// A buffer, or a fence; 0 for nothing.
  @inlinable public static var data: Field { Field(2, "private_data") }
  /// Its directory entry.
  @inlinable public static var entry: Field { Field(3, "dentry") }
  /// How many references are to be put later.
  @inlinable public static var laterCount: Field { Field(4, "delayed") }
  /// The file after it of those with some, or 0.
  @inlinable public static var nextLater: Field { Field(5, "delayed_next") }

  /// The record.
  public static let layout = Layout("file", [count, kind, data, entry, laterCount, nextLater])
}

/// What a file is of.
public enum FileKind {
  /// A buffer.
  public static let buffer: UInt64 = 1
  /// A fence.
  public static let sync: UInt64 = 2
}

/// A file's directory entry, by which it is found after it was closed.
public enum EntryRecord {
  /// How many references there are.
  @inlinable public static var count: Field { Field(0, "d_count") }
  /// A buffer; 0 for nothing.
  @inlinable public static var data: Field { Field(1, "d_fsdata") }

  /// The record.
  public static let layout = Layout("dentry", [count, data])
}

/// An area of user space that is to be mapped.
public enum AreaRecord {
  /// The file that it maps, with a reference of its own.
  @inlinable public static var file: Field { Field(0, "vm_file") }
  /// The first page of the file.
  @inlinable public static var offset: Field { Field(1, "vm_pgoff") }
  /// How many pages.
  @inlinable public static var pageCount: Field { Field(2, "vma_pages") }

  /// The record.
  public static let layout = Layout("vma", [file, offset, pageCount])
}
