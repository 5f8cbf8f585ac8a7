public import CFiber
public import Machines

extension ScheduledMachine {
  /// Comes to a step: others may run before it is made.
  ///
  /// The thread is out of `ready` where it has to wait; it goes on when it is in it again.
  @inlinable @inline(__always)
  func reach(_ operation: PendingOperation) {
    guard world.pointee.isConcurrent else { return }
    world.pointee.threads[thread].pending = operation
    guard !world.pointee.ready.isEmpty, world.pointee.stepCount < world.pointee.stepLimit else {
      return reachSlowly()
    }
    let next = world.pointee.scheduler.next(of: runnable, after: thread)
    world.pointee.stepCount &+= 1
    if next != thread { leave(to: next) }
  }

  /// Who can go on.
  @inlinable @inline(__always)
  var runnable: Runnable {
    Runnable(
      threads: world.pointee.ready,
      stepCount: world.pointee.stepCount,
      states: world.pointee.threads
    )
  }

  /// Comes to a step where nobody seems able to go on, or the scheduler's steps are used up.
  @inlinable @inline(never)
  func reachSlowly() {
    let next = nextSlowly(after: thread)
    if next != thread { leave(to: next) }
  }

  /// Who goes on; nil for nobody.
  @inlinable @inline(never)
  func nextSlowly(after current: Int?) -> Int? {
    let settings = world.pointee.settings
    if world.pointee.ready.isEmpty { lookAgain() }
    guard !world.pointee.ready.isEmpty else {
      tellWhoIsStuck()
      world.pointee.ending = .stuck
      return nil
    }
    guard world.pointee.vainRoundCount <= settings.vainRoundLimit else { return endWithoutEnd() }
    guard world.pointee.stepCount >= settings.stepLimit else {
      let next = world.pointee.scheduler.next(of: runnable, after: current)
      if next == nil { world.pointee.ending = .abandoned }
      world.pointee.stepCount &+= 1
      return next
    }
    world.pointee.wasOverruled = true
    guard world.pointee.stepCount < settings.stepLimit + settings.fairStepLimit else {
      return endWithoutEnd()
    }
    world.pointee.stepCount &+= 1
    // In turn: the next number, and after the last the first.
    let above = world.pointee.ready.bits & ~ThreadSet(count: (current ?? -1) + 1).bits
    return ThreadSet(bits: above == 0 ? world.pointee.ready.bits : above).first
  }

  /// Lets those look again who let others run, since nobody else can change anything.
  ///
  /// Each has its turn before any has another. That they all look a second time in vain is no matter of
  /// order any more.
  @usableFromInline
  func lookAgain() {
    let yielded = world.pointee.yielded
    var next = ThreadSet(bits: yielded.bits & ~world.pointee.lookedInVain.bits)
    if next.isEmpty, !yielded.isEmpty {
      world.pointee.vainRoundCount += 1
      world.pointee.lookedInVain = ThreadSet()
      next = yielded
    }
    if world.pointee.vainRoundCount > 0, !next.isEmpty { next = ThreadSet(bits: 1 << next.first) }
    world.pointee.lookedInVain.bits |= next.bits
    world.pointee.yielded.bits &= ~next.bits
    world.pointee.ready = next
    world.pointee.weak?.pointee.settle(next)
  }

  /// Tells who is at it still, and ends the run.
  @usableFromInline
  func endWithoutEnd() -> Int? {
    for runaway in world.pointee.unfinished {
      ScheduledMachine(world: world, thread: runaway).emit(.runaway)
    }
    world.pointee.ending = .runaway
    return nil
  }

  /// Leaves off here, and goes on when chosen again; for good where there is nobody to go on.
  @inlinable @inline(never)
  func leave(to next: Int?) {
    guard let next else {
      if world.pointee.ending == .finished { world.pointee.ending = .abandoned }
      cfiber_switch(&world.pointee.threads[thread].context, &world.pointee.home)
      return
    }
    world.pointee.switchCount &+= 1
    let couldGoOn = world.pointee.ready.contains(thread)
    if couldGoOn, world.pointee.threads[thread].pending.kind != .yield {
      world.pointee.preemptionCount &+= 1
    }
    cfiber_switch(
      &world.pointee.threads[thread].context,
      &world.pointee.threads[next].context
    )
  }

