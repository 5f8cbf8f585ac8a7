import Machines
import Reference
import Schedules
import Walkers

/// Timelines, as drivers give them to user space: a chain of fences whose points have numbers.
extension BufferCaseThread {
  private var timeline: BufferTimeline {
    get { state.pointee.timelines[thread] }
    nonmutating _modify { yield &state.pointee.timelines[thread] }
  }

  /// How many links a timeline has before it is begun anew.
  private static var mostLinks: Int { 5 }

  /// Adds points, asks for one, and makes a sync file of all.
  mutating func extendTimeline(
    _ buffer: Int,
    by count: Int,
    step: Int,
    asked: UInt64,
    isOfFile: Bool
  ) -> Errno {
    if timeline.count + count > Self.mostLinks { giveUpTimeline(of: thread) }
    // What is before the first link may be an array.
    if isOfFile, timeline.last == 0 { exportSeveral(buffer) }
    for _ in 0..<count {
      // A number that is not after the one before is one, too.
      let number = UInt64(max(1, Int(timeline.number) + step))
      let result = addPoint(buffer, number: number, isOfFile: isOfFile)
      guard result == .ok else { return result }
    }
    ask(asked)
    makeFile()
    return .ok
  }

  /// Adds a point.
  private mutating func addPoint(_ buffer: Int, number: UInt64, isOfFile: Bool) -> Errno {
    let isFirst = timeline.last == 0
    // What is before the first point may be any fence.
    let before = isFirst ? (isOfFile ? lastFile() : nil) ?? lastWork(buffer) : nil
    guard let (fence, leaves) = isOfFile ? lastFile() ?? work(buffer) : work(buffer) else {
      if let before { Fences.release(&machine, before.fence) }
      return .notFound
    }
    let previous = isFirst ? before?.fence : timeline.last
    let refusals = refusals
    let made = Fences.makeChain(
      &machine,
      after: previous,
      fence,
      number: number,
      newContext: 0x1000 + UInt64(16 * thread + timeline.count)
    )
    guard let link = made else {
      if let before { Fences.release(&machine, before.fence) }
      Fences.release(&machine, fence)
      judge("timeline", .noMemory, since: refusals)
      return .noMemory
    }
    timeline.append(link, number: number, (before?.leaves ?? []) + leaves)
    return .ok
  }

  /// A fence with a reference, and what it is signalled after.
  private typealias Work = (fence: UInt64, leaves: [UInt64])

  /// The fence of the last that the thread's device read of a buffer.
  private mutating func lastWork(_ buffer: Int) -> Work? {
    let fence = handles[buffer].lastFences[0]
    guard fence != 0 else { return nil }
    Fences.retain(&machine, fence)
    return (fence, [fence])
  }

  /// The fence of what the device now reads, or what an engine does that waits for nobody, in turn, so that a
  /// later point may be signalled first.
  private mutating func work(_ buffer: Int) -> Work? {
    if timeline.count % 2 == 1 { return submitAlone(buffer).map { ($0, [$0]) } }
    guard submit(buffer, .read) == .ok else { return nil }
    return lastWork(buffer)
  }

  /// The fence of the last sync file that is of no timeline, since a chain holds no other.
  private mutating func lastFile() -> Work? {
    let files = state.pointee.syncFiles
    guard let descriptor = files.last(where: { !state.pointee.timelineFiles.contains($0) }),
      let file = Files.get(&machine, descriptor)
    else { return nil }
    let fence = machine.base.read(FileRecord.data, of: file, .plain)
    Fences.retain(&machine, fence)
    Files.release(&machine, file, walker)
    return (fence, state.pointee.syncFences[descriptor] ?? [])
  }

  /// Asks for a point, and what became of it.
  private mutating func ask(_ asked: UInt64) {
    let leaves = timeline.leaves(upTo: asked)
    let began = state.pointee.model.asks()
    // A search waits for nobody: it ends though devices stall.
    if state.pointee.isAlone { machine.stall(until: .interruptible) }
    let (result, link) = Fences.find(&machine, number: asked, in: timeline.last)
    machine.resume()
    let isSignalled =
      result == .ok ? link.map { Fences.isSignalled(&machine, $0) } ?? true : nil
    state.pointee.model.foundPoint(isSignalled: isSignalled, of: leaves, since: began)
    state.pointee.reach(
      isSignalled.map { $0 ? .pointPassed : .pointFound } ?? .pointAbsent
    )
    guard asked != 0, let work = leaves?.last else { return }
    // What is no chain has no points.
    let (foreign, _) = Fences.find(&machine, number: 1, in: work)
    state.pointee.model.returned("find", foreign, expected: .invalid)
  }

  /// Makes a sync file of a timeline as it is, unless there are some.
  private mutating func makeFile() {
    guard state.pointee.syncFiles.count < 3,
      case .made(let descriptor) = Files.reserveDescriptor(&machine)
    else { return }
    guard case .made(let file) = Files.make(&machine, FileKind.sync) else {
      return Files.install(&machine, nil, at: descriptor)
    }
    Fences.retain(&machine, timeline.last)
    machine.write(timeline.last, FileRecord.data, of: file, .plain)
    Files.install(&machine, file, at: descriptor)
    guard keeps(descriptor) else { return }
    state.pointee.syncFiles.append(descriptor)
    state.pointee.syncFences[descriptor] = timeline.points.flatMap(\.leaves)
    state.pointee.timelineFiles.insert(descriptor)
  }

  /// Gives up a thread's timeline, if it has one.
  mutating func giveUpTimeline(of owner: Int) {
    let last = state.pointee.timelines[owner].last
    state.pointee.timelines[owner] = BufferTimeline()
    if last != 0 { Fences.release(&machine, last) }
  }
}
