public import CFiber
public import Machines

/// Everything that the threads of a run share, behind one pointer.
///
/// It is reached through pointers alone: an access that Swift checks while it runs keeps a note on the
/// stack, and must not span a switch.
@usableFromInline
struct WorldState<S: Scheduler, L: RecordListener> {
  @usableFromInline var scheduler: S
  @usableFromInline var listener: L
  @usableFromInline let settings: WorldSettings

  /// Memory: words, the number of the write that each holds, and how many there are.
  @usableFromInline let words: UnsafeMutablePointer<UInt64>
  @usableFromInline let numbers: UnsafeMutablePointer<UInt32>
  @usableFromInline let wordCount: UInt32
  @usableFromInline let threads: UnsafeMutablePointer<ThreadState>
  @usableFromInline var home = cfiber_context()
  @usableFromInline let weak: UnsafeMutablePointer<WeakMemory>?

  /// Who can go on.
  @usableFromInline var ready = ThreadSet()
  /// Who let others run, and goes on when one of them has changed something.
  @usableFromInline var yielded = ThreadSet()
  /// Who of them found the same twice, and goes on when one of the words has changed that it looked at.
  @usableFromInline var spinning = ThreadSet()
  /// Who of them looked again, though nothing was changed, and how often all have.
  @usableFromInline var lookedInVain = ThreadSet()
  @usableFromInline var vainRoundCount = 0
  /// Who waits for something.
  @usableFromInline var waiting = ThreadSet()
  @usableFromInline var unfinished = ThreadSet()
  /// Whether threads run; else everything is done alone.
  @usableFromInline var isConcurrent = false
  @usableFromInline var ending = RunEnding.finished
  @usableFromInline var wasOverruled = false
  @usableFromInline var stepCount = 0
  @usableFromInline var stepLimit = 0
  @usableFromInline var switchCount = 0
  @usableFromInline var preemptionCount = 0
  @usableFromInline var writeCount: UInt32 = 0
  @usableFromInline var ticketCount: UInt32 = 0
  @usableFromInline var remainingAllocations = Int.max
  @usableFromInline var laterFrees: [LaterFree] = []
  @usableFromInline var bodies: [(inout ScheduledMachine<S, L>) -> Void] = []

  @usableFromInline
  init(scheduler: S, listener: L, settings: WorldSettings) {
    precondition(
      (1...ThreadSet.limit).contains(settings.threadLimit),
      "\(settings.threadLimit) threads"
    )
    self.scheduler = scheduler
    self.listener = listener
    self.settings = settings
    let regions = UInt32(settings.threadLimit + 1)
    wordCount = ReservedWord.count + regions * settings.wordsPerThread
    words = .allocate(capacity: Int(wordCount))
    words.initialize(repeating: 0, count: Int(wordCount))
    numbers = .allocate(capacity: Int(wordCount))
    numbers.initialize(repeating: 0, count: Int(wordCount))
    threads = .allocate(capacity: ThreadSet.limit + 1)
    threads.initialize(repeating: ThreadState(), count: ThreadSet.limit + 1)
    if settings.isWeak {
      let memory = UnsafeMutablePointer<WeakMemory>.allocate(capacity: 1)
      memory.initialize(to: WeakMemory(wordCount: Int(wordCount)))
      weak = memory
    } else {
      weak = nil
    }
  }

  func deallocate() {
    words.deallocate()
    numbers.deallocate()
    threads.deallocate()
    weak?.pointee.deallocate()
    weak?.deinitialize(count: 1)
    weak?.deallocate()
  }

  /// The number of the region that a thread allocates from.
  @inlinable
  func region(of thread: Int) -> UInt32 {
    UInt32(thread == ThreadSet.setup ? 0 : thread + 1)
  }

  /// The first word of a thread's region.
  @inlinable
  func regionBase(of thread: Int) -> UInt32 {
    ReservedWord.count + region(of: thread) * settings.wordsPerThread
  }

  /// Forgets everything; costs what was used.
  @inlinable
  mutating func reset() {
    for thread in 0...ThreadSet.limit {
      let count = Int(threads[thread].usedWords)
      if count > 0 {
        let base = Int(regionBase(of: thread))
        (words + base).update(repeating: 0, count: count)
        (numbers + base).update(repeating: 0, count: count)
      }
      threads[thread] = ThreadState()
    }
    weak?.pointee.reset()
    ready = ThreadSet()
    yielded = ThreadSet()
    spinning = ThreadSet()
    lookedInVain = ThreadSet()
    vainRoundCount = 0
    waiting = ThreadSet()
    unfinished = ThreadSet()
    isConcurrent = false
    ending = .finished
    wasOverruled = false
    stepCount = 0
    stepLimit = settings.stepLimit
    switchCount = 0
    preemptionCount = 0
    writeCount = 0
    ticketCount = 0
    laterFrees.removeAll(keepingCapacity: true)
    remainingAllocations = .max
    if case .allocations(let count) = settings.memory { remainingAllocations = count }
  }
}

/// A record that is freed when everybody has left the sections that they were in.
@usableFromInline
struct LaterFree {
  @usableFromInline var record: UInt64
  @usableFromInline var word: UInt32
  @usableFromInline var awaited: ThreadSet

  @inlinable
  init(record: UInt64, word: UInt32, awaited: ThreadSet) {
    self.record = record
    self.word = word
    self.awaited = awaited
  }
}
