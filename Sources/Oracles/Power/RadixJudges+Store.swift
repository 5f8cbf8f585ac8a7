import Architecture
import Machines

extension RadixJudges {
  private static func kind(_ entry: UInt64, shift: UInt64) -> EntryKind {
    if RadixField.isTable(entry) { return .table }
    guard RadixField.isLeaf(entry) else { return entry == 0 ? .invalid : .annotated }
    return shift > 16 ? .block : .page
  }

  /// Judges a store.
  mutating func write(
    _ place: UInt64,
    _ old: UInt64,
    _ new: UInt64,
    isAtomic: Bool,
    isOrdered: Bool = true
  ) {
    guard judgeAccess(place), let page = number(of: place), let span = pages[page].span else {
      return
    }
    let index = place % (1 << memory.pageShift) / 8
    let base = span.base + index << span.shift
    transitions.count(
      from: RadixJudges.kind(old, shift: span.shift),
      to: RadixJudges.kind(new, shift: span.shift)
    )
    guard old != new else { return }
    let change = Change(address: place, old: old, new: new, base: base, shift: span.shift)
    judgeLock(change)
    if RadixField.isLeaf(old) || RadixField.isLeaf(new), touched[place] == nil {
      touched[place] = Leaf(base: base, shift: span.shift, entry: old)
    }
    judgeBreak(change, isAtomic: isAtomic)
    if RadixField.isLeaf(old) { loseLeaf(change) }
    if RadixField.isTable(old) { loseTable(change) }
    if RadixField.valid.value(in: new) == 1 { judgeMake(change) }
    if RadixField.isLeaf(new) {
      judgeBits(change)
      judgeNeed(change)
      let leaf = Leaf(base: base, shift: span.shift, entry: new)
      leaves[place] = leaf
      changedPlaces.append(place)
      if RadixField.change.value(in: new) == 1 { noteChange(leaf, at: place) }
      judgeChangeBit(change)
    } else if RadixField.isTable(new) {
      judgeLink(change, isOrdered: isOrdered)
      link(new, at: place, Span(base: base, shift: span.shift, count: 0))
    }
  }

  /// A change of an entry that the hardware finds.
  struct Change {
    let address: UInt64
    let old: UInt64
    let new: UInt64
    let base: UInt64
    let shift: UInt64

    var place: Place { Place(entryAddress: address, inputAddress: base) }
  }

  private mutating func loseLeaf(_ change: Change) {
    leaves[change.address] = nil
    if RadixField.valid.value(in: change.new) == 0 { broken[change.address] = change.old }
    cache.keep(change.old, at: change.address, base: change.base, shift: change.shift)
  }

  private mutating func loseTable(_ change: Change) {
    cache.keep(change.old, at: change.address, base: change.base, shift: change.shift)
    if let child = number(of: change.old & RadixField.nextBase.mask) {
      adrift.append(child)
      unlink(child)
    }
  }

  /// Takes note that no entry leads to a page any more, nor to what is below it.
  mutating func unlink(_ number: Int) {
    guard let span = pages[number].span else { return }
    pages[number].span = nil
    let table = memory.base + UInt64(number) << memory.pageShift
    for index in 0..<span.count {
      let place = table + index * 8
      guard let entry = memory.descriptor(at: place), RadixField.valid.value(in: entry) == 1 else {
        continue
      }
      leaves[place] = nil
      let base = span.base + index << span.shift
      cache.keep(entry, at: place, base: base, shift: span.shift)
      if RadixField.isTable(entry), let child = self.number(of: entry & RadixField.nextBase.mask) {
        adrift.append(child)
        unlink(child)
      }
    }
  }

  /// Takes note that an entry leads to a table.
  private mutating func link(_ entry: UInt64, at place: UInt64, _ parent: Span) {
    let bits = RadixField.nextSize.value(in: entry)
    let table = entry & RadixField.nextBase.mask
    guard bits > 0, bits <= 9, bits < parent.shift, table % (8 << bits) == 0,
      let child = number(of: table), pages[child].station == .live, pages[child].span == nil
    else {
      convictLink(to: table, at: Place(entryAddress: place, inputAddress: parent.base))
      return
    }
    let span = Span(base: parent.base, shift: parent.shift - bits, count: 1 << bits)
    pages[child].span = span
    for index in 0..<span.count {
      let place = table + index * 8
      guard let entry = memory.descriptor(at: place), RadixField.valid.value(in: entry) == 1 else {
        continue
      }
      write(place, 0, entry, isAtomic: true)
    }
  }
}
