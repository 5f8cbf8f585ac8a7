/// One thing that is wrong with shared buffers as posted.
public enum PostedFault: UInt8, Sendable, CaseIterable {
  /// Importers that do not move map without the lock: two of them map at once where the mapping is kept.
  case mapsUnlocked
  /// An area that could not be mapped keeps the buffer's file and offset.
  case areaKept
  /// The end of an area of the buffer's own file is a sum that wraps.
  case areaEndWraps
  /// What is so of the mapping for the kernel is checked before the lock is taken.
  case kernelCheckedUnlocked
  /// That an exporter cannot map for the kernel is taken for impossible.
  case kernelFailureWarns
  /// Access that could not begin is not ended with the exporter.
  case accessLeftOpen
}
