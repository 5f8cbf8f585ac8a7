public import Machines

/// A lock's word: a bit for who holds it alone, and the rest counts who share it.
@usableFromInline
enum LockWord {
  @usableFromInline static let exclusive: UInt64 = 1
  @usableFromInline static let shared: UInt64 = 2

  /// Whether a lock whose word is `word` can be taken.
  @inlinable @inline(__always)
  static func isFree(_ word: UInt64, _ mode: LockMode) -> Bool {
    mode.isShared ? word & exclusive == 0 : word == 0
  }
}

extension ScheduledMachine {
  /// An operation on a lock; those that share it do not mind each other.
  @inlinable @inline(__always)
  func locking(
    _ word: UInt32,
    _ record: UInt64,
    _ mode: LockMode,
    _ role: PendingOperation.Role
  ) -> PendingOperation {
    PendingOperation(.lock, role, isWrite: !mode.isShared, word: word, record: header(record))
  }

  /// Whether a lock can be taken.
  @inlinable @inline(__always)
  func isFree(_ word: UInt32, _ mode: LockMode) -> Bool {
    LockWord.isFree(world.pointee.words[Int(word)], mode)
  }

  /// Makes a lock, queue, completion or domain anew; others may run before.
  @inlinable
  public func initialise(_ field: Field, of record: UInt64) {
    let word = word(field, record)
    reach(PendingOperation(.lock, isWrite: true, word: word, record: header(record)))
    set(0, word)
    emit(.initialise(FieldPlace(field, of: record)))
    review(word)
  }

  /// Takes a lock, and waits until it is free; others may run before.
  @inlinable
  public func acquire(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    let word = word(lock, record)
    let place = FieldPlace(lock, of: record)
    world.pointee.threads[thread].waitMode = mode
    wait(.lock, isOver: isFree(word, mode), at: place, locking(word, record, mode, .waits))
    take(word, mode)
    emit(.acquire(place, mode, isTry: false))
  }

  /// Takes a lock if it is free; others may run before.
  @inlinable
  public func tryAcquire(_ lock: Field, of record: UInt64, _ mode: LockMode) -> Bool {
    let word = word(lock, record)
    let place = FieldPlace(lock, of: record)
    reach(locking(word, record, mode, .free))
    guard isFree(word, mode) else {
      note(world.pointee.words[Int(word)], in: word)
      emit(.busy(place, mode))
      return false
    }
    take(word, mode)
    emit(.acquire(place, mode, isTry: true))
    return true
  }

  /// Gives a lock back; others may run before.
  @inlinable
  public func release(_ lock: Field, of record: UInt64, _ mode: LockMode) {
    let word = word(lock, record)
    reach(locking(word, record, mode, .enables))
    let held = world.pointee.words[Int(word)]
    let rest = mode.isShared ? held &- (held >= LockWord.shared ? LockWord.shared : 0) : 0
    world.pointee.weak?.pointee.publish(word, thread)
    set(rest, word)
    emit(.release(FieldPlace(lock, of: record), mode))
    review(word)
  }

  @inlinable @inline(__always)
  func take(_ word: UInt32, _ mode: LockMode) {
    let held = world.pointee.words[Int(word)]
    set(mode.isShared ? held &+ LockWord.shared : LockWord.exclusive, word)
    world.pointee.weak?.pointee.obtain(word, thread)
    review(word)
  }

  /// Changes a word that is no field's value.
  @inlinable @inline(__always)
  func set(_ value: UInt64, _ word: UInt32) {
    noteChange(word, isNew: true, isLock: true)
    if word != 0 { world.pointee.words[Int(word)] = value }
  }

  /// Looks again who can go on of those that wait for a word.
  @inlinable @inline(__always)
  func review(_ word: UInt32) {
    guard world.pointee.waiting.bits != 0 else { return }
    reviewWaiting(word)
  }

  @inlinable @inline(never)
  func reviewWaiting(_ word: UInt32) {
    for other in world.pointee.waiting {
      let state = world.pointee.threads + other
      let place = state.pointee.waitPlace
      guard self.word(place.field, place.record) == word else { continue }
      let isOver: Bool
      switch state.pointee.wait {
      case .lock: isOver = isFree(word, state.pointee.waitMode)
      case .completion: isOver = world.pointee.words[Int(word)] > 0
      case .nothing, .wake, .sections: continue
      }
      if isOver { world.pointee.ready.insert(other) } else { world.pointee.ready.remove(other) }
    }
  }

  /// Disables interrupts of the thread's CPU, or enables them; nothing interrupts here.
  @inlinable
  public func setInterrupts(areEnabled: Bool) { emit(.interrupts(areEnabled: areEnabled)) }
}
