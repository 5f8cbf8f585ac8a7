/// What a case reached beside how its calls ended: which calls were under way at once, and what became of
/// frames and vCPUs meanwhile.
struct PfnSituations {
  /// What can come of a call, whoever else is there.
  enum Event: Int, CaseIterable {
    case lookedUpAgain, waitedForInvalidation, waitedForGuest, foundSameFrame, readIn, mappedNoRAM
    case wasKicked, lostFrameOnEntry, lookUpRefused, mappingRefused

    var label: String {
      switch self {
      case .lookedUpAgain: "look-up repeated"
      case .waitedForInvalidation: "refresh waits for invalidation"
      case .waitedForGuest: "invalidation waits for guest"
      case .foundSameFrame: "same frame found"
      case .readIn: "page read in"
      case .mappedNoRAM: "no RAM mapped"
      case .wasKicked: "guest kicked"
      case .lostFrameOnEntry: "guest entered in vain"
      case .lookUpRefused: "look-up refused"
      case .mappingRefused: "mapping refused"
      }
    }
  }

  /// Calls, by their numbers, that concern each other where they are on one cache, or of one page.
  private static let pairs: [(Int, Int)] = {
    let calls = [0, 1, 2, 3, 4, 5]
    let onCache = calls.flatMap { first in
      // Who only looks minds nobody who only looks.
      calls.filter { $0 >= first && !(first < 2 && $0 < 2) }.map { (first, $0) }
    }
    let invalidations = [(0, 7), (1, 7), (2, 7), (3, 7), (4, 7), (5, 7), (6, 7), (7, 7)]
    return onCache + invalidations + [(0, 8), (1, 8), (2, 8), (3, 8), (6, 8), (0, 9), (6, 9)]
  }()

  /// The label of two calls by their numbers, the lower first; nil where there is none.
  private static let labelOfPair: [Int?] = {
    var labels = [Int?](repeating: nil, count: 256)
    for (index, pair) in pairs.enumerated() { labels[pair.0 * 16 + pair.1] = index }
    return labels
  }()

  /// In the order in which they are counted.
  static let labels =
    pairs.map { "\(PfnCacheOperation.names[$0.0]) | \(PfnCacheOperation.names[$0.1])" }
    + Event.allCases.map(\.label)

  /// What a check has to reach.
  static let required = [
    "access | refresh", "access | invalidate", "refresh | invalidate", "activate | invalidate",
    "enterGuest | invalidate", Event.lookedUpAgain.label,
  ]

  /// How often each was reached.
  private(set) var counts = [UInt64](repeating: 0, count: labels.count)
  /// What each thread is at, how often it looked a frame up meanwhile, and the frame found last for a cache.
  private var running = [PfnCacheOperation?](repeating: nil, count: 16)
  private var lookUpCounts = [Int](repeating: 0, count: 16)
  private var lastFrames = [UInt64](repeating: 0, count: PfnCachePlan.cacheCount)

  /// Forgets a case.
  mutating func reset() {
    for index in counts.indices { counts[index] = 0 }
    for thread in running.indices { running[thread] = nil }
    for cache in lastFrames.indices { lastFrames[cache] = 0 }
  }

  mutating func count(_ event: Event) { counts[Self.pairs.count + event.rawValue] += 1 }

  /// A thread begins something.
  mutating func began(_ operation: PfnCacheOperation, _ thread: Int) {
    for other in running.indices where other != thread {
      guard let known = running[other], operation.concerns(known) else { continue }
      let (first, second) = (operation.number, known.number)
      if let label = Self.labelOfPair[min(first, second) * 16 + max(first, second)] {
        counts[label] += 1
      }
    }
    running[thread] = operation
    lookUpCounts[thread] = 0
  }

  /// The cache that a thread is in a call on; nil for none.
  func cache(of thread: Int) -> Int? { running[thread]?.cache }

  /// A thread has ended what it was at.
  mutating func ended(_ thread: Int) { running[thread] = nil }

  /// A thread waits until somebody else has changed something.
  mutating func waits(_ thread: Int) {
    switch running[thread]?.kind {
    case .refresh, .activate: count(.waitedForInvalidation)
    case .invalidate: count(.waitedForGuest)
    default: break
    }
  }

  /// A thread has looked a frame up.
  mutating func found(_ frame: UInt64, _ thread: Int) {
    // What looks at everything in the end is no call.
    guard let cache = running[thread]?.cache else { return }
    lookUpCounts[thread] += 1
    if lookUpCounts[thread] == 2 { count(.lookedUpAgain) }
    if lastFrames[cache] == frame { count(.foundSameFrame) }
    lastFrames[cache] = frame
  }
}

extension PfnCacheOperation {
  /// The cache that it is a call on; nil for none.
  var cache: Int? {
    switch kind {
    case .access(let cache, _, _), .check(let cache, _), .refresh(let cache, _, _),
      .activate(let cache, _, _), .unmap(let cache), .deactivate(let cache),
      .enterGuest(let cache, _, _, _):
      cache
    case .invalidate, .changeSlots, .harvest, .join: nil
    }
  }

  /// The guest page that it is about; nil for any.
  private var page: Int? {
    switch kind {
    case .access(_, let bytes, _), .check(_, let bytes), .refresh(_, let bytes, _),
      .activate(_, let bytes, _), .enterGuest(_, let bytes, _, _):
      Int(truncatingIfNeeded: bytes.address >> 12)
    case .changeSlots(let page, _): page
    case .unmap, .deactivate, .invalidate, .harvest, .join: nil
    }
  }

  /// Whether both are about one cache, or one page.
  func concerns(_ other: PfnCacheOperation) -> Bool {
    if let cache, let otherCache = other.cache { return cache == otherCache }
    for (range, page) in [(self, other.page), (other, self.page)] {
      guard case .invalidate(let first, let count, _, _) = range.kind, let page else { continue }
      if !(first..<first + count).contains(page) { return false }
    }
    if let page, let otherPage = other.page { return page == otherPage }
    return true
  }
}
