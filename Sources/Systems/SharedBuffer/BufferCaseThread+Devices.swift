import Machines
import Reference
import Schedules
import Walkers

extension BufferCaseThread {
  /// What is about to be looked at, or to be done, behind the fences of a buffer.
  func look(_ buffer: Int, _ usage: FenceUsage) -> FenceClaim {
    state.pointee.model.looks(machine.thread, at: buffer, usage: usage.rawValue)
  }

  /// The usage up to which fences are behind who writes, or reads: the contract's, not the walker's.
  static func claimed(toWrite isWrite: Bool) -> FenceUsage { isWrite ? .read : .write }

  /// A fence with room for it in reservations whose locks are held; nil where there is no memory.
  ///
  /// A thread's device has two engines, each of which does one thing after the other: one writes.
  mutating func prepare(
    _ buffers: [(buffer: Int, reservation: UInt64)],
    isWrite: Bool
  ) -> (fence: UInt64, line: Int)? {
    for (_, reservation) in buffers {
      guard reserve(reservation, count: 1) == .ok else { return nil }
    }
    let line = 2 * thread + (isWrite ? 1 : 0)
    let number = state.pointee.lastNumbers[line] + 1
    let context = UInt64(line) + 1
    guard let fence = Fences.make(&machine, context: context, number: number) else { return nil }
    state.pointee.lastNumbers[line] = number
    state.pointee.model.made(fence, line: context, number: number)
    return (fence, line)
  }

  /// Makes room for so many fences in a reservation whose lock is held.
  mutating func reserve(_ reservation: UInt64, count: Int) -> Errno {
    let refusals = refusals
    let result = reservations.reserve(&machine, reservation, count: count)
    if count > FenceListRecord.limit {
      state.pointee.model.returned("reserve", result, expected: .noMemory)
      return .noMemory
    }
    judge("reserve", result, since: refusals)
    return result
  }

  /// Gives up a fence that was not used; later ones on its line come after it all the same.
  mutating func abandon(_ fence: UInt64) {
    state.pointee.model.signals(fence)
    Fences.signal(&machine, fence)
    state.pointee.model.signalled(fence)
    Fences.release(&machine, fence)
  }

  /// One fence for what is pending in a reservation whose lock is held.
  mutating func dependency(_ reservation: UInt64, _ usage: FenceUsage) -> UInt64? {
    let context = 100 + UInt64(thread)
    let (result, fence) = reservations.singleton(&machine, reservation, usage, context: context)
    state.pointee.model.returned("singleton", result, expected: fence == nil ? .noMemory : .ok)
    return fence
  }

  /// Adds a fence to reservations whose locks are held.
  mutating func add(
    _ fence: UInt64,
    _ buffers: [(buffer: Int, reservation: UInt64)],
    _ usage: FenceUsage
  ) {
    for (buffer, reservation) in buffers {
      let place = state.pointee.model.adds(
        fence,
        to: buffer,
        usage: usage.rawValue,
        by: machine.thread
      )
      reservations.add(&machine, fence, to: reservation, usage)
      state.pointee.model.added(place, to: buffer)
    }
  }

  /// Finds what devices have done that signalled the fences behind which something is done.
  mutating func find(_ claim: FenceClaim) {
    for fence in state.pointee.model.signalled(before: claim) {
      guard let work = state.pointee.works[fence] else { continue }
      _ = machine.base.read(WorkRecord.isDone, of: work, .plain)
    }
  }

  /// Hands work to the devices.
  mutating func enqueue(
    _ work: DeviceJob.Work,
    _ fence: UInt64,
    line: Int,
    _ dependencies: [UInt64],
    _ claims: [FenceClaim]
  ) {
    let device = state.pointee.device
    state.pointee.works[fence] = machine.base.allocate(
      WorkRecord.layout,
      isZeroed: true,
      maySleep: false
    )
    machine.acquire(DeviceRecord.lock, of: device, .spin)
    state.pointee.jobCount += 1
    state.pointee.jobs.append(
      DeviceJob(
        number: state.pointee.jobCount,
        work: work,
        fence: fence,
        dependencies: dependencies,
        claims: claims,
        line: line
      )
    )
    let count = UInt64(state.pointee.jobCount)
    machine.write(count, DeviceRecord.doorbell, of: device, .once)
    machine.release(DeviceRecord.lock, of: device, .spin)
    machine.wake(DeviceRecord.queue, of: device, all: true)
  }

