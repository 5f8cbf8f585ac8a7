import Machines
import Oracles
import Walkers

extension PretendHost {
  /// What is to happen at this moment happens.
  mutating func happen(_ moment: Moment, on machine: inout M) {
    guard let due = pending, due.moment == moment else { return }
    pending = nil
    switch due.interference {
    case .move(let frames): move(frames, on: &machine)
    case .remove(let slot): remove(slot, on: &machine)
    case .fault(let fault): _ = table.handle(fault, on: &machine, host: &self)
    case .collapse: collapse()
    }
    // What others took away is not the handler's to keep.
    machine.base.listener.judges.excuseBreaks()
  }

  /// Takes frames of one slot from the guest, as a notifier of the host's does.
  mutating func invalidate(_ frames: Range<UInt64>, slot number: Int, on machine: inout M) {
    lock(on: &machine)
    countInvalidation()
    table.unmap(frames, of: slots[number].slot, on: &machine, log: &self)
    unlock(on: &machine)
  }

  /// Moves the pages behind frames elsewhere, and takes them from the guest before.
  mutating func move(_ frames: Range<UInt64>, on machine: inout M) {
    guard let number = slotNumber(of: frames.lowerBound) else { return }
    invalidate(wholeUnits(frames, slot: number), slot: number, on: &machine)
    change(frames, slot: number) { $0.moves += 1 }
  }

  /// Splits the pages behind frames into small ones, where they stay, so that the guest may keep what it
  /// has; or puts them together, and takes them from the guest before.
  mutating func resize(_ frames: Range<UInt64>, slot number: Int, on machine: inout M) {
    var isSplit = false
    change(frames, slot: number) { isSplit = isSplit || $0.isSplit }
    if isSplit { invalidate(wholeUnits(frames, slot: number), slot: number, on: &machine) }
    change(frames, slot: number) { $0.isSplit = !isSplit }
  }

  /// Writes the pages behind frames back, which were taken from the guest before.
  /// - Returns: A frame that the guest wrote to and whose page was not dirty.
  mutating func clean(_ frames: Range<UInt64>, slot number: Int) -> UInt64? {
    var lost: UInt64?
    change(frames, slot: number) { unit in
      let isDirty = unit.isDirty || unit.entry?.isDirty == true
      if unit.isWritten, !isDirty { lost = frames.lowerBound }
      unit.isDirty = false
      unit.isWritten = false
      unit.entry?.isDirty = false
    }
    return lost
  }

  /// Removes a slot: nothing finds it any more, and then what it had is taken from the guest.
  mutating func remove(_ number: Int, on machine: inout M) {
    guard !slots[number].isRemoved else { return }
    slots[number].isRemoved = true
    table.flush(slots[number].slot, on: &machine, host: &self)
  }

  /// Takes note that the guest wrote to a frame.
  mutating func noteWrite(_ frame: UInt64) {
    guard let (_, number) = realAddress(ofFrame: frame) else { return }
    change(frame..<frame + 1, slot: number) { $0.isWritten = true }
  }

  /// The frames of a slot that share a page of the host's with these.
  func wholeUnits(_ frames: Range<UInt64>, slot number: Int) -> Range<UInt64> {
    let backed = slots[number]
    let slot = backed.slot
    func host(_ frame: UInt64) -> UInt64 {
      slot.hostAddress + (frame - slot.firstFrame) << pageShift
    }
    let first = ((host(frames.lowerBound) - backed.area) >> backed.unitShift) << backed.unitShift
    let last = (host(frames.upperBound) - 1 - backed.area) >> backed.unitShift + 1
    let start = max(backed.area + first, slot.hostAddress)
    let lower = slot.firstFrame + (start - slot.hostAddress) >> pageShift
    let end = backed.area + last << backed.unitShift
    let upper = min(slot.firstFrame + (end - slot.hostAddress) >> pageShift, slot.frames.upperBound)
    return lower..<upper
  }

  private mutating func change(
    _ frames: Range<UInt64>,
    slot number: Int,
    _ body: (inout Unit) -> Void
  ) {
    let backed = slots[number]
    guard !backed.device else { return }
    let host = backed.slot.hostAddress - backed.area
    let first = host + (frames.lowerBound - backed.slot.firstFrame) << pageShift
    let last = host + (frames.upperBound - backed.slot.firstFrame) << pageShift - 1
    for unitNumber in first >> backed.unitShift...last >> backed.unitShift {
      var unit = backed.units[unitNumber] ?? Unit(entry: backed.initialEntry)
      body(&unit)
      slots[number].units[unitNumber] = unit
    }
  }
}
