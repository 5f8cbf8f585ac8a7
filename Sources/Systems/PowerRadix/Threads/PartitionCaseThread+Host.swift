import Machines
import Schedules

extension PartitionCaseThread {
  // MARK: The host's memory

  /// The host moves a unit elsewhere, and gives its page up.
  func move(_ area: Int, _ unit: Int) {
    beginInvalidation(area, unit)
    change(area, unit) { entry in
      entry = entry.moved
      entry.word &= ~HostUnitWord.present
    }
    endInvalidation()
  }

  /// The host splits a unit, which the guest may keep as it is, or puts it together in another place.
  /// - Returns: `notFound` where there is nothing, `invalid` where it is as small as can be.
  func resize(_ area: Int, _ unit: Int) -> Errno {
    guard plan.unitShift > 12 else { return .invalid }
    let field = HostAreaRecord.entry(unit)
    let record = state.pointee.areas[area]
    let entry = HostUnitWord(word: base.read(field, of: record, .once))
    guard entry.has(HostUnitWord.present) else { return .notFound }
    guard entry.has(HostUnitWord.split) else {
      change(area, unit) { $0.word |= HostUnitWord.split }
      return .ok
    }
    beginInvalidation(area, unit)
    change(area, unit) { entry in
      if entry.has(HostUnitWord.present) { entry = entry.moved }
      entry.word &= ~HostUnitWord.split
    }
    endInvalidation()
    return .ok
  }

  /// Changes the host's own entry for a unit under its lock.
  private func change(_ area: Int, _ unit: Int, _ body: (inout HostUnitWord) -> Void) {
    let (record, field) = (state.pointee.areas[area], HostAreaRecord.entry(unit))
    base.acquire(HostAreaRecord.lock, of: record, .spin)
    let old = base.read(field, of: record, .once)
    var entry = HostUnitWord(word: old)
    body(&entry)
    if entry.word != old { base.write(entry.word, field, of: record, .once) }
    base.release(HostAreaRecord.lock, of: record, .spin)
  }

  /// No fault that begins now, or has begun, ends with a leaf before the invalidation does; and what there is
  /// is taken from the guest.
  private func beginInvalidation(_ area: Int, _ unit: Int) {
    underLock {
      let count = base.read(Guest.underWay, of: guest, .once)
      base.write(count + 1, Guest.underWay, of: guest, .once)
      let slot = PartitionSlotWord(word: base.read(Guest.slot, of: guest, .once))
      let frames = frames(of: slot, area, unit)
      return frames.isEmpty ? .ok : ask(.unmap(frames, of: host.made(slot)))
    }
  }

  private func endInvalidation() {
    underLock {
      host.countInvalidation()
      let count = base.read(Guest.underWay, of: guest, .once)
      base.write(count - 1, Guest.underWay, of: guest, .once)
      return .ok
    }
  }

  /// The frames of the slot that a unit stands behind.
  private func frames(of slot: PartitionSlotWord, _ area: Int, _ unit: Int) -> Range<UInt64> {
    guard slot.area == area else { return 0..<0 }
    let shift = plan.unitShift
    let frames = (0..<PartitionSlotWord.frameCount).filter { frame in
      PartitionSlotWord.place(of: slot.hostAddress + frame << 12, shift: shift).unit == unit
    }
    guard let first = frames.first, let last = frames.last else { return 0..<0 }
    return first..<last + 1
  }

  // MARK: User space

  /// Moves the slot: faults do not find it any more, what it had is taken from the guest, and then it is
  /// elsewhere.
  ///
  /// An invalidation finds it where it was until then.
  func changeSlot(to area: Int?) {
    base.acquire(Guest.slotsLock, of: guest, .mutex)
    var slot = PartitionSlotWord(word: base.read(Guest.slot, of: guest, .once))
    if !slot.isHidden {
      slot.word |= PartitionSlotWord.goesAway
      base.write(slot.word, Guest.slot, of: guest, .release)
      ask(.flush(host.made(slot)))
    }
    if let area { base.write(UInt64(area), Guest.slot, of: guest, .release) }
    base.release(Guest.slotsLock, of: guest, .mutex)
  }

  /// Fetches the log.
  /// - Returns: `notFound` where there is none.
  func harvest() -> Errno {
    guard plan.hasLog else { return .notFound }
    return underLock {
      let slot = PartitionSlotWord(word: base.read(Guest.slot, of: guest, .once))
      ask(.harvest(host.made(slot)))
      _ = base.update(Guest.report, of: guest, .exchange, 0, .relaxed)
      return .ok
    }
  }
}