  /// Goes to the first thread, and comes back when the run is over.
  @inlinable
  func start() {
    guard let next = nextSlowly(after: nil) else { return }
    cfiber_switch(&world.pointee.home, &world.pointee.threads[next].context)
  }

  /// What a thread's stack runs: its body, and then whoever is next; it never comes back.
  @inlinable
  func runBody() {
    var machine = self
    world.pointee.bodies[thread](&machine)
    emit(.finish)
    world.pointee.unfinished.remove(thread)
    world.pointee.ready.remove(thread)
    noteChange()
    var next: Int?
    if !world.pointee.unfinished.isEmpty { next = nextSlowly(after: thread) }
    guard let next else {
      cfiber_switch(&world.pointee.threads[thread].context, &world.pointee.home)
      preconditionFailure("a thread that has ended goes on")
    }
    world.pointee.switchCount &+= 1
    cfiber_switch(
      &world.pointee.threads[thread].context,
      &world.pointee.threads[next].context
    )
    preconditionFailure("a thread that has ended goes on")
  }

  /// Something was changed that others may look for: a word, 0 for what is none; `isNew` where what is in
  /// it is another value than before.
  @inlinable @inline(__always)
  func noteChange(_ word: UInt32 = 0, isNew: Bool = false, isLock: Bool = false) {
    guard world.pointee.yielded.bits | world.pointee.lookedInVain.bits != 0 else { return }
    lookForChange(word, isNew: isNew, isLock: isLock)
  }

  @inlinable @inline(never)
  func lookForChange(_ word: UInt32, isNew: Bool, isLock: Bool) {
    var woken = world.pointee.yielded
    woken.remove(thread)
    for spinner in ThreadSet(bits: woken.bits & world.pointee.spinning.bits) {
      let hasLooked = world.pointee.threads[spinner].looked &>> UInt64(word & 63) & 1 != 0
      if !isNew || !hasLooked { woken.remove(spinner) }
    }
    // A lock that is taken and given back while looking changes nothing for who does not try for it.
    if !woken.isEmpty || (isNew && !isLock) {
      world.pointee.lookedInVain = ThreadSet()
      world.pointee.vainRoundCount = 0
    }
    world.pointee.ready.bits |= woken.bits
    world.pointee.yielded.bits &= ~woken.bits
  }

  /// The thread found a value in a word, or left it there: what it does until it lets others run again
  /// depends on nothing else.
  @inlinable @inline(__always)
  func note(_ value: UInt64, in word: UInt32) {
    let state = world.pointee.threads + thread
    state.pointee.look = (state.pointee.look ^ value &+ UInt64(word)) &* 0x9e37_79b9_7f4a_7c15
    state.pointee.looked |= 1 &<< UInt64(word & 63)
  }

  /// Waits, before `operation`, until `isOver`; others have to make it so, and say so by `review(_:)`.
  @inlinable @inline(__always)
  func wait(_ wait: Wait, isOver: Bool, at place: FieldPlace, _ operation: PendingOperation) {
    guard world.pointee.isConcurrent else {
      precondition(isOver, "'\(place.field.name)' is waited for, and nobody else is there")
      return
    }
    world.pointee.threads[thread].wait = wait
    world.pointee.threads[thread].waitPlace = place
    world.pointee.waiting.insert(thread)
    if !isOver { world.pointee.ready.remove(thread) }
    reach(operation)
    world.pointee.threads[thread].wait = .nothing
    world.pointee.waiting.remove(thread)
  }

  @usableFromInline
  func tellWhoIsStuck() {
    for stuck in world.pointee.unfinished {
      let state = world.pointee.threads[stuck]
      let machine = ScheduledMachine(world: world, thread: stuck)
      switch state.wait {
      case .nothing: break
      case .lock: machine.emit(.stuck(.lock, state.waitPlace))
      case .wake: machine.emit(.stuck(.wake, state.waitPlace))
      case .completion: machine.emit(.stuck(.completion, state.waitPlace))
      case .sections: machine.emit(.stuck(.sections, nil))
      }
    }
  }
}