  /// Has the thread's device access a buffer, behind the fences that it has to wait for.
  mutating func submit(_ buffer: Int, _ usage: FenceUsage) -> Errno {
    let isWrite = usage == .write
    guard let attachment = attachment(buffer) else { return .badDescriptor }
    if handles[buffer].table == 0 || state.pointee.stale.contains(attachment) {
      let result = map(buffer, .both)
      guard result == .ok else { return result }
    }
    let reservation = reservation(state.pointee.buffers[buffer])
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    // It may have moved before the lock was taken.
    guard !state.pointee.stale.contains(attachment) else { return .again }
    let prepared = prepare([(buffer, reservation)], isWrite: isWrite)
    guard let (fence, line) = prepared else { return .noMemory }
    let waited = FenceUsage.waitedFor(toWrite: isWrite)
    let claim = look(buffer, Self.claimed(toWrite: isWrite))
    guard let dependency = dependency(reservation, waited) else {
      abandon(fence)
      return .noMemory
    }
    add(fence, [(buffer, reservation)], usage)
    remember(fence, buffer, isWrite: isWrite)
    let table = handles[buffer].table
    let work = DeviceJob.Work.access(buffer: buffer, table: table, isWrite: isWrite)
    enqueue(work, fence, line: line, [dependency], [claim])
    return .ok
  }

  /// Keeps a reference to the fence of an engine's last work.
  private mutating func remember(_ fence: UInt64, _ buffer: Int, isWrite: Bool) {
    let engine = isWrite ? 1 : 0
    let last = handles[buffer].lastFences[engine]
    Fences.retain(&machine, fence)
    handles[buffer].lastFences[engine] = fence
    if last != 0 { Fences.release(&machine, last) }
  }

  /// Takes both locks, in an order that others need not take them in, and adds one fence to both.
  mutating func submitBoth(_ first: Int, _ usage: FenceUsage) -> Errno {
    guard let one = hold(first), let other = hold(1 - first) else { return .badDescriptor }
    var order = [(first, reservation(one)), (1 - first, reservation(other))]
    // Lower stamps are older: those of a thread's later contexts come after.
    state.pointee.contextCount += 1
    let stamp = state.pointee.contextCount
    for (_, reservation) in order {
      state.pointee.contexts[reservation, default: []].insert(stamp)
    }
    while true {
      _ = Reservation.lock(&machine, order[0].1, stamp: stamp, holdsOthers: false)
      let isOlder = state.pointee.contexts[order[1].1]?.contains { $0 < stamp } ?? false
      let result = Reservation.lock(&machine, order[1].1, stamp: stamp, holdsOthers: true)
      if result == .ok { break }
      // It was an older context that had it, and nobody who takes one lock alone.
      state.pointee.model.returned("lock", result, expected: isOlder ? .deadlock : .ok)
      state.pointee.reach(.backedOff)
      Reservation.unlockInContext(&machine, order[0].1)
      order.swapAt(0, 1)
    }
    let result = submitLocked(order, usage)
    for (_, reservation) in order {
      Reservation.unlockInContext(&machine, reservation)
      // Where memory is weak others may find it long after.
      if !state.pointee.model.isMemoryWeak { state.pointee.contexts[reservation]?.remove(stamp) }
    }
    return result
  }

