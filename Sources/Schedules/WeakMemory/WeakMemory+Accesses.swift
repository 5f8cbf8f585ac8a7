extension WeakMemory {
  /// How many writes a thread's load of a word may return.
  @usableFromInline
  mutating func readable(_ word: UInt32, _ thread: Int) -> Int {
    let location = location(word)
    let seen = seen(Self.view(.current, thread), location)
    let last = locations[location].last
    return Int(writes[Int(last)].rank - writes[Int(seen)].rank) + 1
  }

  /// What the load would return that skips so many of the latest writes.
  @usableFromInline
  mutating func readable(_ word: UInt32, _ thread: Int, _ choice: Int) -> UInt64 {
    let location = location(word)
    let write = write(location, choice)
    return write == 0 ? locations[location].initial : writes[Int(write)].value
  }

  /// The write before so many of the latest ones; 0 for what was there in the beginning.
  private func write(_ location: Int, _ choice: Int) -> UInt32 {
    var write = locations[location].last
    for _ in 0..<choice { write = writes[Int(write)].previous }
    return write
  }

  /// Loads a word: the write before `choice` of the latest ones.
  @usableFromInline
  mutating func read(_ word: UInt32, _ thread: Int, _ choice: Int, isAcquire: Bool) -> Write {
    let location = location(word)
    let index = write(location, choice)
    lastRead[thread] = location
    guard index != 0 else {
      var beginning = Write()
      beginning.value = locations[location].initial
      return beginning
    }
    let current = Self.view(.current, thread)
    let acquired = Self.view(.acquired, thread)
    advance(current, location, to: index)
    advance(acquired, location, to: index)
    let carried = Int(writes[Int(index)].view)
    if carried != 0 {
      join(acquired, with: carried)
      if isAcquire { join(current, with: carried) }
    }
    return writes[Int(index)]
  }

  /// In how many places of a word's history a thread's store may go.
  @usableFromInline
  mutating func writable(_ word: UInt32, _ thread: Int) -> Int {
    let location = location(word)
    let seen = seen(Self.view(.current, thread), location)
    var count = 1
    var write = locations[location].last
    while write != seen, write != 0 {
      if !writes[Int(write)].isAtomic { count += 1 }
      write = writes[Int(write)].previous
    }
    return count
  }

  /// Stores to a word, before `choice` of the latest writes that need not stay with the one before them.
  @usableFromInline
  mutating func write(
    _ value: UInt64,
    _ word: UInt32,
    _ thread: Int,
    _ choice: Int,
    number: UInt32,
    isRelease: Bool
  ) {
    let location = location(word)
    var following: UInt32 = 0
    var previous = locations[location].last
    var passed = 0
    while passed < choice {
      if !writes[Int(previous)].isAtomic { passed += 1 }
      following = previous
      previous = writes[Int(previous)].previous
    }
    let index = insert(value, location, after: previous, before: following, number: number)
    carry(index, location, thread, isRelease: isRelease)
  }

  /// Stores to a word, directly after the latest write, which was read as one with it.
  @usableFromInline
  mutating func replace(
    _ value: UInt64,
    _ word: UInt32,
    _ thread: Int,
    number: UInt32,
    isRelease: Bool
  ) {
    let location = location(word)
    let latest = locations[location].last
    let index = insert(value, location, after: latest, before: 0, number: number)
    writes[Int(index)].isAtomic = true
    carry(index, location, thread, isRelease: isRelease)
    // Who reads it is behind whoever released what it replaces.
    let inherited = Int(writes[Int(latest)].view)
    guard latest != 0, inherited != 0 else { return }
    if writes[Int(index)].view == 0 { writes[Int(index)].view = UInt32(makeView()) }
    join(Int(writes[Int(index)].view), with: inherited)
  }

  private mutating func insert(
    _ value: UInt64,
    _ location: Int,
    after previous: UInt32,
    before following: UInt32,
    number: UInt32
  ) -> UInt32 {
    let index = UInt32(writes.count)
    var write = Write()
    write.value = value
    write.number = number
    write.rank = previous == 0 ? 1 : writes[Int(previous)].rank + 1
    write.previous = previous
    write.following = following
    writes.append(write)
    if previous != 0 { writes[Int(previous)].following = index }
    if following == 0 {
      locations[location].last = index
    } else {
      writes[Int(following)].previous = index
    }
    var later = following
    while later != 0 {
      writes[Int(later)].rank += 1
      later = writes[Int(later)].following
    }
    return index
  }

  /// Gives a new write its view, and its writer sight of it.
  private mutating func carry(_ index: UInt32, _ location: Int, _ thread: Int, isRelease: Bool) {
    for kind in [Kind.current, .acquired, .own] {
      advance(Self.view(kind, thread), location, to: index)
    }
    let source = Self.view(isRelease ? .current : .released, thread)
    let isEmpty = !views[source].contains { $0 != 0 }
    guard !isEmpty else { return }
    let view = makeView()
    join(view, with: source)
    advance(view, location, to: index)
    writes[Int(index)].view = UInt32(view)
  }

  /// What the latest write left in a word.
  @usableFromInline
  func latest(_ word: UInt32) -> UInt64 {
    let known = Int(knownLocation(word))
    guard known != 0 else { return 0 }
    let last = locations[known].last
    return last == 0 ? locations[known].initial : writes[Int(last)].value
  }

  /// Says what a word holds in the beginning.
  @usableFromInline
  mutating func fill(_ word: UInt32, _ value: UInt64) { locations[location(word)].initial = value }
}
