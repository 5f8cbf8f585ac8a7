import Architecture
public import Machines

/// An entry that a call wrote.
public struct TouchedEntry: Sendable, Hashable {
  /// The physical address of the descriptor.
  public var entryAddress: UInt64
  /// The descriptor before the call's first store to it.
  public var before: UInt64
  /// The first byte of the input range that it covers; meaningful if `isLinked`.
  public var inputAddress: UInt64
  /// The level of its table.
  public var level: LookupLevel
  /// Whether its table is part of the tree.
  public var isLinked: Bool
}

extension Judges {
  /// How many entries were written since the current call began, or in the last call.
  public var touchedCount: Int { touchedEntries.count }

  /// The entries written since the current call began, or in the last call, each once, in the order
  /// of their first store.
  public var touched: [TouchedEntry] { (0..<touchedCount).map { touched(at: $0) } }

  /// The entry number `position` of `touched`, with its place as it is by the events so far.
  public func touched(at position: Int) -> TouchedEntry {
    var entry = touchedEntries[position]
    let page = memory.page(of: entry.entryAddress)
    let index = (entry.entryAddress &- memory.address(of: page)) >> 3
    entry.level = pages[page].level
    entry.isLinked = pages[page].isLinked
    entry.inputAddress =
      pages[page].inputAddress &+ index << regime.entryShift(at: entry.level)
    return entry
  }

  /// Takes note that a call writes an entry.
  @inline(__always)
  mutating func touch(_ address: UInt64, old: UInt64, page: Int) {
    let number = Int(truncatingIfNeeded: (address &- memory.base) &>> 3)
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: number & 63)
    guard shadows.touchedBits[number &>> 6] & bit == 0 else { return }
    shadows.touchedBits[number &>> 6] |= bit
    touchedEntries.append(
      TouchedEntry(
        entryAddress: address,
        before: old,
        inputAddress: 0,
        level: .last,
        isLinked: false
      )
    )
  }

  mutating func clearTouched() {
    for entry in touchedEntries {
      shadows.touchedBits[Int((entry.entryAddress &- memory.base) >> 9)] = 0
    }
    touchedEntries.removeAll(keepingCapacity: true)
  }
}
