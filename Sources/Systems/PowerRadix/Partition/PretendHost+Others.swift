import Machines
import Oracles
import Walkers

/// Something that happens between two questions of a fault handler.
enum Interference: Sendable, Hashable {
  /// The host moves pages elsewhere.
  case move(frames: Range<UInt64>)
  /// User space removes the slot.
  case remove(slot: Int)
  /// Another CPU faults.
  case fault(PartitionFault)
  /// The host's entry is gone when it is looked up, because pages are being put together.
  case collapse
}

/// When it happens.
enum InterferencePoint: UInt64, Sendable, Hashable, CaseIterable {
  /// Before the slot is looked up, before the page is held, before the host's entry is looked up, and
  /// before the lock is taken.
  case slot, page, entry, lock
}

extension PretendHost {
  /// What is to happen at this moment happens.
  mutating func happen(_ point: InterferencePoint, on machine: inout M) {
    guard let due = pending, due.point == point else { return }
    pending = nil
    isDisturbed = true
    switch due.interference {
    case .move(let frames): move(frames, on: &machine)
    case .remove(let slot): remove(slot, on: &machine)
    case .fault(let fault): _ = handle(fault, on: &machine)
    case .collapse: collapse()
    }
    // What others took away is not the handler's to keep.
    machine.base.listener.judges.excuseBreaks()
  }

  /// Takes frames of one slot from the guest, as a notifier of the host's does.
  mutating func invalidate(_ frames: Range<UInt64>, slot number: Int, on machine: inout M) {
    let outer = handed
    handed = nil
    defer { handed = outer }
    lock(on: &machine)
    countInvalidation()
    table.unmap(frames, of: slots[number].slot, on: &machine, log: &self)
    unlock(on: &machine)
  }

  /// Moves the pages behind frames elsewhere, and takes them from the guest before.
  ///
  /// Of a compound page that is mapped by small ones, only those that are meant are moved.
  mutating func move(_ frames: Range<UInt64>, on machine: inout M) {
    version += 1
    guard let number = slotNumber(of: frames.lowerBound), !slots[number].device else {
      return invalidate(frames, of: slotNumber(of: frames.lowerBound), on: &machine)
    }
    let places = units(frames, slot: number)
    let isSplit = places.contains { unit($0).isSplit }
    let isWhole = places.contains { !unit($0).isSplit }
    let taken = isWhole ? wholeUnits(frames, slot: number) : frames
    invalidate(taken, slot: number, on: &machine)
    for place in places where !unit(place).isSplit { change(place) { $0.whole.moves += 1 } }
    guard isSplit else { return }
    for frame in frames {
      guard let place = locate(hostAddress(of: frame, slot: number)), unit(place).isSplit else {
        continue
      }
      change(place) { unit in
        var page = unit.apart[place.page] ?? unit.whole
        page.moves += 1
        unit.apart[place.page] = page
      }
    }
  }

  private mutating func invalidate(
    _ frames: Range<UInt64>,
    of number: Int?,
    on machine: inout M
  ) {
    if let number { invalidate(frames, slot: number, on: &machine) }
  }

  /// Splits the pages behind frames into small ones, where they stay, so that the guest may keep what it
  /// has; or puts them together, and takes them from the guest before.
  mutating func resize(_ frames: Range<UInt64>, slot number: Int, on machine: inout M) {
    version += 1
    guard !slots[number].device else { return }
    let places = units(frames, slot: number)
    let isSplit = places.contains { unit($0).isSplit }
    if isSplit { invalidate(wholeUnits(frames, slot: number), slot: number, on: &machine) }
    for place in places {
      change(place) { unit in
        if isSplit { unit.join() }
        unit.isSplit = !isSplit
      }
    }
  }

  /// Permits no stores to the pages behind frames until they are asked for, as before pages are shared;
  /// what was written there stays to be written back.
  mutating func protect(_ frames: Range<UInt64>, slot number: Int, on machine: inout M) {
    version += 1
    invalidate(wholeUnits(frames, slot: number), slot: number, on: &machine)
    guard !slots[number].device else { return }
    for place in units(frames, slot: number) {
      change(place) { unit in unit.changeAll { $0.entry?.isWritable = false } }
    }
  }

  /// Writes the pages behind frames back, which were taken from the guest before.
  /// - Returns: A frame that the guest wrote to and whose page was not dirty.
  mutating func clean(_ frames: Range<UInt64>, slot number: Int) -> UInt64? {
    version += 1
    guard !slots[number].device else { return nil }
    var lost: UInt64?
    for place in units(frames, slot: number) {
      change(place) { unit in
        unit.changeAll { page in
          let isDirty = page.isDirty || page.entry?.isDirty == true
          if page.isWritten, !isDirty { lost = frames.lowerBound }
          page.isDirty = false
          page.isWritten = false
          page.entry?.isDirty = false
        }
      }
    }
    return lost
  }

  /// Removes a slot: nothing finds it any more, and then what it had is taken from the guest.
  mutating func remove(_ number: Int, on machine: inout M) {
    guard !slots[number].isRemoved else { return }
    version += 1
    slots[number].isRemoved = true
    let outer = handed
    handed = nil
    defer { handed = outer }
    let before = invalidations
    table.flush(slots[number].slot, on: &machine, host: &self)
    if invalidations == before {
      note("slot \(number) was flushed, and no invalidation was counted", .invalidationUncounted)
    }
  }

  /// Takes note that the guest wrote to a frame.
  mutating func noteWrite(_ frame: UInt64) {
    guard let number = slotNumber(of: frame), !slots[number].device,
      let place = locate(hostAddress(of: frame, slot: number)), !page(place).isWritten
    else { return }
    update(place) { $0.isWritten = true }
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

  /// A place in each of the compound pages behind frames.
  private func units(_ frames: Range<UInt64>, slot number: Int) -> [Place] {
    let first = hostAddress(of: frames.lowerBound, slot: number) - slots[number].area
    let last = hostAddress(of: frames.upperBound, slot: number) - 1 - slots[number].area
    let shift = slots[number].unitShift
    return (first >> shift...last >> shift).map { Place(slot: number, unit: $0, page: 0) }
  }
}

extension PretendHost.Unit {
  /// Changes each of its pages.
  mutating func changeAll(_ body: (inout PretendHost.Page) -> Void) {
    body(&whole)
    for number in apart.keys.sorted() {
      guard var page = apart[number] else { continue }
      body(&page)
      apart[number] = page
    }
  }

  /// Puts its pages together in one place, with all that was written to them.
  mutating func join() {
    for page in apart.values {
      whole.isDirty = whole.isDirty || page.isDirty || page.entry?.isDirty == true
      whole.isWritten = whole.isWritten || page.isWritten
    }
    apart = [:]
    whole.moves += 1
  }
}
