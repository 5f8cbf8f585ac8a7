public import Machines

extension ScheduledMachine {
  /// What fills a record that is not zeroed.
  @inlinable static var poison: UInt64 { 0x5a5a_5a5a_5a5a_5a5a }

  /// A record at an address that no other ever had, in the thread's own region; others may run before.
  @inlinable
  public func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> UInt64? {
    if maySleep { emit(.mightSleep) }
    guard mayAllocate() else {
      emit(.refuse(name: layout.name))
      return nil
    }
    let used = world.pointee.threads[thread].usedWords
    let size = UInt32(layout.wordCount) &+ 1
    guard used &+ size <= world.pointee.settings.wordsPerThread else {
      emit(.refuse(name: layout.name))
      return nil
    }
    world.pointee.threads[thread].usedWords = used &+ size
    let first = world.pointee.regionBase(of: thread) &+ used &+ 1
    let record = UInt64(first) &<< 3
    if !isZeroed {
      for word in first..<first &+ UInt32(layout.wordCount) { fill(word) }
    }
    emit(
      .allocate(
        record: record,
        wordCount: layout.wordCount,
        name: layout.name,
        isZeroed: isZeroed
      )
    )
    return record
  }

  @inlinable
  func fill(_ word: UInt32) {
    world.pointee.words[Int(word)] = Self.poison
    world.pointee.weak?.pointee.fill(word, Self.poison)
  }

  @inlinable
  func mayAllocate() -> Bool {
    guard world.pointee.isConcurrent else { return true }
    switch world.pointee.settings.memory {
    case .unlimited:
      reach(PendingOperation(.record))
      return true
    case .uncertain:
      reach(PendingOperation(.record))
      return choose(below: 2) == 0
    case .allocations:
      reach(PendingOperation(.record, isWrite: true, word: ReservedWord.allocator))
      guard world.pointee.remainingAllocations > 0 else { return false }
      world.pointee.remainingAllocations -= 1
      return true
    }
  }

  /// Gives a record back; others may run before.
  @inlinable
  public func free(_ record: UInt64) {
    reach(PendingOperation(.record, isWrite: true, word: header(record), record: header(record)))
    noteChange()
    emit(.free(record: record))
  }
}
