public import Machines

/// Accesses where memory is weak: which write a load returns, and where a write goes, is chosen.
extension ScheduledMachine {
  @inlinable @inline(never)
  func readWeakly(
    _ weak: UnsafeMutablePointer<WeakMemory>,
    _ field: Field,
    _ record: UInt64,
    _ word: UInt32,
    _ access: Access
  ) -> UInt64 {
    let count = weak.pointee.readable(word, thread)
    let message = weak.pointee.read(
      word,
      thread,
      chooseWrite(below: count),
      isAcquire: access == .acquire
    )
    let place = FieldPlace(field, of: record)
    emit(.read(place, value: message.value, access, from: message.number))
    return message.value
  }

  @inlinable @inline(never)
  func writeWeakly(
    _ weak: UnsafeMutablePointer<WeakMemory>,
    _ value: UInt64,
    _ field: Field,
    _ record: UInt64,
    _ word: UInt32,
    _ access: Access
  ) {
    let old = weak.pointee.latest(word)
    let position = chooseWrite(below: weak.pointee.writable(word, thread))
    put(value, 0)
    let number = world.pointee.writeCount
    weak.pointee.write(
      value,
      word,
      thread,
      position,
      number: number,
      isRelease: access == .release
    )
    emit(.write(FieldPlace(field, of: record), old: old, new: value, access, number: number))
  }

  @inlinable @inline(never)
  func updateWeakly(
    _ weak: UnsafeMutablePointer<WeakMemory>,
    _ field: Field,
    _ record: UInt64,
    _ word: UInt32,
    _ order: AtomicOrder,
    expecting expected: UInt64?,
    _ change: (UInt64) -> UInt64
  ) -> UInt64 {
    let place = FieldPlace(field, of: record)
    if let expected {
      // One that fails is a load, and may find what is old; one that succeeds takes the latest.
      var choice = chooseWrite(below: weak.pointee.readable(word, thread))
      if weak.pointee.readable(word, thread, choice) == expected { choice = 0 }
      if weak.pointee.readable(word, thread, choice) != expected {
        let message = weak.pointee.read(word, thread, choice, isAcquire: false)
        emit(.mismatch(place, found: message.value, from: message.number))
        return message.value
      }
    }
    if order == .full { weak.pointee.fence(.smpMB, thread) }
    let isAcquire = order == .acquire || order == .full
    let old = weak.pointee.read(word, thread, 0, isAcquire: isAcquire)
    let new = change(old.value)
    put(new, 0)
    let number = world.pointee.writeCount
    let isRelease = order == .release || order == .full
    weak.pointee.replace(new, word, thread, number: number, isRelease: isRelease)
    if order == .full { weak.pointee.fence(.smpMB, thread) }
    emit(.update(place, old: old.value, new: new, order, from: old.number, number: number))
    return old.value
  }
}
