import Machines
import Reference
import Schedules
import Walkers

extension HostedMachine: HostMemoryMachine {
  /// Reads a layout.
  func hostAddress(of guestFrame: UInt64, in slots: UInt64) -> UInt64 {
    guard guestFrame < UInt64(PfnCachePlan.pageCount) else { return HostMemory.noAddress }
    return base.read(SlotsRecord.hostAddress(Int(guestFrame)), of: slots, .plain)
  }

  /// Reads the page table; what was written out is read in.
  func lookUp(_ hostAddress: UInt64) -> UInt64 {
    base.mightSleep()
    state.pointee.model.looksUp(thread)
    // What is nobody's address is none that a refresh may fail for.
    guard let page = PfnHost.page(at: hostAddress) else { return HostMemory.noFrame }
    if isRefused {
      state.pointee.situations.count(.lookUpRefused)
      return noFrame
    }
    let entry = HostRecord.entry(page)
    while true {
      // Who has placed a page has done before what it does to it.
      var frame = base.read(entry, of: state.pointee.host, .acquire)
      if frame == PfnHost.absent { return noFrame }
      if frame == PfnHost.swapped {
        frame = PfnHost.frame(page, 0)
        let host = state.pointee.host
        let found = base.compareExchange(PfnHost.swapped, with: frame, entry, of: host, .full)
        guard found == PfnHost.swapped else { continue }
        state.pointee.situations.count(.readIn)
        state.pointee.model.placed(frame, at: PfnHost.hostAddress(page))
      }
      state.pointee.situations.found(frame, thread)
      state.pointee.model.took(frame)
      return frame
    }
  }

  private var noFrame: UInt64 {
    state.pointee.model.refused(thread)
    return HostMemory.noFrame
  }

  /// Whether the host has not what is asked for, where that may be: a choice of the schedule's.
  private var isRefused: Bool {
    state.pointee.plan.canFail && base.choose(below: 3) == 2
  }

  func put(_ frame: UInt64) { state.pointee.model.put(frame) }

  func isRAM(_ frame: UInt64) -> Bool { PfnHost.isRAM(frame) }

  func map(_ frame: UInt64) -> UInt64 { mapped(frame, at: PfnHost.ramBase) }

  func remap(_ frame: UInt64) -> UInt64 { mapped(frame, at: PfnHost.otherBase) }

  private func mapped(_ frame: UInt64, at start: UInt64) -> UInt64 {
    base.mightSleep()
    if let invalidateOther {
      var machine = self
      invalidateOther(&machine)
    }
    changeMapping(frame)
    if let cache = state.pointee.situations.cache(of: thread),
      state.pointee.plan.uses[cache] & PfnCacheUse.kernel == 0
    {
      state.pointee.model.mappedForNobody(cache)
    }
    guard !state.pointee.plan.refusesMappings, !isRefused else {
      state.pointee.situations.count(.mappingRefused)
      state.pointee.model.refused(thread)
      return 0
    }
    if !PfnHost.isRAM(frame) { state.pointee.situations.count(.mappedNoRAM) }
    state.pointee.model.mapped(frame, asRAM: start == PfnHost.ramBase)
    return start + frame << 12
  }

  func unmap(_ frame: UInt64) {
    changeMapping(frame)
    let address = PfnHost.ramBase + frame << 12
    state.pointee.model.unmapped(frame, at: address, asRAM: true)
  }

  func unmapRemapped(_ address: UInt64) {
    base.mightSleep()
    // At the address that it was mapped at, and at no other of the page's.
    let isStart = address & HostMemory.offsetMask == 0
    let frame = isStart ? PfnHost.frame(mappedAt: address) : nil
    if let frame { changeMapping(frame) }
    state.pointee.model.unmapped(frame, at: address, asRAM: false)
  }

  func markDirty(_ guestFrame: UInt64) {
    guard guestFrame < UInt64(PfnCachePlan.pageCount) else { return }
    let dirty = HostRecord.dirty(Int(guestFrame))
    _ = base.update(dirty, of: state.pointee.host, .or, 1, .full)
  }

  /// Maps or unmaps a frame: others may run before, and its order among accesses by a mapping matters.
  private func changeMapping(_ frame: UInt64) {
    guard let index = PfnHost.index(of: frame) else { return }
    base.write(1, HostRecord.mapping(index), of: state.pointee.host, .once)
  }

  /// Accesses a frame where it is mapped.
  func accessMapped(_ frame: UInt64, isWrite: Bool) {
    guard let index = PfnHost.index(of: frame) else { return }
    _ = base.read(HostRecord.mapping(index), of: state.pointee.host, .once)
    access(frame, isWrite: isWrite)
  }

  /// Accesses a frame.
  func access(_ frame: UInt64, isWrite: Bool) {
    guard let index = PfnHost.index(of: frame) else { return }
    let contents = HostRecord.contents(index)
    if isWrite {
      base.write(1, contents, of: state.pointee.host, .once)
    } else {
      _ = base.read(contents, of: state.pointee.host, .once)
    }
  }

  /// The owner of a frame gives it up, and does with it what it likes: every access has to come before.
  func giveUp(_ frame: UInt64) {
    guard let index = PfnHost.index(of: frame) else { return }
    base.write(0, HostRecord.contents(index), of: state.pointee.host, .plain)
  }
}
