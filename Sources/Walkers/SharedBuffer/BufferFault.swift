/// One thing that is wrong with shared buffers, so that a judge can be seen to convict.
///
/// The first are bugs of the kernel's history, or of what was posted.
public enum BufferFault: UInt8, Sendable, CaseIterable {
  /// Who polls to write is told of the fences of writers alone.
  case pollsForWriters
  /// A buffer is freed with its file, though its directory entry is there.
  case freedWithFile
  /// A directory entry of an export that failed is taken for a buffer's.
  case releasesNothing
  /// A buffer can be found before the last step that may fail.
  case foundTooEarly
  /// The name is read without its lock.
  case nameUnlocked
  /// The name is protected by a lock that sleeps.
  case nameSleeps
  /// An area that could not be mapped keeps the buffer's file.
  case areaKept
  /// What is so of the mapping for the kernel is checked before the lock is taken.
  case kernelUnlocked
  /// Importers that do not move map without the lock.
  case mapsUnlocked
  /// A container is added to a reservation, in one slot.
  case importsContainer
  /// The end of an area is a sum that wraps.
  case offsetWraps
  /// Importers are not told that a buffer moves.
  case movesSilently
  /// A mapping of an importer that does not move is made without keeping the buffer where it is.
  case mapsUnpinned
  /// A mapping that cannot be made leaves the buffer kept where it is.
  case failureLeavesPinned
  /// An importer that does not move does not wait for the kernel's own work.
  case skipsKernelFences
  /// A processor that writes does not wait for who reads.
  case accessPassesReaders
  /// Access that could not begin is not ended with the exporter.
  case accessLeftOpen
  /// A poll takes no reference for its callback.
  case pollKeepsNoFile
  /// A poll that finds all signalled leaves its callback taken.
  case pollLeavesBusy
  /// A sync file that could not be told to user space keeps its descriptor.
  case descriptorLeft
  /// A sync file for a writer has the fences of writers alone.
  case exportsWritersOnly
  /// A buffer that is attached to is detached with its mapping.
  case detachKeepsMapping
  /// A reservation that is the exporter's goes with the buffer.
  case freesExportersReservation
  /// Every device is taken for one that reaches the memory of others.
  case forgetsPeers
}
