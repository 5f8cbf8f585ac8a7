import Machines
import Reference
import Schedules
import Walkers

extension BufferCaseThread {
  /// Makes all that a case's threads share, before there are any, and exports the first buffer.
  mutating func makeRecords() {
    let canFail = state.pointee.plan.canFail
    state.pointee.plan.canFail = false
    let globals = make(BufferGlobals.layout)
    state.pointee.globals = globals
    let device = make(DeviceRecord.layout)
    state.pointee.device = device
    for lock in [
      BufferGlobals.listLock, BufferGlobals.descriptorLock, BufferGlobals.laterLock,
    ] {
      machine.initialise(lock, of: globals)
    }
    machine.initialise(DeviceRecord.lock, of: device)
    machine.initialise(DeviceRecord.queue, of: device)
    _ = export(0, .none)
    if state.pointee.plan.hasBoth { _ = export(1, .none) }
    if state.pointee.plan.sharesAttachment { shareAttachment() }
    state.pointee.plan.canFail = canFail
  }

  /// A zeroed record; there is room for all that a case begins with.
  private mutating func make(_ layout: Layout) -> UInt64 {
    guard let record = machine.allocate(layout, isZeroed: true, maySleep: true) else {
      preconditionFailure("no room for \(layout.name)")
    }
    return record
  }

  /// Attaches once for all threads, which can deal with no move then; who sets up keeps the buffer.
  private mutating func shareAttachment() {
    _ = attach(0, isDynamic: false)
    let attachment = handles[0].attachment
    for other in 0..<3 { state.pointee.handles[other][0].attachment = attachment }
  }

  /// Runs what devices have to do, and gives everything back, when nobody else is there.
  mutating func audit() {
    state.pointee.plan.canFail = false
    for owner in 0..<4 { pollKept(owner) }
    while runOne() {}
    releaseLater()
    for owner in 0..<4 { readKeptNames(owner) }
    state.pointee.model.restsNow()
    for buffer in 0..<BufferPlan.bufferCount where state.pointee.buffers[buffer] != 0 {
      lookForContainers(buffer)
    }
    judgeList()
    for index in 0..<3 { giveUp(index) }
    let shared = state.pointee.handles[3][0].attachment
    if shared != 0 {
      state.pointee.model.attached(0, by: -1)
      letGo(0, shared)
    }
    giveUp(3)
    for owner in 0..<4 { giveUpTimeline(of: owner) }
    let guesses = state.pointee.guesses
    let guessed = guesses.indices.filter { guesses[$0] == .closed }
    let descriptors = state.pointee.syncFiles + guessed
    for descriptor in descriptors { _ = Files.close(&machine, descriptor, walker) }
    for buffer in 0..<BufferPlan.bufferCount { _ = close(buffer) }
    for callback in state.pointee.callbacks { machine.free(callback) }
    state.pointee.callbacks = []
    for (_, work) in state.pointee.works.sorted(by: { $0.key < $1.key }) { machine.free(work) }
    state.pointee.works = [:]
    releaseLater()
    for number in 0..<BufferGlobals.descriptorCount {
      let file = machine.base.read(
        BufferGlobals.descriptor(number),
        of: state.pointee.globals,
        .plain
      )
      if file != 0 { state.pointee.model.left("descriptor") }
    }
    judgeList()
  }

  /// Counts all buffers and attachments, when nobody else is there.
  private mutating func judgeList() {
    let (_, count, attachmentCount) = walker.list(&machine)
    state.pointee.model.listed(count, attachmentCount: attachmentCount)
  }

  /// Polls each buffer that a thread has, while devices may have something to do still.
  private mutating func pollKept(_ owner: Int) {
    for buffer in 0..<BufferPlan.bufferCount
    where state.pointee.handles[owner][buffer].holdsFile {
      _ = pollOnce(buffer, state.pointee.buffers[buffer], [.readable, .writable])
    }
  }

  /// Looks whether all is there that is pending in a reservation whose lock is held.
  mutating func judgeFences(_ buffer: Int, _ reservation: UInt64) {
    var held: [(fence: UInt64, usage: UInt8)] = []
    reservations.forEach(&machine, reservation, .bookkeep) { _, fence, usage in
      held.append((fence, UInt8(usage)))
      return true
    }
    state.pointee.model.found(held, in: buffer)
  }

  private mutating func lookForContainers(_ buffer: Int) {
    let reservation = reservation(state.pointee.buffers[buffer])
    var hasContainer = false
    reservations.forEach(&machine, reservation, .bookkeep) { machine, fence, _ in
      if machine.base.read(FenceRecord.kind, of: fence, .plain) != 0 { hasContainer = true }
      return true
    }
    if hasContainer { state.pointee.model.foundContainer(in: buffer) }
  }

  /// Reads the names of what a thread has but a directory entry of, and gives that up.
  private mutating func readKeptNames(_ owner: Int) {
    for buffer in 0..<BufferPlan.bufferCount {
      let entry = state.pointee.handles[owner][buffer].entry
      guard entry != 0 else { continue }
      state.pointee.handles[owner][buffer].entry = 0
      let began = state.pointee.model.asks()
      let name = walker.name(&machine, of: entry)
      state.pointee.model.readName(buffer, name, since: began)
      Files.releaseEntry(&machine, entry, isBuffers: true, walker)
    }
  }

  /// Gives up all that a thread has.
  private mutating func giveUp(_ owner: Int) {
    let own = handles
    handles = state.pointee.handles[owner]
    for buffer in 0..<BufferPlan.bufferCount {
      _ = put(buffer)
    }
    if owner != thread {
      state.pointee.handles[owner] = handles
      handles = own
    }
  }
}
