import Machines

/// How much of each thread's past lies before a moment: by thread, a number of its moments.
typealias VectorClock = SIMD16<UInt32>

extension SIMD16<UInt32> {
  /// Takes in what another moment has behind it.
  @inline(__always)
  mutating func join(_ other: SIMD16<UInt32>) { self = pointwiseMax(self, other) }

  /// A thread with a moment here that does not lie before `other`; nil for none.
  @inline(__always)
  func ahead(of other: SIMD16<UInt32>) -> Int? {
    let isAhead = self .> other
    guard any(isAhead) else { return nil }
    return indices.first { isAhead[$0] }
  }
}

/// What is known of each thread's past, and of what writes and locks hand on of it.
///
/// A write that releases hands on its thread's past, as does a marked write after `smp_wmb` or `smp_mb`;
/// a read that acquires takes it, as do `smp_rmb` and `smp_mb` after a read. A read-modify-write hands
/// on what it found, too. Locks, queues, completions and grace periods hand on what lies before them.
///
/// Both one-sided fences order all accesses: no memory here makes a store before an earlier load.
struct HappensBefore: Sendable {
  /// The past of each thread; its own number counts what it has handed on.
  private(set) var past = [VectorClock](repeating: VectorClock(), count: 16)
  /// What a thread's marked writes hand on, since its last fence.
  private var fenced = [VectorClock](repeating: VectorClock(), count: 16)
  /// What a thread's next fence takes.
  private var pending = [VectorClock](repeating: VectorClock(), count: 16)
  /// Where each write's past is among `handed`, by the write's number; 0 for nothing.
  private var handedBy: [UInt32] = [0]
  private var handed: [VectorClock] = [VectorClock()]

  mutating func reset() {
    for thread in 0..<16 {
      past[thread] = VectorClock()
      past[thread][thread] = 1
      fenced[thread] = VectorClock()
      pending[thread] = VectorClock()
    }
    handedBy.removeSubrange(1...)
    handed.removeSubrange(1...)
  }

  init() { reset() }

  /// A thread takes over what was handed on.
  @inline(__always)
  mutating func take(_ clock: VectorClock, _ thread: Int) { past[thread].join(clock) }

  /// A thread's past as it is handed on; what it does later is not in it.
  @inline(__always)
  mutating func give(_ thread: Int) -> VectorClock {
    defer { past[thread][thread] &+= 1 }
    return past[thread]
  }

  /// A read found what a write left.
  @inline(__always)
  mutating func read(from number: UInt32, isAcquire: Bool, _ thread: Int) {
    guard number < handedBy.count, handedBy[Int(number)] != 0 else { return }
    let clock = handed[Int(handedBy[Int(number)])]
    if isAcquire { take(clock, thread) } else { pending[thread].join(clock) }
  }

  /// A write was made, of something that `from` left where it was read as one.
  @inline(__always)
  mutating func write(
    _ number: UInt32,
    replacing from: UInt32?,
    isRelease: Bool,
    isMarked: Bool,
    _ thread: Int
  ) {
    while handedBy.count <= number { handedBy.append(0) }
    var clock = VectorClock()
    if isRelease { clock = give(thread) } else if isMarked { clock = fenced[thread] }
    if let from, handedBy[Int(from)] != 0 { clock.join(handed[Int(handedBy[Int(from)])]) }
    guard clock != VectorClock() else { return }
    handedBy[Int(number)] = UInt32(handed.count)
    handed.append(clock)
  }

  /// A fence.
  mutating func fence(_ fence: Fence, _ thread: Int) {
    if fence != .smpWMB { take(pending[thread], thread) }
    if fence != .smpRMB { fenced[thread].join(give(thread)) }
  }

  /// Threads begin, after all that was done alone.
  mutating func begin(threadCount: Int) {
    let clock = give(15)
    for thread in 0..<threadCount { take(clock, thread) }
  }

  /// All have ended, before what is done alone.
  mutating func end() {
    for thread in 0..<15 { take(past[thread], 15) }
  }
}
