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
    if demandsLock, !isLocked {
      add(
        .storeOutsideLock,
        "the entry for \(base.hexadecimal) was changed without the lock",
        entryAddress: place,
        inputAddress: base
      )
    }
    if isLocked, changedUnderLock == nil { changedUnderLock = (place, base) }
    let change = Change(place: place, old: old, new: new, base: base, shift: span.shift)
    if RadixField.isLeaf(old) || RadixField.isLeaf(new), touched[place] == nil {
      touched[place] = Leaf(base: base, shift: span.shift, entry: old)
    }
    judge(change, isAtomic: isAtomic)
    if RadixField.isLeaf(old) { loseLeaf(change) }
    if RadixField.isTable(old) { loseTable(change) }
    if RadixField.valid.value(in: new) == 1 { judgeMake(change) }
    if RadixField.isLeaf(new) {
      let leaf = Leaf(base: base, shift: span.shift, entry: new)
      leaves[place] = leaf
      changedPlaces.append(place)
      if RadixField.change.value(in: new) == 1 { noteChange(leaf, at: place) }
      judgeChangeBit(change)
    } else if RadixField.isTable(new) {
      if !isOrdered {
        add(
          .plainLink,
          "the entry at \(place.hexadecimal) was made to lead to a table by a plain store",
          entryAddress: place,
          inputAddress: base
        )
      }
      link(new, at: place, Span(base: base, shift: span.shift, count: 0))
    }
  }

  /// A change of an entry that the hardware finds.
  struct Change {
    let place: UInt64
    let old: UInt64
    let new: UInt64
    let base: UInt64
    let shift: UInt64
  }

  private mutating func judge(_ change: Change, isAtomic: Bool) {
    let (old, new) = (change.old, change.new)
    if RadixField.isLeaf(old), !isAtomic {
      add(
        .plainStore,
        "the leaf for \(change.base.hexadecimal) was overwritten by a plain store",
        detail: sizeText(change.shift),
        entryAddress: change.place,
        inputAddress: change.base
      )
    }
    guard RadixField.valid.value(in: old) == 1, RadixField.valid.value(in: new) == 1 else { return }
    let isSame =
      RadixField.isLeaf(old) && RadixField.isLeaf(new) && RadixJudges.sameTranslation(old, new)
    if !isSame || isDD1 {
      add(
        .noBreak,
        "the entry for \(change.base.hexadecimal) went from \(old.hexadecimal) to"
          + " \(new.hexadecimal) while it was valid",
        detail: isSame ? "DD1" : sizeText(change.shift),
        entryAddress: change.place,
        inputAddress: change.base
      )
    }
  }

  /// Judges that a fault tells of a store only where stores are permitted; what others recorded stays.
  private mutating func judgeChangeBit(_ change: Change) {
    guard isFault, RadixField.change.value(in: change.new) == 1,
      RadixField.write.value(in: change.new) == 0
    else { return }
    let before = broken[change.place] ?? (RadixField.isLeaf(change.old) ? change.old : 0)
    guard RadixField.change.value(in: before) == 0 else { return }
    add(
      .changeWithoutWrite,
      "the leaf for \(change.base.hexadecimal) is \(change.new.hexadecimal): changed, and not writable",
      detail: sizeText(change.shift),
      entryAddress: change.place,
      inputAddress: change.base
    )
  }

  private mutating func loseLeaf(_ change: Change) {
    leaves[change.place] = nil
    if RadixField.valid.value(in: change.new) == 0 { broken[change.place] = change.old }
    cache.keep(change.old, at: change.place, base: change.base, shift: change.shift)
  }

  private mutating func loseTable(_ change: Change) {
    cache.keep(change.old, at: change.place, base: change.base, shift: change.shift)
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

  private mutating func judgeMake(_ change: Change) {
    let new = change.new
    let conflict = cache.entries.first { entry in
      guard entry.overlaps(change.base, shift: change.shift) else { return false }
      guard entry.isLeaf else { return entry.place == change.place && entry.old != new }
      // A DD1 is not even given the same translation again before the other is gone.
      return isDD1
        || !(RadixField.isLeaf(new) && entry.shift == change.shift
          && RadixJudges.sameTranslation(entry.old, new))
    }
    if let conflict, RadixField.valid.value(in: change.old) == 0 {
      add(
        .makeBeforeInvalidate,
        "the entry for \(change.base.hexadecimal) was written while what was at"
          + " \(conflict.place.hexadecimal) may still be cached",
        detail: "\(sizeText(conflict.shift)) to \(sizeText(change.shift))",
        entryAddress: change.place,
        inputAddress: change.base
      )
    }
    guard RadixField.isLeaf(new) else { return }
    if new & ~RadixField.partitionLeaf != 0 {
      add(
        .foreignBits,
        "the leaf for \(change.base.hexadecimal) has the bits"
          + " \((new & ~RadixField.partitionLeaf).hexadecimal)",
        entryAddress: change.place,
        inputAddress: change.base
      )
    }
    let added = RadixField.reference.mask | RadixField.change.mask | RadixField.write.mask
    if isFault, !isDD1, let old = broken[change.place], (old ^ new) & ~added == 0 {
      add(
        .needlessBreak,
        "the leaf for \(change.base.hexadecimal) was \(old.hexadecimal), nothing, and then"
          + " \(new.hexadecimal)",
        detail: sizeText(change.shift),
        entryAddress: change.place,
        inputAddress: change.base
      )
    }
  }

  /// Takes note that an entry leads to a table.
  private mutating func link(_ entry: UInt64, at place: UInt64, _ parent: Span) {
    let bits = RadixField.nextSize.value(in: entry)
    let table = entry & RadixField.nextBase.mask
    guard bits > 0, bits <= 9, bits < parent.shift, table % (8 << bits) == 0,
      let child = number(of: table), pages[child].station == .live, pages[child].span == nil
    else {
      add(
        .badLink,
        "the entry at \(place.hexadecimal) was made to lead to \(table.hexadecimal)",
        entryAddress: place,
        inputAddress: parent.base
      )
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
