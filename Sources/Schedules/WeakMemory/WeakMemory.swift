/// Memory in which a load may return any write that its thread's view permits.
///
/// Each word has a history of writes in an order that all agree on. A thread's view says, for each word,
/// the earliest write that it may still find; reading, fences and locks move it forward. A write carries
/// the view of a writer who released, or had fenced before; a reader who acquires, or fences after,
/// takes it on. A new write may also be put before others that its thread has not seen.
///
/// Reference: the view-based models of C11's relaxed, acquire and release accesses, without promises.
///
/// Stronger than the kernel's own model, `tools/memory-model`, in this: a store is never made before an
/// earlier load of its thread (load buffering); a read-modify-write that succeeds takes the latest
/// write; `smp_rmb` also orders earlier loads before later stores; who shares a lock is ordered after
/// who shared it before; a dependency orders what depends, as acquire does, only where the access says
/// `acquire`; plain accesses are made as written.
@usableFromInline
struct WeakMemory {
  /// One write of a word's history; number 0 stands for what each word held in the beginning.
  @usableFromInline
  struct Write {
    @usableFromInline var value: UInt64 = 0
    /// Its number among all writes of the run.
    @usableFromInline var number: UInt32 = 0
    /// How many writes of the word's history come before it.
    var rank: UInt32 = 0
    /// The write before and after it, by index; 0 for the beginning, and for none.
    var previous: UInt32 = 0
    var following: UInt32 = 0
    /// The view that it carries; 0 for none.
    var view: UInt32 = 0
    /// Whether nothing may come between it and the one before: an atomic read that one.
    var isAtomic = false
  }

  /// What is known of one word.
  struct Location {
    /// What it held in the beginning.
    var initial: UInt64 = 0
    /// The last write of its history; 0 for none.
    var last: UInt32 = 0
    /// The view of who released the lock, queue or domain that it is; 0 for none.
    var released: UInt32 = 0
  }

  /// The location of each word, counted from 1; 0 for none yet.
  let locationOfWord: UnsafeMutablePointer<UInt32>
  private var touched: [UInt32] = []
  var locations: [Location] = [Location()]
  var writes: [Write] = [Write()]
  /// Views: by location, the index of a write; view 0 is empty.
  var views: [[UInt32]] = []
  private var spareViews: [[UInt32]] = []
  var lastRead = [Int](repeating: 0, count: ThreadSet.limit + 1)

  init(wordCount: Int) {
    locationOfWord = .allocate(capacity: wordCount)
    locationOfWord.initialize(repeating: 0, count: wordCount)
    reset()
  }

  /// The views of a thread, and the one of all fences.
  enum Kind: Int {
    /// What it may not read behind any more.
    case current
    /// What it will not, once it fences its reads.
    case acquired
    /// What its writes carry.
    case released
    /// Its own writes.
    case own
  }

  /// The index of a thread's view.
  static func view(_ kind: Kind, _ thread: Int) -> Int { 1 + thread * 4 + kind.rawValue }
  /// The index of the view that full fences share.
  static let fences = 1 + (ThreadSet.limit + 1) * 4

  @usableFromInline
  mutating func reset() {
    for word in touched { locationOfWord[Int(word)] = 0 }
    touched.removeAll(keepingCapacity: true)
    locations.removeSubrange(1...)
    writes.removeSubrange(1...)
    spareViews.append(contentsOf: views)
    views.removeAll(keepingCapacity: true)
    for _ in 0...Self.fences { _ = makeView() }
    for thread in lastRead.indices { lastRead[thread] = 0 }
  }

  /// A view in which everything is as in the beginning.
  mutating func makeView() -> Int {
    var view = spareViews.popLast() ?? []
    view.removeAll(keepingCapacity: true)
    views.append(view)
    return views.count - 1
  }

  /// The location of a word.
  mutating func location(_ word: UInt32) -> Int {
    let known = locationOfWord[Int(word)]
    if known != 0 { return Int(known) }
    locations.append(Location())
    locationOfWord[Int(word)] = UInt32(locations.count - 1)
    touched.append(word)
    return locations.count - 1
  }

  /// The location of a word; 0 for none yet.
  func knownLocation(_ word: UInt32) -> UInt32 { locationOfWord[Int(word)] }

  /// The write that a view has of a location.
  func seen(_ view: Int, _ location: Int) -> UInt32 {
    location < views[view].count ? views[view][location] : 0
  }

  /// Moves a view forward to a write.
  mutating func advance(_ view: Int, _ location: Int, to write: UInt32) {
    while views[view].count <= location { views[view].append(0) }
    guard writes[Int(write)].rank > writes[Int(views[view][location])].rank else { return }
    views[view][location] = write
  }

  /// Moves a view forward to wherever another is ahead.
  mutating func join(_ view: Int, with other: Int) {
    guard view != other else { return }
    let source = views[other]
    // Taken out meanwhile, so that it is changed where it is.
    var target: [UInt32] = []
    swap(&target, &views[view])
    while target.count < source.count { target.append(0) }
    writes.withUnsafeBufferPointer { writes in
      target.withUnsafeMutableBufferPointer { target in
        for (location, write) in source.enumerated() where write != target[location] {
          if writes[Int(write)].rank > writes[Int(target[location])].rank {
            target[location] = write
          }
        }
      }
    }
    swap(&target, &views[view])
  }

  func deallocate() { locationOfWord.deallocate() }
}
