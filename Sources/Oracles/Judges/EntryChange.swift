import Architecture
import Machines

/// One store that changed what an entry holds.
struct EntryChange {
  /// The physical address of the descriptor.
  var address: UInt64
  /// The number of its page.
  var page: Int
  /// The first byte of the input range that it covers.
  var inputAddress: UInt64
  var level: LookupLevel
  var old: UInt64
  var new: UInt64
  var oldKind: EntryKind
  var newKind: EntryKind

  /// Where it happened.
  var place: Place {
    Place(entryAddress: address, inputAddress: inputAddress, level: level)
  }

  /// From which kind to which, as fingerprints have it.
  var transition: String { "\(oldKind)->\(newKind)" }

  /// The address of the table that is linked.
  func newTable(_ regime: TranslationRegime) -> UInt64 { regime.tableAddress(in: new) }

  /// The number of the page that the old descriptor led to; nil outside the window.
  func oldTable(_ regime: TranslationRegime, in memory: PhysicalMemoryView) -> Int? {
    let page = memory.page(of: regime.tableAddress(in: old))
    return page < memory.capacity ? page : nil
  }
}