  private mutating func submitLocked(
    _ buffers: [(buffer: Int, reservation: UInt64)],
    _ usage: FenceUsage
  ) -> Errno {
    let prepared = prepare(buffers, isWrite: usage == .write)
    guard let (fence, line) = prepared else { return .noMemory }
    let waited = FenceUsage.waitedFor(toWrite: usage == .write)
    var dependencies: [UInt64] = []
    // What the walker says that the device has to wait for, beside what the contract says.
    var claims: [FenceClaim] = []
    for (buffer, reservation) in buffers {
      claims.append(look(buffer, Self.claimed(toWrite: usage == .write)))
      guard let dependency = dependency(reservation, waited) else {
        for dependency in dependencies { Fences.release(&machine, dependency) }
        abandon(fence)
        return .noMemory
      }
      dependencies.append(dependency)
    }
    add(fence, buffers, usage)
    enqueue(.nothing, fence, line: line, dependencies, claims)
    return .ok
  }

  /// Has engines that did nothing before do something with a buffer, none of it with its memory: the first of
  /// them two things, of which the second is used for less and takes nobody's place.
  mutating func submitMany(
    _ buffer: Int,
    _ count: Int,
    room: Int = 0,
    _ usage: FenceUsage
  ) -> Errno {
    guard let record = hold(buffer) else { return .badDescriptor }
    let reservation = reservation(record)
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    guard reserve(reservation, count: max(count + 1, room)) == .ok else { return .noMemory }
    let first = BufferHost.lineCount + state.pointee.engineCount
    state.pointee.engineCount += count
    let stronger: FenceUsage = usage == .bookkeep ? .read : .write
    guard submit(to: first, number: 1, stronger, buffer, reservation) != nil,
      submit(to: first, number: 2, usage, buffer, reservation) != nil
    else { return .noMemory }
    for line in first + 1..<first + count {
      guard submit(to: line, number: 1, usage, buffer, reservation) != nil else {
        return .noMemory
      }
    }
    judgeFences(buffer, reservation)
    return .ok
  }

  /// Has an engine do something, under the lock, where there is room for its fence.
  /// - Returns: the fence, with a reference where the caller keeps it; nil where there is no memory for it.
  private mutating func submit(
    to line: Int,
    number: UInt64,
    _ usage: FenceUsage,
    _ buffer: Int,
    _ reservation: UInt64,
    isKept: Bool = false
  ) -> UInt64? {
    let context = UInt64(line) + 1
    guard let fence = Fences.make(&machine, context: context, number: number) else { return nil }
    state.pointee.model.made(fence, line: context, number: number)
    if isKept { Fences.retain(&machine, fence) }
    add(fence, [(buffer, reservation)], usage)
    enqueue(.nothing, fence, line: line, [], [])
    return fence
  }

  /// Has an engine that did nothing before do something, which waits for nobody.
  /// - Returns: its fence, with a reference; nil where there is no memory.
  mutating func submitAlone(_ buffer: Int) -> UInt64? {
    guard let record = hold(buffer) else { return nil }
    let reservation = reservation(record)
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    guard reserve(reservation, count: 1) == .ok else { return nil }
    let line = BufferHost.lineCount + state.pointee.engineCount
    state.pointee.engineCount += 1
    return submit(to: line, number: 1, .bookkeep, buffer, reservation, isKept: true)
  }

  // MARK: What devices do

  /// Runs so much of what can be done.
  mutating func run(_ count: Int) -> Errno {
    for done in 0..<count where !runOne() { return done == 0 ? .again : .ok }
    return .ok
  }

  /// Runs the first that has not to wait; what waits for nothing before all else, so that what is done last
  /// may be over first.
  /// - Returns: whether there was one.
  mutating func runOne() -> Bool {
    var last = 0
    while let job = nextJob(after: last) {
      if !job.dependencies.isEmpty { last = job.number }
      let isReady = areSignalled(job.dependencies)
      let isTaken = isReady && take(job)
      for dependency in job.dependencies { Fences.release(&machine, dependency) }
      guard isTaken else { continue }
      perform(job)
      return true
    }
    return false
  }

