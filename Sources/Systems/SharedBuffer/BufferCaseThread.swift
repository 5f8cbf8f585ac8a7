import Machines
import Reference
import Schedules
import Walkers

/// One thread of a case: performs its operations, and tells the model of each.
struct BufferCaseThread<Walker: SharedBufferWalker, S: Scheduler, L: RecordListener> {
  typealias Machine = BufferMachine<Walker, S, L>

  let walker: Walker
  var machine: Machine

  init(
    _ walker: Walker,
    _ base: ScheduledMachine<S, L>,
    _ state: UnsafeMutablePointer<BufferHost>
  ) {
    self.walker = walker
    machine = BufferMachine(base: base, walker: walker, state: state)
  }

  var state: UnsafeMutablePointer<BufferHost> { machine.state }
  /// Whose handles it uses: who sets up, and looks at the end, those of the first.
  var thread: Int { min(machine.thread, 3) }
  var reservations: Walker.Reservations { walker.reservations }

  /// Performs all operations of this thread, in order, and tells the devices that it is done.
  mutating func perform() {
    var index = 0
    while index < state.pointee.operations.count {
      let operation = state.pointee.operations[index]
      if operation.thread ?? 0 == thread {
        let result = perform(operation.kind)
        state.pointee.results[index] = result
        releaseLater()
      }
      index += 1
    }
    state.pointee.runningCount -= 1
    machine.wake(DeviceRecord.queue, of: state.pointee.device, all: true)
  }

  /// What a worker of the kernel's does with files that were put where nobody may sleep.
  mutating func releaseLater() {
    let before = state.pointee.buffers
    Files.releaseLater(&machine, walker)
    for (old, new) in zip(before, state.pointee.buffers) where old != 0 && new == 0 {
      state.pointee.reach(.releasedLater)
    }
  }

  mutating func perform(_ kind: BufferOperation.Kind) -> Errno {
    switch kind {
    case .export(let flaw): export(1, flaw)
    case .close(let buffer): close(buffer)
    case .put(let buffer): put(buffer)
    case .setName(let buffer, let name, let length): setName(buffer, name, length)
    case .readName(let buffer, let isKept): readName(buffer, isKept: isKept)
    case .list: list()
    case .seek(let buffer, let offset, let whence): seek(buffer, offset, whence)
    case .attach(let buffer, let isDynamic): attach(buffer, isDynamic: isDynamic)
    case .detach(let buffer): detach(buffer)
    case .pin(let buffer, let isOn): pin(buffer, isOn)
    case .map(let buffer, let direction): map(buffer, direction)
    case .unmap(let buffer): unmap(buffer)
    case .move(let buffer, let isQueued): move(buffer, isQueued: isQueued)
    case .submit(let buffer, let usage): submit(buffer, usage)
    case .run(let count): run(count)
    case .wait(let buffer, let usage, let patience): wait(buffer, usage, patience)
    case .access(let buffer, let flags, let isImpatient):
      access(buffer, flags, isImpatient: isImpatient)
    case .mapArea(let buffer, let offset, let count, let isOwn):
      mapArea(buffer, offset, count, isOwn: isOwn)
    case .mapKernel(let buffer): mapKernel(buffer)
    case .unmapKernel(let buffer): unmapKernel(buffer)
    case .poll(let buffer, let events, let waits): poll(buffer, events, waits: waits)
    case .exportSync(let buffer, let flags): exportSync(buffer, flags)
    case .importSync(let buffer, let flags, let isOwn):
      isOwn ? importOwn(buffer, flags) : importSync(buffer, flags)
    case .callback(let buffer, let isRemoved, let count, let isOfFile):
      callback(buffer, isRemoved: isRemoved, count: count, isOfFile: isOfFile)
    case .submitBoth(let first, let usage): submitBoth(first, usage)
    case .evict(let buffer): evict(buffer)
    case .status(let buffer, let waits): status(buffer, waits: waits)
    case .submitMany(let buffer, let count, let room, let usage):
      submitMany(buffer, count, room: room, usage)
    case .timeline(let buffer, let count, let step, let asked, let isOfFile):
      extendTimeline(buffer, by: count, step: step, asked: asked, isOfFile: isOfFile)
    case .leave(let buffer): leave(buffer)
    case .guess(let closes): guess(closes: closes)
    case .join: .ok
    }
  }

  // MARK: Handles

  /// What the thread has of a buffer.
  var handles: [BufferHandles] {
    get { state.pointee.handles[thread] }
    nonmutating _modify { yield &state.pointee.handles[thread] }
  }

  /// A buffer, with a reference of the thread's, which it keeps; nil where there is none to be had.
  mutating func hold(_ buffer: Int) -> UInt64? {
    if handles[buffer].holdsFile { return state.pointee.buffers[buffer] }
    guard let descriptor = state.pointee.descriptors[buffer] else { return nil }
    let record: UInt64
    switch walker.buffer(&machine, at: descriptor) {
    case .made(let found): record = found
    case .failed(let error):
      judgeFailure("get", error)
      return nil
    }
    guard record == state.pointee.buffers[buffer] else {
      // The descriptor was closed meanwhile, and is another's.
      walker.put(&machine, record)
      return nil
    }
    handles[buffer].holdsFile = true
    return record
  }

  /// A buffer's reservation.
  mutating func reservation(_ record: UInt64) -> UInt64 {
    walker.reservation(&machine, of: record)
  }

  var refusals: Int { state.pointee.model.refusalCount(machine.thread) }

  /// How often the host refused this thread a step without which a call cannot do what it has to.
  var refusedSteps: Int { state.pointee.refusedSteps[machine.thread] }

  /// A call failed that had no other reason than what the host refused.
  func judge(_ what: String, _ result: Errno, since refusals: Int) {
    guard result != .ok else { return }
    state.pointee.model.failed(machine.thread, what, result, since: refusals)
  }

  /// A call failed, and so has to say why; it was given no time that could be over.
  func judgeFailure(_ what: String, _ error: Errno) {
    if error == .ok || error == .timedOut {
      state.pointee.model.returned(what, error, expected: .invalid)
    }
  }

  /// A call was done, which it cannot be where the host refused it a step.
  func judgeSuccess(_ what: String, since refusedSteps: Int) {
    guard self.refusedSteps != refusedSteps else { return }
    state.pointee.model.returned(what, .ok, expected: .fault)
  }
}
