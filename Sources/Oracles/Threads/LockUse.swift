public import Machines

/// Use of locks: who takes one finds it made, who gives one back has it, nobody makes one anew that is held or
/// waited on, none is kept, none is written as a field is, and what interrupts are disabled for is not taken
/// while they are enabled.
///
/// Does not establish: that a lock protects anything; that interrupts are disabled for what one takes.
enum LockUse {
  /// A thread has come to its end.
  static func judgeEnd(
    _ held: [LockOrder.Held],
    _ thread: Int,
    _ shadows: inout RecordShadows,
    _ findings: inout Findings
  ) {
    for lock in held {
      let name = shadows.name(lock.place)
      findings.add(
        .lockKept,
        "thread \(thread) ends and holds \(name) still",
        at: .word(lock.place),
        detail: name
      )
    }
  }
}

extension ThreadJudges {
  mutating func observeLock(_ event: RecordEvent, _ thread: Int) {
    switch event {
    case .acquire(let place, let mode, let isTry): judgeAcquire(place, mode, isTry: isTry, thread)
    case .release(let place, let mode): judgeRelease(place, mode, thread)
    case .initialise(let place): judgeInitialise(place, thread)
    case .busy(let place, _): _ = touch(place, thread)
    default: break
    }
  }

  private mutating func judgeAcquire(
    _ place: FieldPlace,
    _ mode: LockMode,
    isTry: Bool,
    _ thread: Int
  ) {
    let index = touch(place, thread)
    if !shadows.words[index].isMade { judgeUnmade(place, index, thread) }
    if mode.sleeps, !isTry { sleeping.judge("takes a mutex", thread, &findings) }
    locks.take(place, mode, isTry: isTry, thread, &shadows, &findings)
    judgeInterrupts(place, mode, index, thread)
    sleeping.take(mode, thread)
    order.take(shadows.words[index].handed, thread)
    if mode.isShared {
      shadows.words[index].sharedHolders |= 1 << UInt32(thread)
    } else {
      order.take(shadows.words[index].handedShared, thread)
      shadows.words[index].exclusiveHolders |= 1 << UInt32(thread)
    }
  }

  /// Zeroes are no lock, nor an empty queue, which is a list that ends in itself.
  ///
  /// What finds deadlocks knows no lock that nobody made, and elsewhere 0 may be one that is held.
  @inline(never)
  mutating func judgeUnmade(_ place: FieldPlace, _ index: Int, _ thread: Int) {
    if !shadows.words[index].isInitialised { judgeUninitialised(place, index) }
    add(.lockNotMade, place) { "thread \(thread) uses \($0), which nobody initialised" }
  }

  /// What is in a lock is its own.
  @inline(never)
  mutating func judgeOverwritten(_ place: FieldPlace, _ thread: Int) {
    add(.lockOverwritten, place) { "thread \(thread) writes to \($0), where a lock or a queue is" }
  }

  /// Whoever disables interrupts for a lock says that an interrupt may want it.
  private mutating func judgeInterrupts(
    _ place: FieldPlace,
    _ mode: LockMode,
    _ index: Int,
    _ thread: Int
  ) {
    if mode.disablesInterrupts {
      shadows.words[index].wantsNoInterrupts = true
    } else if sleeping.takesInterrupts(thread) {
      shadows.words[index].wasInterruptible = true
    }
    let word = shadows.words[index]
    guard word.wantsNoInterrupts, word.wasInterruptible else { return }
    add(.lockInterruptible, place) {
      "\($0) is taken with interrupts disabled, and with interrupts enabled"
    }
  }

  private mutating func judgeRelease(_ place: FieldPlace, _ mode: LockMode, _ thread: Int) {
    let index = touch(place, thread)
    guard locks.giveBack(place, mode, thread) else {
      let name = shadows.name(place)
      let others = shadows.words[index].exclusiveHolders | shadows.words[index].sharedHolders
      findings.add(
        .foreignRelease,
        "thread \(thread) gives \(name) back, which "
          + (others == 0 ? "nobody holds" : "thread \(others.trailingZeroBitCount) holds"),
        at: .word(place),
        detail: "\(name), \(others == 0 ? "nobody's" : "another's")"
      )
      return
    }
    sleeping.giveBack(mode, thread)
    if mode.isShared {
      shadows.words[index].sharedHolders &= ~(1 << UInt32(thread))
      shadows.words[index].handedShared.join(order.give(thread))
    } else {
      shadows.words[index].exclusiveHolders &= ~(1 << UInt32(thread))
      shadows.words[index].handed.join(order.give(thread))
    }
  }

  private mutating func judgeInitialise(_ place: FieldPlace, _ thread: Int) {
    let index = touch(place, thread)
    let word = shadows.words[index]
    if word.exclusiveHolders | word.sharedHolders | word.waiters != 0 {
      let users = word.exclusiveHolders | word.sharedHolders | word.waiters
      add(.lockReinitialised, place) {
        "thread \(thread) makes \($0) anew, which thread \(users.trailingZeroBitCount) "
          + (word.waiters != 0 ? "waits on" : "holds")
      }
    }
    shadows.words[index].isInitialised = true
    shadows.words[index].isMade = true
  }
}

extension Rule {
  /// A lock is given back by who has it not.
  public static let foreignRelease = Rule(
    "foreign-release",
    "a lock is given back by the thread that took it, in the mode in which it did",
    oracle: "LockUse"
  )

  /// A lock is taken, or a queue used, that nobody made.
  public static let lockNotMade = Rule(
    "lock-not-made",
    "a lock or a queue is initialised before it is used, whatever its memory holds",
    reference: "Linux, Documentation/locking/lockdep-design.rst",
    oracle: "LockUse"
  )

  /// A lock is made anew while it is used.
  public static let lockReinitialised = Rule(
    "lock-reinitialised",
    "nobody initialises a lock that is held, or a queue that is waited on",
    oracle: "LockUse"
  )

  /// A lock that interrupts are disabled for is taken while they are enabled.
  public static let lockInterruptible = Rule(
    "lock-interruptible",
    "a lock that one thread disables interrupts to take, none takes while they are enabled",
    reference: "Linux, Documentation/locking/lockdep-design.rst",
    oracle: "LockUse"
  )

  /// A lock is written as if it were a number.
  public static let lockOverwritten = Rule(
    "lock-overwritten",
    "nothing is written to the word of a lock or a queue but by what takes it, gives it back or makes it",
    oracle: "LockUse"
  )

  /// A lock is never given back.
  public static let lockKept = Rule(
    "lock-kept",
    "a thread holds no lock when it ends",
    oracle: "LockUse"
  )
}

extension LockUse {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .foreignRelease, .lockNotMade, .lockReinitialised, .lockInterruptible, .lockOverwritten,
    .lockKept,
  ]
}
