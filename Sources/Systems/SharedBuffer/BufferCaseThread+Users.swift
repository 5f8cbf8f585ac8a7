import Machines
import Reference
import Schedules
import Walkers

extension BufferCaseThread {
  mutating func wait(
    _ buffer: Int,
    _ usage: FenceUsage,
    _ patience: BufferOperation.Patience
  ) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let reservation = reservation(record)
    let claim = look(buffer, usage)
    // Devices that fail stall, too.
    if patience != .endless { machine.stall(until: patience) }
    let result = reservations.wait(
      &machine,
      reservation,
      usage,
      isInterruptible: patience != .endless,
      isTimed: patience == .timed
    )
    machine.resume()
    let isAsked = result != .timedOut || patience == .timed
    if !isAsked { state.pointee.model.returned("wait", result, expected: .interrupted) }
    state.pointee.model.waited(machine.thread, claim, result)
    if result == .ok { find(claim) }
    askWhetherSignalled(buffer, reservation, usage)
    return result
  }

  /// Asks without waiting.
  mutating func askWhetherSignalled(
    _ buffer: Int,
    _ reservation: UInt64,
    _ usage: FenceUsage
  ) {
    let claim = look(buffer, usage)
    let isSignalled = reservations.isSignalled(&machine, reservation, usage)
    state.pointee.model.polled(claim, isReady: isSignalled, toWrite: usage >= .read)
  }

  /// Accesses a buffer by the processor, between the two calls from user space.
  mutating func access(_ buffer: Int, _ flags: UInt64, isImpatient: Bool) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let isSound = flags & ~3 == 0 && flags & 3 != 0
    let isWrite = flags & UserFlags.write != 0
    let refusals = refusals
    if flags & UserFlags.end != 0, flags & ~7 == 0, flags & 3 != 0 { return .invalid }
    let claim = look(buffer, Self.claimed(toWrite: isWrite))
    state.pointee.directions[machine.thread] =
      flags & 3 == UserFlags.read ? .fromDevice : isWrite && flags & 3 != 3 ? .toDevice : .both
    let steps = refusedSteps
    if isImpatient { machine.stall(until: .interruptible) }
    let result = walker.synchronise(&machine, record, flags: flags)
    machine.resume()
    if result == .ok { judgeSuccess("access", since: steps) }
    guard isSound else {
      if result != .fault { state.pointee.model.returned("access", result, expected: .invalid) }
      return result
    }
    guard result == .ok else {
      judgeFailure("access", result)
      judge("access", result, since: refusals)
      return result
    }
    let place = place(buffer)
    touch(buffer, place, isWrite: isWrite)
    // What it finds is where the buffer is when it is there.
    state.pointee.model.accessed(
      buffer,
      at: state.pointee.model.place(buffer),
      behind: claim,
      by: "a processor"
    )
    find(claim)
    state.pointee.reach(.processorAccess)
    while walker.synchronise(&machine, record, flags: flags | UserFlags.end) == .fault {}
    return .ok
  }

  /// Where user space finds a buffer.
  private func place(_ buffer: Int) -> Int { state.pointee.model.place(buffer) }

  mutating func mapArea(
    _ buffer: Int,
    _ offset: UInt64,
    _ count: UInt64,
    isOwn: Bool
  ) -> Errno {
    guard let record = hold(buffer),
      let area = machine.allocate(AreaRecord.layout, isZeroed: true, maySleep: true)
    else { return .badDescriptor }
    let asked = BufferArea(offset: offset, buffer: record, isOwn: isOwn)
    state.pointee.areas[area] = asked
    defer {
      state.pointee.areas[area] = nil
      machine.free(area)
    }
    machine.write(count, AreaRecord.pageCount, of: area, .plain)
    let refusals = refusals
    let result: Errno
    if isOwn {
      machine.write(offset, AreaRecord.offset, of: area, .plain)
      result = walker.mapOwnArea(&machine, record, area)
    } else {
      var file: UInt64 = 0
      // One of a page has none.
      if count > 1 {
        guard case .made(let made) = Files.make(&machine, FileKind.sync) else { return .noMemory }
        file = made
        machine.write(file, AreaRecord.file, of: area, .plain)
        // The area may be given another file, and then has no reference to this one any more.
        Files.retain(&machine, file)
      }
      machine.write(77, AreaRecord.offset, of: area, .plain)
      result = walker.mapArea(&machine, record, area, offset: offset)
      let kept = machine.base.read(AreaRecord.file, of: area, .plain)
      let keptOffset = machine.base.read(AreaRecord.offset, of: area, .plain)
      if result == .ok {
        machine.judgeArea(area, asked)
      } else if kept != file || keptOffset != 77 {
        state.pointee.model.areaChanged(isMapped: false)
      }
      if kept != 0 { Files.release(&machine, kept, walker) }
      if file != 0 { Files.release(&machine, file, walker) }
    }
    guard state.pointee.plan.operations(buffer) & ExporterOperations.area != 0 else {
      state.pointee.model.returned("mapArea", result, expected: .invalid)
      return result
    }
    // The end of an area of another file is looked at before it is looked whether it is inside.
    if !isOwn, count > UInt64.max - offset {
      state.pointee.model.returned("mapArea", result, expected: .overflow)
    }
    state.pointee.model.mappedArea(
      machine.thread,
      buffer,
      offset: offset,
      pageCount: count,
      result,
      since: refusals
    )
    return result
  }

  /// Maps a buffer for the kernel, and accesses it there.
  mutating func mapKernel(_ buffer: Int) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let refusals = refusals
    switch walker.mapKernel(&machine, record) {
    case .failed(let error):
      judgeFailure("mapKernel", error)
      if state.pointee.plan.operations(buffer) & ExporterOperations.kernel == 0 {
        state.pointee.model.returned("mapKernel", error, expected: .invalid)
      } else {
        judge("mapKernel", error, since: refusals)
      }
      return error
    case .made(let pointer):
      handles[buffer].kernelPointers.append(pointer)
      let claim = look(buffer, Self.claimed(toWrite: true))
      state.pointee.directions[machine.thread] = .both
      guard walker.beginAccess(&machine, record, .both) == .ok else { return .ok }
      let place = BufferHost.place(at: pointer)
      touch(buffer, place, isWrite: true)
      state.pointee.model.accessed(buffer, at: place, behind: claim, by: "the kernel")
      find(claim)
      _ = walker.endAccess(&machine, record, .both)
      return .ok
    }
  }

  mutating func unmapKernel(_ buffer: Int) -> Errno {
    if handles[buffer].kernelPointers.isEmpty {
      let result = mapKernel(buffer)
      guard result == .ok else { return result }
    }
    guard let pointer = handles[buffer].kernelPointers.popLast() else { return .notFound }
    walker.unmapKernel(&machine, state.pointee.buffers[buffer], pointer)
    return .ok
  }

  /// Polls, and where it is told to sleeps until one of the events is there.
  mutating func poll(_ buffer: Int, _ events: PollEvents, waits: Bool) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let waits = waits && !events.isEmpty
    while true {
      if waits { machine.prepareToWait(on: BufferRecord.pollQueue, of: record) }
      let ready = pollOnce(buffer, record, events)
      if waits, ready.isEmpty {
        state.pointee.reach(.sleptInPoll)
        machine.sleep()
      }
      if waits { machine.finishWait(on: BufferRecord.pollQueue, of: record) }
      guard waits, ready.isEmpty else { return ready.isEmpty ? .again : .ok }
    }
  }

  /// Polls for what is pending, and gives all up: what is called when that is signalled keeps the buffer.
  mutating func leave(_ buffer: Int) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let result = submitMany(buffer, 2, .read)
    _ = pollOnce(buffer, record, .writable)
    _ = close(buffer)
    _ = put(buffer)
    return result
  }

  mutating func pollOnce(
    _ buffer: Int,
    _ record: UInt64,
    _ events: PollEvents
  ) -> PollEvents {
    let reads = look(buffer, Self.claimed(toWrite: false))
    let writes = look(buffer, Self.claimed(toWrite: true))
    let ready = walker.poll(&machine, record, events)
    if !ready.isSubset(of: events) { state.pointee.model.polledUnasked(buffer) }
    if events.contains(.readable) {
      let isReady = ready.contains(.readable)
      state.pointee.model.polled(reads, isReady: isReady, toWrite: false)
      if isReady { find(reads) }
    }
    if events.contains(.writable) {
      let isReady = ready.contains(.writable)
      state.pointee.model.polled(writes, isReady: isReady, toWrite: true)
      if isReady { find(writes) }
    }
    state.pointee.reach(ready == events ? .readyPoll : .pendingPoll)
    return ready
  }

  // MARK: Sync files and callbacks

  mutating func exportSync(_ buffer: Int, _ flags: UInt64) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let isSound = flags & ~3 == 0 && flags & 3 != 0
    let isWrite = flags & UserFlags.write != 0
    let refusals = refusals
    let claim = look(buffer, Self.claimed(toWrite: isWrite))
    let steps = refusedSteps
    let made = walker.exportSync(
      &machine,
      record,
      flags: flags,
      context: 200 + UInt64(thread)
    )
    switch made {
    case .failed(let error):
      judgeFailure("exportSync", error)
      if !isSound, error != .fault {
        state.pointee.model.returned("exportSync", error, expected: .invalid)
      } else if error != .tooManyFiles {
        judge("exportSync", error, since: refusals)
      }
      return error
    case .made(let descriptor):
      if !isSound { state.pointee.model.returned("exportSync", .ok, expected: .invalid) }
      judgeSuccess("exportSync", since: steps)
      guard keeps(descriptor) else { return .ok }
      let leaves = leaves(of: descriptor)
      state.pointee.model.exported(claim, waitsFor: leaves)
      if leaves.count > 1 { state.pointee.reach(.containerExported) }
      state.pointee.syncFiles.append(descriptor)
      state.pointee.syncFences[descriptor] = leaves
      return .ok
    }
  }

  /// The fences that a sync file waits for.
  private mutating func leaves(of descriptor: Int) -> [UInt64] {
    guard let file = Files.get(&machine, descriptor) else { return [] }
    let fence = machine.base.read(FileRecord.data, of: file, .plain)
    var leaves: [UInt64] = []
    Fences.forEachLeaf(&machine, fence) { _, leaf in
      leaves.append(leaf)
      return true
    }
    Files.release(&machine, file, walker)
    return leaves
  }

  /// Adds the fences of the last sync file, or a new one, to a buffer's.
  mutating func importSync(_ buffer: Int, _ flags: UInt64) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    if state.pointee.syncFiles.isEmpty { _ = exportSync(buffer, UserFlags.both) }
    guard let descriptor = state.pointee.syncFiles.last else { return .notFound }
    let isSound = flags & ~3 == 0 && flags & 3 != 0
    let usage: FenceUsage = flags & UserFlags.write != 0 ? .write : .read
    let refusals = refusals
    let leaves = state.pointee.syncFences[descriptor] ?? []
    let places = leaves.map {
      state.pointee.model.adds($0, to: buffer, usage: usage.rawValue, by: machine.thread)
    }
    let steps = refusedSteps
    let result = walker.importSync(&machine, record, flags: flags, descriptor: descriptor)
    if result == .ok { judgeSuccess("importSync", since: steps) }
    for place in places { state.pointee.model.added(place, to: buffer, isThere: result == .ok) }
    if result == .ok, leaves.count > 1 { state.pointee.reach(.containerImported) }
    if !isSound, result != .fault {
      state.pointee.model.returned("importSync", result, expected: .invalid)
    } else {
      judge("importSync", result, since: refusals)
    }
    return result
  }

  /// Asks for the fences of a buffer's own file, which is no sync file.
  mutating func importOwn(_ buffer: Int, _ flags: UInt64) -> Errno {
    guard let record = hold(buffer), let descriptor = state.pointee.descriptors[buffer] else {
      return .badDescriptor
    }
    let result = walker.importSync(&machine, record, flags: flags, descriptor: descriptor)
    // Unless it was closed meanwhile, and is another's.
    if state.pointee.descriptors[buffer] == descriptor, result != .fault {
      state.pointee.model.returned("importSync", result, expected: .invalid)
    }
    return result
  }

  /// Asks what became of what a sync file waits for: the one that was pending last, or one of a new access;
  /// and may wait for it where it is pending and devices run, as who polls it does, unless a signal comes.
  mutating func status(_ buffer: Int, waits: Bool) -> Errno {
    if state.pointee.pendingFile == nil, state.pointee.syncFiles.count < 3 {
      _ = submit(buffer, .read)
      _ = exportSync(buffer, UserFlags.both)
    }
    guard let descriptor = state.pointee.pendingFile ?? state.pointee.syncFiles.last,
      let file = Files.get(&machine, descriptor)
    else { return .notFound }
    let leaves = state.pointee.syncFences[descriptor] ?? []
    // A chain says nothing of errors.
    let tells = !state.pointee.timelineFiles.contains(descriptor)
    let fence = machine.base.read(FileRecord.data, of: file, .plain)
    let began = state.pointee.model.asks()
    var status = Fences.status(&machine, fence)
    state.pointee.model.told(status, of: leaves, since: began, tellsErrors: tells)
    if waits, status == 0, state.pointee.hasDevices,
      Fences.wait(&machine, fence, isInterruptible: true) == .ok
    {
      // That is said to be signalled which a wait is over for.
      status = max(1, Fences.status(&machine, fence))
      state.pointee.model.told(status, of: leaves, since: began, tellsErrors: tells)
    }
    state.pointee.pendingFile = status == 0 ? descriptor : nil
    if status > 1 { state.pointee.reach(.toldError) }
    Files.release(&machine, file, walker)
    return status == 0 ? .again : .ok
  }

  /// Adds callbacks to the first fence that is pending, or to that of the last sync file.
  mutating func callback(_ buffer: Int, isRemoved: Bool, count: Int, isOfFile: Bool) -> Errno {
    if isOfFile { exportSeveral(buffer) }
    if isOfFile, let descriptor = state.pointee.syncFiles.last,
      let file = Files.get(&machine, descriptor)
    {
      defer { Files.release(&machine, file, walker) }
      let fence = machine.base.read(FileRecord.data, of: file, .plain)
      let leaves = state.pointee.syncFences[descriptor] ?? []
      let result = addCallbacks(count, to: fence, leaves, isRemoved: isRemoved)
      // What is to be signalled stays until it is, though nobody else keeps it.
      if state.pointee.isAlone, count == 3 { closeLastSync() }
      return result
    }
    guard let record = hold(buffer) else { return .badDescriptor }
    let reservation = reservation(record)
    guard let fence = reservations.firstPending(&machine, reservation, .bookkeep) else {
      return .notFound
    }
    defer { Fences.release(&machine, fence) }
    return addCallbacks(count, to: fence, [fence], isRemoved: isRemoved)
  }

  /// Makes a sync file that holds several fences, unless there are some already.
  mutating func exportSeveral(_ buffer: Int) {
    guard state.pointee.syncFiles.count < 3 else { return }
    _ = submitMany(buffer, 2, .read)
    _ = exportSync(buffer, UserFlags.both)
  }

  /// Closes the last sync file, which nobody else is at.
  private mutating func closeLastSync() {
    guard let descriptor = state.pointee.syncFiles.popLast() else { return }
    state.pointee.syncFences[descriptor] = nil
    state.pointee.timelineFiles.remove(descriptor)
    if state.pointee.pendingFile == descriptor { state.pointee.pendingFile = nil }
    _ = Files.close(&machine, descriptor, walker)
  }

  /// Adds callbacks to a fence that is signalled when these are.
  private mutating func addCallbacks(
    _ count: Int,
    to fence: UInt64,
    _ leaves: [UInt64],
    isRemoved: Bool
  ) -> Errno {
    var added: [UInt64] = []
    for _ in 0..<count {
      guard
        let callback = machine.allocate(CallbackRecord.layout, isZeroed: true, maySleep: true)
      else { return .noMemory }
      state.pointee.callbacks.append(callback)
      state.pointee.callbackFences[callback] = fence
      state.pointee.model.addsCallback(callback, to: leaves)
      guard Fences.add(&machine, callback, to: fence) == .ok else {
        state.pointee.model.refusedCallback(callback)
        return .notFound
      }
      state.pointee.model.addedCallback(callback)
      added.append(callback)
    }
    guard isRemoved else { return .ok }
    let callback = added[max(count - 2, 0)]
    let wasThere = Fences.remove(&machine, callback, from: fence)
    state.pointee.model.tookCallback(callback, wasThere: wasThere)
    if wasThere {
      // It is there no second time.
      let isThereStill = Fences.remove(&machine, callback, from: fence)
      state.pointee.model.tookCallback(callback, wasThere: !isThereStill)
    }
    return wasThere ? .ok : .again
  }
}
