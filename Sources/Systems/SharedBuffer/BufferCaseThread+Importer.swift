import Machines
import Reference
import Schedules
import Walkers

extension BufferCaseThread {
  /// Whether all threads use one attachment to a buffer.
  func isShared(_ buffer: Int) -> Bool { state.pointee.plan.sharesAttachment && buffer == 0 }

  mutating func attach(_ buffer: Int, isDynamic: Bool) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    guard handles[buffer].attachment == 0 else { return .exists }
    let refusals = refusals
    let claim = look(buffer, .kernel)
    let importer = Importer(name: UInt64(thread) + 1, isDynamic: isDynamic)
    state.pointee.attaching.insert(machine.thread)
    state.pointee.importers[machine.thread] = importer
    let made = walker.attach(
      &machine,
      record,
      importer: importer.name,
      isDynamic: isDynamic,
      reachesPeers: state.pointee.plan.reachPeers
    )
    machine.resume()
    state.pointee.importers[machine.thread] = nil
    state.pointee.attaching.remove(machine.thread)
    switch made {
    case .failed(let error):
      judgeFailure("attach", error)
      judge("attach", error, since: refusals)
      return error
    case .made(let attachment):
      state.pointee.model.attached(buffer, by: 1)
      handles[buffer].attachment = attachment
      handles[buffer].isDynamic = isDynamic
      // What is mapped for who cannot deal with moves is where it is said to be.
      if !isDynamic, state.pointee.plan.exporters[buffer] == .moving {
        state.pointee.model.waited(machine.thread, claim, .ok)
      }
      return .ok
    }
  }

  /// The thread's attachment to a buffer, which is made where there is none.
  mutating func attachment(_ buffer: Int) -> UInt64? {
    guard hold(buffer) != nil else { return nil }
    if handles[buffer].attachment == 0 {
      _ = attach(buffer, isDynamic: state.pointee.plan.areDynamic)
    }
    let attachment = handles[buffer].attachment
    return attachment == 0 ? nil : attachment
  }

  /// Waits until the thread's device is done with a buffer.
  mutating func settle(_ buffer: Int) {
    for engine in 0..<2 {
      let fence = handles[buffer].lastFences[engine]
      guard fence != 0 else { continue }
      handles[buffer].lastFences[engine] = 0
      _ = Fences.wait(&machine, fence, isInterruptible: false)
      Fences.release(&machine, fence)
    }
  }

  mutating func detach(_ buffer: Int) -> Errno {
    guard handles[buffer].attachment != 0, !isShared(buffer) else { return .notFound }
    while handles[buffer].pinCount > 0 { _ = pin(buffer, false) }
    _ = unmap(buffer)
    settle(buffer)
    let attachment = handles[buffer].attachment
    handles[buffer].attachment = 0
    state.pointee.stale.remove(attachment)
    state.pointee.model.attached(buffer, by: -1)
    letGo(buffer, attachment)
    return .ok
  }

  /// Has the walker detach a device.
  mutating func letGo(_ buffer: Int, _ attachment: UInt64) {
    state.pointee.attaching.insert(machine.thread)
    walker.detach(&machine, state.pointee.buffers[buffer], attachment)
    state.pointee.attaching.remove(machine.thread)
  }

  /// Keeps a buffer where it is, which importers may do that can deal with moves.
  mutating func pin(_ buffer: Int, _ isOn: Bool) -> Errno {
    guard let attachment = attachment(buffer), handles[buffer].isDynamic else { return .notFound }
    guard isOn || handles[buffer].pinCount > 0 else { return .notFound }
    let reservation = reservation(state.pointee.buffers[buffer])
    let refusals = refusals
    Reservation.lock(&machine, reservation)
    var result = Errno.ok
    if isOn {
      result = walker.pin(&machine, attachment)
    } else {
      walker.unpin(&machine, attachment)
    }
    Reservation.unlock(&machine, reservation)
    if result == .ok { handles[buffer].pinCount += isOn ? 1 : -1 }
    judge("pin", result, since: refusals)
    return result
  }

  mutating func map(_ buffer: Int, _ direction: BufferDirection) -> Errno {
    guard let attachment = attachment(buffer) else { return .badDescriptor }
    let isStale = state.pointee.stale.contains(attachment)
    guard handles[buffer].table == 0 || isStale else { return .exists }
    _ = unmap(buffer)
    let refusals = refusals
    let isLocked = isMappedLocked(buffer, attachment)
    state.pointee.directions[machine.thread] = direction
    if isLocked { state.pointee.stale.remove(attachment) }
    let table =
      isLocked
      ? walker.mapUnlocked(&machine, attachment, direction)
      : walker.map(&machine, attachment, direction)
    return take(buffer, table, direction, since: refusals)
  }

  /// Keeps a table that a call returned.
  mutating func take(
    _ buffer: Int,
    _ table: UInt64,
    _ direction: BufferDirection,
    since refusals: Int
  ) -> Errno {
    if table == 0 {
      state.pointee.model.returned("map", .fault, expected: .ok)
      return .fault
    }
    // The last 4,095 addresses are errors.
    if 0 &- table < 4096 {
      let error = Errno(rawValue: Int32(0 &- table))
      // A mapping that is kept has one direction, whoever maps.
      if error != .busy {
        judge("map", error, since: refusals)
      } else if self.refusals == refusals {
        let attachment = handles[buffer].attachment
        state.pointee.model.busy(buffer, attachment: attachment, direction: direction.rawValue)
      }
      return error
    }
    if !state.pointee.tables.insert(table).inserted { state.pointee.reach(.keptMapping) }
    state.pointee.model.handedOut(buffer, table, direction: direction.rawValue)
    handles[buffer].table = table
    handles[buffer].direction = direction
    return .ok
  }

  /// Whether maps are made under the lock: the contract says, where neither side moves.
  mutating func isMappedLocked(_ buffer: Int, _ attachment: UInt64) -> Bool {
    walker.mapsLocked(&machine, attachment)
      || state.pointee.plan.exporters[buffer] == .moving
  }

  mutating func unmap(_ buffer: Int) -> Errno {
    let (attachment, table) = (handles[buffer].attachment, handles[buffer].table)
    guard attachment != 0, table != 0 else { return .notFound }
    settle(buffer)
    handles[buffer].table = 0
    let direction = handles[buffer].direction
    if isMappedLocked(buffer, attachment) {
      walker.unmapUnlocked(&machine, attachment, table, direction)
    } else {
      walker.unmap(&machine, attachment, table, direction)
    }
    return .ok
  }

  /// Moves a buffer: everybody is told, and then its data goes, at once or by a device.
  mutating func move(_ buffer: Int, isQueued: Bool) -> Errno {
    guard state.pointee.plan.exporters[buffer] == .moving, let record = hold(buffer) else {
      return .notFound
    }
    let reservation = reservation(record)
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    guard state.pointee.model.pinCount(buffer) == 0 else {
      state.pointee.reach(.moveRefused)
      return .busy
    }
    let place = 1 - state.pointee.places[buffer]
    if isQueued {
      let prepared = prepare([(buffer, reservation)], isWrite: true)
      guard let (fence, line) = prepared else { return .noMemory }
      let claims = [look(buffer, .bookkeep)]
      guard let dependency = dependency(reservation, .bookkeep) else {
        abandon(fence)
        return .noMemory
      }
      announce(buffer, record)
      state.pointee.places[buffer] = place
      add(fence, [(buffer, reservation)], .kernel)
      enqueue(.move(buffer: buffer, to: place), fence, line: line, [dependency], claims)
      state.pointee.reach(.movedBehindFences)
      return .ok
    }
    let claim = look(buffer, .bookkeep)
    let result = reservations.wait(&machine, reservation, .bookkeep, isInterruptible: true)
    state.pointee.model.waited(machine.thread, claim, result)
    guard result == .ok else { return result }
    announce(buffer, record)
    copy(buffer, to: place)
    state.pointee.places[buffer] = place
    state.pointee.reach(.moved)
    return .ok
  }

  private mutating func announce(_ buffer: Int, _ record: UInt64) {
    walker.notifyMove(&machine, record)
    state.pointee.model.announced(buffer)
  }

  /// Moves a buffer's data.
  mutating func copy(_ buffer: Int, to place: Int) {
    let device = state.pointee.device
    let data = machine.base.read(DeviceRecord.memory(buffer, 1 - place), of: device, .once)
    machine.base.write(data, DeviceRecord.memory(buffer, place), of: device, .once)
    state.pointee.model.moved(buffer, to: place)
  }
}
