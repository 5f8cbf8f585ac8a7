import Machines
import Schedules
import Walkers

/// The host as one thread's fault handler asks it: each question is a step or several, before which others
/// may run.
struct PartitionThreadHost<S: Scheduler, L: RecordListener>: PartitionHost {
  typealias M = PartitionThreadMachine<S, L>
  private typealias Guest = PartitionGuestRecord

  let base: ScheduledMachine<S, L>
  let state: UnsafeMutablePointer<PartitionThreadsState>

  private var guest: UInt64 { state.pointee.guest }
  private var unitShift: UInt64 { state.pointee.plan.unitShift }

  // MARK: Invalidations

  func lock(on machine: inout M) { base.acquire(Guest.lock, of: guest, .spin) }
  func unlock(on machine: inout M) { base.release(Guest.lock, of: guest, .spin) }

  func invalidationCount(on machine: inout M) -> UInt64 {
    let count = base.read(Guest.invalidationCount, of: guest, .once)
    base.fence(.smpRMB)
    return count
  }

  func mustRetry(since count: UInt64) -> Bool {
    if base.read(Guest.underWay, of: guest, .once) != 0 {
      state.pointee.situations.count(.metInvalidation)
      return true
    }
    base.fence(.smpRMB)
    let isLate = base.read(Guest.invalidationCount, of: guest, .once) != count
    if isLate { state.pointee.situations.count(.wasOvertaken) }
    return isLate
  }

  func countInvalidation() {
    let count = base.read(Guest.invalidationCount, of: guest, .once)
    // Who finds it counted finds the slots as they are, as readers do that a grace period did not wait for.
    base.write(count + 1, Guest.invalidationCount, of: guest, .release)
  }

  // MARK: Memory

  func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? {
    guard frame < PartitionSlotWord.frameCount else {
      state.pointee.excused.insert(base.thread)
      return nil
    }
    let slot = PartitionSlotWord(word: base.read(Guest.slot, of: guest, .acquire))
    guard slot.isHidden else { return made(slot) }
    state.pointee.situations.count(.foundNoSlot)
    state.pointee.excused.insert(base.thread)
    return nil
  }

  /// A slot as walkers take it.
  func made(_ slot: PartitionSlotWord) -> GuestSlot {
    GuestSlot(
      number: 0,
      firstFrame: 0,
      frameCount: PartitionSlotWord.frameCount,
      hostAddress: slot.hostAddress,
      hasLog: state.pointee.plan.hasLog
    )
  }

  func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? {
    let (area, unit) = PartitionSlotWord.place(of: address, shift: unitShift)
    let (record, field) = (state.pointee.areas[area], HostAreaRecord.entry(unit))
    base.acquire(HostAreaRecord.lock, of: record, .spin)
    var entry = HostUnitWord(word: base.read(field, of: record, .once))
    if !entry.has(HostUnitWord.present) {
      entry.word |= HostUnitWord.present | HostUnitWord.young | HostUnitWord.writable
      if state.pointee.plan.isDirty { entry.word |= HostUnitWord.dirty }
      base.write(entry.word, field, of: record, .once)
    }
    _ = base.update(HostAreaRecord.pins, of: record, .add, 1, .full)
    base.release(HostAreaRecord.lock, of: record, .spin)
    let offset = address & (1 << unitShift - 1) & ~0xfff
    return HostPage(realAddress: entry.realAddress + offset, shift: unitShift)
  }

  func unpin(_ page: HostPage) {
    let record = state.pointee.areas[HostUnitWord.place(of: page.realAddress).area]
    _ = base.update(HostAreaRecord.pins, of: record, .add, .max, .full)
  }

  func setDirty(_ page: HostPage) {
    let (area, unit) = HostUnitWord.place(of: page.realAddress)
    let record = state.pointee.areas[area]
    _ = base.update(HostAreaRecord.dirty, of: record, .or, 1 << UInt64(unit), .relaxed)
  }

  /// There are none.
  func device(at address: UInt64, on machine: inout M) -> HostDevice? { nil }

  func entry(at address: UInt64, on machine: inout M) -> HostEntry? {
    let (area, unit) = PartitionSlotWord.place(of: address, shift: unitShift)
    let word = base.read(HostAreaRecord.entry(unit), of: state.pointee.areas[area], .once)
    let entry = HostUnitWord(word: word)
    guard entry.has(HostUnitWord.present) else {
      state.pointee.situations.count(.foundNoEntry)
      return nil
    }
    return HostEntry(
      isWritable: entry.has(HostUnitWord.writable),
      isYoung: entry.has(HostUnitWord.young),
      isDirty: entry.has(HostUnitWord.dirty),
      shift: entry.has(HostUnitWord.split) ? 12 : unitShift
    )
  }

  // MARK: The log

  func mark(_ bits: UInt64, slot: Int, word: Int) {
    _ = base.update(Guest.log, of: guest, .or, bits, .relaxed)
  }
  func take(slot: Int, word: Int) -> UInt64 {
    base.update(Guest.log, of: guest, .exchange, 0, .full)
  }
  func report(_ bits: UInt64, slot: Int, word: Int) {
    _ = base.update(Guest.report, of: guest, .or, bits, .relaxed)
  }
}
