import Architecture
import Machines
import Reference

/// Where an annotation has its type.
private let ownerTypeBits: UInt64 = 0xf << 60

extension TableComparison {
  /// What the architecture makes of an input address, in words that are the same for the same
  /// translation, whatever the size of its leaf.
  func translation(of address: UInt64) -> String {
    var text = "not reached by any table"
    for level in regime.startLevel...LookupLevel.last {
      let span = regime.entrySizeInBytes(at: level)
      let place = EntryLocation(level: level, address: address & ~(span - 1))
      guard var (raw, _) = descriptor(at: place) else { break }
      // An owner is the same owner whatever the type of its annotation.
      if raw & 1 == 0, ownerType != 0, raw & ownerTypeBits == ownerType { raw &= ~ownerTypeBits }
      text = describe(raw, at: level)
      if case .leaf(var leaf) = regime.decode(raw, at: level) {
        leaf.outputAddress += address & (span - 1)
        text = describe(leaf)
        break
      }
    }
    return text
  }
}