  /// The next that is first on its line, of those after a number, with references to what it waits for.
  private mutating func nextJob(after number: Int) -> DeviceJob? {
    let device = state.pointee.device
    machine.acquire(DeviceRecord.lock, of: device, .spin)
    var lines = state.pointee.busyLines
    let firsts = state.pointee.jobs.filter { lines.insert($0.line).inserted }
    let next =
      !state.pointee.stalled.isEmpty
      ? nil
      : firsts.first { $0.dependencies.isEmpty } ?? firsts.first { $0.number > number }
    for dependency in next?.dependencies ?? [] { Fences.retain(&machine, dependency) }
    machine.release(DeviceRecord.lock, of: device, .spin)
    return next
  }

  private mutating func areSignalled(_ fences: [UInt64]) -> Bool {
    for fence in fences where !Fences.isSignalled(&machine, fence) { return false }
    return true
  }

  /// Takes a job, unless somebody else did.
  private mutating func take(_ job: DeviceJob) -> Bool {
    let device = state.pointee.device
    machine.acquire(DeviceRecord.lock, of: device, .spin)
    let index = state.pointee.jobs.firstIndex { $0.number == job.number }
    if let index {
      state.pointee.jobs.remove(at: index)
      state.pointee.busyLines.insert(job.line)
    }
    machine.release(DeviceRecord.lock, of: device, .spin)
    return index != nil
  }

  private mutating func perform(_ job: DeviceJob) {
    switch job.work {
    case .nothing: break
    case .move(let buffer, let place): copy(buffer, to: place)
    case .access(let buffer, let table, let isWrite):
      let place = machine.base.read(TableRecord.place, of: table, .plain)
      state.pointee.model.reached(
        buffer,
        isVideoMemory: place & 1 == 1,
        reachesPeers: state.pointee.plan.reachPeers
      )
      touch(buffer, Int(place & 1), isWrite: isWrite)
      state.pointee.model.accessed(
        buffer,
        at: Int(place & 1),
        behind: job.claims[0],
        by: "a device"
      )
      find(job.claims[0])
      state.pointee.reach(isWrite ? .deviceWrite : .deviceRead)
    }
    // What could not be done is over too.
    let fails = state.pointee.plan.devicesFail && machine.base.choose(below: 3) == 2
    let error: Errno = fails ? .fault : .ok
    if let work = state.pointee.works[job.fence] {
      machine.base.write(1, WorkRecord.isDone, of: work, .plain)
    }
    state.pointee.model.signals(job.fence, error: UInt64(error.rawValue))
    Fences.signal(&machine, job.fence, error: error)
    state.pointee.model.signalled(job.fence)
    if fails {
      // A device that fails may say so again.
      let again = Fences.signal(&machine, job.fence, error: .invalid)
      state.pointee.model.returned("signal", again, expected: .invalid)
    }
    // Who does the next thing on the line does it after this.
    let device = state.pointee.device
    machine.acquire(DeviceRecord.lock, of: device, .spin)
    state.pointee.busyLines.remove(job.line)
    machine.release(DeviceRecord.lock, of: device, .spin)
    machine.wake(DeviceRecord.queue, of: device, all: true)
    for dependency in job.dependencies { Fences.release(&machine, dependency) }
    Fences.release(&machine, job.fence)
  }

  /// Accesses memory, so that its order among accesses matters.
  mutating func touch(_ buffer: Int, _ place: Int, isWrite: Bool) {
    let device = state.pointee.device
    if isWrite {
      machine.base.write(1, DeviceRecord.memory(buffer, place), of: device, .once)
    } else {
      _ = machine.base.read(DeviceRecord.memory(buffer, place), of: device, .once)
    }
  }

  /// What the devices do while there is somebody who may wait for them.
  mutating func runDevices() {
    let device = state.pointee.device
    while state.pointee.runningCount > 0 {
      machine.prepareToWait(on: DeviceRecord.queue, of: device)
      let hasRun = runOne()
      if !hasRun, state.pointee.runningCount > 0 { machine.sleep() }
      machine.finishWait(on: DeviceRecord.queue, of: device)
    }
    // Not before: who signals fences takes no lock that others hold while they wait for these.
    releaseLater()
  }
}
