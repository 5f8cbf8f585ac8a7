public import Machines

extension WeakMemory {
  /// A thread's fence.
  @usableFromInline
  mutating func fence(_ fence: Fence, _ thread: Int) {
    let current = Self.view(.current, thread)
    let released = Self.view(.released, thread)
    switch fence {
    case .smpRMB: join(current, with: Self.view(.acquired, thread))
    case .smpWMB: join(released, with: Self.view(.own, thread))
    case .smpMB:
      join(current, with: Self.view(.acquired, thread))
      join(current, with: Self.fences)
      join(Self.fences, with: current)
      join(Self.view(.acquired, thread), with: current)
      join(released, with: current)
    }
  }

  /// A thread gives back what others take: they will see what it has seen.
  @usableFromInline
  mutating func publish(_ word: UInt32, _ thread: Int) {
    let location = location(word)
    if locations[location].released == 0 {
      locations[location].released = UInt32(makeView())
    }
    join(Int(locations[location].released), with: Self.view(.current, thread))
  }

  /// A thread takes what others gave back; what it writes later carries that on.
  @usableFromInline
  mutating func obtain(_ word: UInt32, _ thread: Int) {
    let released = Int(locations[location(word)].released)
    guard released != 0 else { return }
    join(Self.view(.current, thread), with: released)
    join(Self.view(.acquired, thread), with: released)
    join(Self.view(.released, thread), with: released)
  }

  /// Threads begin: they see what was done before.
  @usableFromInline
  mutating func begin(threadCount: Int) {
    for thread in 0..<threadCount { settle(thread) }
  }

  /// Threads have ended: who looks at the end sees everything.
  @usableFromInline
  mutating func end(threadCount: Int) { settle(ThreadSet.setup) }

  /// What threads wait for becomes visible to them in the end.
  @usableFromInline
  mutating func settle(_ threads: ThreadSet) {
    for thread in threads { settle(thread) }
  }

  private mutating func settle(_ thread: Int) {
    for location in 1..<max(locations.count, 1) where locations[location].last != 0 {
      advance(Self.view(.current, thread), location, to: locations[location].last)
      advance(Self.view(.acquired, thread), location, to: locations[location].last)
    }
  }

  /// What a thread read last, and looks at again, becomes visible to it in the end.
  @usableFromInline
  mutating func settleLastRead(_ thread: Int) {
    let location = lastRead[thread]
    guard location != 0, locations[location].last != 0 else { return }
    advance(Self.view(.current, thread), location, to: locations[location].last)
    advance(Self.view(.acquired, thread), location, to: locations[location].last)
  }
}
