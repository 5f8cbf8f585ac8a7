public import Machines

extension ScheduledMachine {
  /// An operation on a queue or a completion.
  @inlinable @inline(__always)
  func waiting(
    _ word: UInt32,
    _ record: UInt64,
    _ role: PendingOperation.Role,
    isFence: Bool = false
  ) -> PendingOperation {
    var operation = PendingOperation(
      .wait,
      role,
      isWrite: true,
      word: word,
      record: header(record)
    )
    operation.isFence = isFence && world.pointee.weak != nil
    return operation
  }

  /// Says that this thread is about to sleep on a queue; others may run before.
  ///
  /// As in the kernel, it is a full fence.
  @inlinable
  public func prepareToWait(on queue: Field, of record: UInt64) {
    let word = word(queue, record)
    let place = FieldPlace(queue, of: record)
    reach(waiting(word, record, .free, isFence: true))
    noteChange()
    world.pointee.ticketCount &+= 1
    let state = world.pointee.threads + thread
    state.pointee.queueWord = word
    state.pointee.queuePlace = place
    state.pointee.queueTicket = world.pointee.ticketCount
    state.pointee.wasWoken = false
    world.pointee.weak?.pointee.obtain(word, thread)
    world.pointee.weak?.pointee.publish(word, thread)
    world.pointee.weak?.pointee.fence(.smpMB, thread)
    emit(.prepareToWait(place))
  }

  /// Sleeps until woken, where the thread prepared to wait and was not woken since.
  @inlinable
  public func sleep() {
    let state = world.pointee.threads + thread
    let place = state.pointee.queuePlace
    emit(.sleep)
    wait(
      .wake,
      isOver: state.pointee.queueWord == 0 || state.pointee.wasWoken,
      at: place,
      waiting(state.pointee.queueWord, place.record, .waits)
    )
    world.pointee.weak?.pointee.obtain(state.pointee.queueWord, thread)
    emit(.awake)
  }

  /// Leaves the queue; others may run before.
  @inlinable
  public func finishWait(on queue: Field, of record: UInt64) {
    let word = word(queue, record)
    reach(waiting(word, record, .free))
    noteChange()
    world.pointee.threads[thread].queueWord = 0
    emit(.finishWait(FieldPlace(queue, of: record)))
  }

  /// Wakes who prepared to wait first, or all that did; others may run before.
  @inlinable
  public func wake(_ queue: Field, of record: UInt64, all: Bool) {
    let word = word(queue, record)
    reach(waiting(word, record, .enables, isFence: true))
    noteChange()
    world.pointee.weak?.pointee.obtain(word, thread)
    world.pointee.weak?.pointee.publish(word, thread)
    var count = 0
    while let sleeper = firstAsleep(on: word) {
      world.pointee.threads[sleeper].wasWoken = true
      if world.pointee.threads[sleeper].wait == .wake { world.pointee.ready.insert(sleeper) }
      count += 1
      if !all { break }
    }
    if count > 0 { world.pointee.weak?.pointee.fence(.smpMB, thread) }
    emit(.wake(FieldPlace(queue, of: record), count: count))
  }

  /// Who prepared to wait on a queue first, of those whom nobody woke.
  @inlinable
  func firstAsleep(on word: UInt32) -> Int? {
    var first: Int?
    for other in world.pointee.unfinished {
      let state = world.pointee.threads[other]
      guard state.queueWord == word, word != 0, !state.wasWoken else { continue }
      if let known = first, world.pointee.threads[known].queueTicket < state.queueTicket {
        continue
      }
      first = other
    }
    return first
  }

  /// Waits until something is completed; others may run before.
  @inlinable
  public func awaitCompletion(_ completion: Field, of record: UInt64) {
    let word = word(completion, record)
    let place = FieldPlace(completion, of: record)
    let isOver = world.pointee.words[Int(word)] > 0
    wait(.completion, isOver: isOver, at: place, waiting(word, record, .waits))
    let count = world.pointee.words[Int(word)]
    if count != .max { set(count &- 1, word) }
    world.pointee.weak?.pointee.obtain(word, thread)
    emit(.completed(place))
    review(word)
  }

  /// Completes something, once or for good; others may run before.
  @inlinable
  public func complete(_ completion: Field, of record: UInt64, forGood: Bool) {
    let word = word(completion, record)
    reach(waiting(word, record, .enables))
    let count = world.pointee.words[Int(word)]
    world.pointee.weak?.pointee.publish(word, thread)
    set(forGood || count == .max ? .max : count + 1, word)
    emit(.complete(FieldPlace(completion, of: record)))
    review(word)
  }

  /// Says that the thread may sleep here; others may run.
  @inlinable
  public func mightSleep() {
    emit(.mightSleep)
    reach(PendingOperation(.local))
  }

  /// Lets others run: the thread goes on when one of them changed something, or none can go on.
  ///
  /// Where it lets them run again, having found in between what it had found before, it is looking for
  /// one of the words that it read: it goes on when one of these has changed.
  @inlinable
  public func yield() {
    emit(.yield)
    guard world.pointee.isConcurrent else { return }
    let state = world.pointee.threads + thread
    // Who finds the same as the time before will find it again until one of these words changes.
    let isSpinning = state.pointee.look == state.pointee.lastLook && state.pointee.looked != 0
    if isSpinning, world.pointee.weak == nil { world.pointee.spinning.insert(thread) }
    state.pointee.lastLook = state.pointee.look
    world.pointee.ready.remove(thread)
    world.pointee.yielded.insert(thread)
    reach(PendingOperation(.yield))
    world.pointee.spinning.remove(thread)
    state.pointee.look = 0
    state.pointee.looked = 0
    world.pointee.weak?.pointee.settleLastRead(thread)
  }
}
