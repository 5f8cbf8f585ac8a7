/// What code runs on that shares buffers between drivers: the drivers themselves, files and user space.
///
/// What drivers do is their business; what they are called with, and under which locks, is the caller's.
public protocol BufferHostMachine: RecordMachine {
  /// The record of what all buffers of the machine share.
  var globals: Record { get }

  // MARK: What may fail

  /// Whether a step of the host's fails that has nothing to do with memory for records.
  /// - Returns: why; nil where it does not.
  mutating func refuses(_ step: BufferStep) -> Errno?
  /// Whether a signal came for the thread that is about to wait.
  mutating func isInterrupted() -> Bool
  /// Whether the time is over that the thread was to wait.
  mutating func isTimeOver() -> Bool

  // MARK: The exporter

  /// The exporter is asked whether a device may use its buffer; it may set up what it needs.
  mutating func exporterAttaches(_ attachment: Record, of exporter: W) -> Errno
  /// The exporter is told that a device uses its buffer no more.
  mutating func exporterDetaches(_ attachment: Record, of exporter: W)
  /// The exporter keeps its buffer where it is, once more.
  mutating func exporterPins(_ attachment: Record, of exporter: W) -> Errno
  /// The exporter keeps its buffer where it is, once less.
  mutating func exporterUnpins(_ attachment: Record, of exporter: W)
  /// The exporter maps its buffer for a device.
  /// - Returns: the table's address, an error by its negated number, or 0.
  mutating func exporterMaps(
    _ attachment: Record,
    of exporter: W,
    _ direction: BufferDirection
  ) -> W
  /// The exporter undoes a mapping.
  mutating func exporterUnmaps(
    _ attachment: Record,
    of exporter: W,
    _ table: W,
    _ direction: BufferDirection
  )
  /// The exporter has no buffer any more.
  mutating func exporterReleases(_ exporter: W)
  /// The exporter prepares its buffer for the processor.
  mutating func exporterBeginsAccess(_ exporter: W, _ direction: BufferDirection) -> Errno
  /// The exporter takes its buffer back from the processor.
  mutating func exporterEndsAccess(_ exporter: W, _ direction: BufferDirection) -> Errno
  /// The exporter maps its buffer into user space, as an area says.
  mutating func exporterMapsArea(_ area: Record, of exporter: W) -> Errno
  /// The exporter maps its buffer for the kernel.
  /// - Returns: where; 0 where it cannot.
  mutating func exporterMapsKernel(_ exporter: W) -> W
  /// The exporter undoes its mapping for the kernel.
  mutating func exporterUnmapsKernel(_ exporter: W, _ pointer: W)

  // MARK: Importers and users

  /// An importer is told that what it has mapped is about to move.
  mutating func importerIsNotified(_ attachment: Record)
  /// A callback runs that somebody added to a fence, under the fence's lock.
  mutating func runs(_ callback: Record, of fence: Record)
}

/// A step of the host's that may fail.
public enum BufferStep: UInt8, Sendable, CaseIterable {
  /// To keep the exporter's module.
  case module
  /// To make a file.
  case file
  /// To enter a buffer in the statistics.
  case statistics
  /// To find a descriptor that is free.
  case descriptor
  /// To copy what a call was given from user space.
  case copyIn
  /// To copy what a call returns to user space.
  case copyOut
}

/// Which way data goes.
public enum BufferDirection: UInt8, Sendable, CaseIterable {
  /// Both.
  case both
  /// To the device: it reads.
  case toDevice
  /// From the device: it writes.
  case fromDevice
}
