public import Checking
public import Property
import Walkers

/// Draws a case: who there is, what is done alone, and what threads do at once.
public struct PfnCachePlan: CasePlan {
  /// Who there is beside, while something is done: the schedule says.
  public typealias Beside = Void

  /// How many threads there are, those of vCPUs included.
  public var threadCount: Int
  /// How many of them, the last ones, are vCPUs: the last uses cache 1 in guest mode, the one before it cache 0.
  public var vcpuCount: Int
  /// Who uses each cache: `PfnCacheUse`, as bits.
  public var uses: [UInt64]
  /// Whether look-ups and mappings may fail.
  public var canFail: Bool
  /// Whether no mapping succeeds at all, and every look-up does.
  public var refusesMappings: Bool
  /// Whether the guest leaves only when it is kicked, while what it uses is being invalidated.
  public var guestStays: Bool
  /// Whether to map something invalidates something else.
  public var mapsInvalidate: Bool
  /// Whether loads may return older writes.
  public var isWeak: Bool
  /// Whether checks without the lock ask for the frame too.
  public var asksForFrames: Bool
  /// Whether who has invalidated something looks whether a cache is still valid.
  public var looksAfterwards: Bool
  /// The bytes that the case is mostly about.
  var favourite: PfnCacheOperation.Bytes
  /// Other bytes that a case is about in which memory is weak.
  var second: PfnCacheOperation.Bytes
  /// How many operations were drawn.
  private var count = 0
  /// Whether threads were given something that they may not have done.
  private var hasGiven = false

  /// How many guest and host pages there are.
  public static let pageCount = 4
  /// How many caches there are.
  public static let cacheCount = 2

  /// About eight: calls of several threads have to meet.
  public static var length: ElementLoop { ElementLoop(1...16, averaging: 8) }
  /// At the end, which takes all caches out of use.
  public static var audits: AuditSchedule { .never }
  /// The name, whoever does it.
  public static func name(of operation: PfnCacheOperation) -> String {
    PfnCacheOperation.names[operation.number]
  }

  /// Draws who there is.
  public init(_ choices: inout Choices, within limits: NoLimits) {
    threadCount = choices.draw(in: 2...4)
    vcpuCount = choices.flip(oneIn: 3) ? 1 : 0
    // Somebody has to be there that takes pages away.
    if vcpuCount > 0, threadCount > 2, choices.flip(oneIn: 3) { vcpuCount = 2 }
    uses = [PfnCacheUse.kernel, PfnCacheUse.kernel]
    if choices.flip(oneIn: 6) { uses[0] = PfnCacheUse.guest }
    for cache in Self.cacheCount - vcpuCount..<Self.cacheCount {
      uses[cache] = PfnCacheUse.guest
      if choices.flip(oneIn: 2) { uses[cache] |= PfnCacheUse.kernel }
    }
    canFail = choices.flip(oneIn: 6)
    refusesMappings = !canFail && choices.flip(oneIn: 32)
    guestStays = vcpuCount > 0 && choices.flip(oneIn: 2)
    mapsInvalidate = choices.flip(oneIn: 8)
    isWeak = choices.flip(oneIn: 4)
    // What is torn shows in the frame.
    asksForFrames = isWeak || choices.flip(oneIn: 2)
    looksAfterwards = choices.flip(oneIn: 4)
    favourite = PfnCacheOperation.Bytes(address: 0, length: 8)
    favourite.address = Self.address(&choices)
    second = favourite
    if isWeak { second.address = Self.address(&choices) }
  }

  /// A case with so many threads, and nothing in it.
  init(threadCount: Int = 2, hasVCPU: Bool = false) {
    self.threadCount = threadCount
    vcpuCount = hasVCPU ? 1 : 0
    uses = [PfnCacheUse.kernel, hasVCPU ? PfnCacheUse.guest : PfnCacheUse.kernel]
    canFail = false
    refusesMappings = false
    guestStays = false
    mapsInvalidate = false
    isWeak = false
    asksForFrames = true
    looksAfterwards = false
    favourite = PfnCacheOperation.Bytes(address: 0, length: 8)
    second = favourite
  }

  /// Who there is, in words.
  public var configurationText: String {
    let uses = uses.map { ["", "mapped", "for guest mode", "mapped and for guest mode"][Int($0)] }
    let vcpus = ["", ", the last a vCPU", ", the last two vCPUs"][vcpuCount]
    var text = "\(threadCount) threads\(vcpus)"
    for (cache, use) in uses.enumerated() { text += ", cache \(cache) \(use)" }
    if canFail { text += ", look-ups and mappings may fail" }
    if refusesMappings { text += ", mappings fail" }
    if guestStays { text += ", the guest stays until it is kicked" }
    if mapsInvalidate { text += ", to map invalidates something else" }
    if isWeak { text += ", memory weak" }
    if asksForFrames { text += ", checks ask for the frame" }
    if looksAfterwards { text += ", caches checked after each invalidation" }
    return text
  }

  /// The next operation: alone, or one thread's beside others.
  public mutating func operation(_ choices: inout Choices) -> PfnCacheOperation {
    count += 1
    if isWeak, vcpuCount == 0 { return operationInWeakMemory(&choices) }
    let isAlone = count < 3 ? !choices.flip(oneIn: 4) : !choices.flip(5, in: 6)
    let thread = isAlone ? nil : Int(choices.draw(below: UInt64(threadCount)))
    hasGiven = thread != nil
    // What is done alone is done for a vCPU where there is one.
    var user = thread ?? threadCount - 1
    if thread == nil, vcpuCount > 1 { user -= Int(choices.draw(below: UInt64(vcpuCount))) }
    let guestCache = cache(ofVCPU: user)
    let weights = count == 1 ? Self.firstWeights : Self.weights
    // A vCPU among other threads is there to run the guest, and they to take its pages from it.
    let isUsual = vcpuCount > 0 && thread != nil && choices.flip(oneIn: 2)
    let number = isUsual ? (guestCache != nil ? 6 : 7) : choices.draw(weights: weights)
    return PfnCacheOperation(thread: thread, kind: kind(number, &choices, guestCache))
  }

  /// The cache that a thread uses in guest mode; nil where it is no vCPU.
  func cache(ofVCPU thread: Int) -> Int? {
    let cache = Self.cacheCount - (threadCount - thread)
    return cache >= Self.cacheCount - vcpuCount ? cache : nil
  }

  /// Where memory is weak: one thread changes a cache, and others look at it meanwhile without its lock.
  private mutating func operationInWeakMemory(_ choices: inout Choices) -> PfnCacheOperation {
    let isAlone = count == 1 || choices.flip(oneIn: 12)
    let thread = isAlone ? nil : Int(choices.draw(below: UInt64(threadCount)))
    hasGiven = thread != nil
    guard count > 1, !choices.flip(oneIn: 6) else {
      let number = count == 1 ? 3 : choices.draw(weights: Self.weights)
      return PfnCacheOperation(thread: thread, kind: kind(number, &choices, nil))
    }
    let weights = thread == 0 ? Self.changingWeights : Self.lookingWeights
    let number = choices.draw(weights: weights)
    guard number == 1 || number == 2 else {
      return PfnCacheOperation(thread: thread, kind: kind(number, &choices, nil))
    }
    let bytes = choices.flip(oneIn: 2) ? second : favourite
    let kind: PfnCacheOperation.Kind =
      number == 1
      ? .check(cache: 0, bytes) : .refresh(cache: 0, bytes, willWrite: choices.flip(oneIn: 3))
    return PfnCacheOperation(thread: thread, kind: kind)
  }

  /// Whoever was given something ends.
  public mutating func closing(_ choices: inout Choices) -> [PfnCacheOperation] {
    hasGiven ? [PfnCacheOperation(thread: nil, kind: .join)] : []
  }

  private static let firstWeights = Weights([0, 0, 0, 8, 0, 0, 1, 1, 0, 0])
  private static let weights = Weights([6, 1, 4, 3, 2, 2, 4, 5, 3, 2])
  private static let changingWeights = Weights([0, 0, 12, 1, 1, 1, 0, 4, 1, 0])
  private static let lookingWeights = Weights([2, 16, 2, 0, 0, 0, 0, 2, 0, 0])

  private func kind(
    _ number: Int,
    _ choices: inout Choices,
    _ guestCache: Int?
  ) -> PfnCacheOperation.Kind {
    switch number {
    case 7:
      let pages = pages(&choices)
      let change = choices.pick(PfnCacheOperation.PageChange.allCases)
      let maySleep = vcpuCount > 0 || !choices.flip(oneIn: 4)
      return .invalidate(first: pages.lowerBound, count: pages.count, change, maySleep: maySleep)
    case 8:
      var page = favouritePage
      if choices.flip(oneIn: 3) { page = Int(choices.draw(through: UInt64(Self.pageCount - 1))) }
      switch choices.draw(through: 2) {
      case 0: return .changeSlots(page: page, .touch)
      case 1: return .changeSlots(page: page, .move(to: Int(choices.draw(through: 3))))
      default: return .changeSlots(page: page, .remove)
      }
    case 9: return .harvest
    default: return call(number, &choices, guestCache)
    }
  }

  /// The guest page that the case is mostly about.
  private var favouritePage: Int { Int(favourite.address >> 12) % Self.pageCount }

  /// That page, one beside it, or some.
  private func pages(_ choices: inout Choices) -> Range<Int> {
    let page = favouritePage
    switch choices.draw(weights: Self.rangeWeights) {
    case 0: return page..<page + 1
    case 1:
      let first = page == 0 ? 1 : page - 1
      return first..<first + 1
    default:
      let first = Int(choices.draw(through: UInt64(Self.pageCount - 1)))
      return first..<first + Int(choices.draw(in: 1...Self.pageCount - first))
    }
  }

  /// A call on a cache; that of a vCPU is refreshed and emptied by nobody else.
  private func call(
    _ number: Int,
    _ choices: inout Choices,
    _ guestCache: Int?
  ) -> PfnCacheOperation.Kind {
    var cache = guestCache ?? 0
    let hasOther = vcpuCount == 0 || vcpuCount == 1 && guestCache != nil
    if hasOther, choices.flip(oneIn: 4) { cache = 1 - cache }
    let bytes = bytes(&choices)
    let isWrite = choices.flip(oneIn: 3)
    let isOthers = guestCache == nil && vcpuCount == Self.cacheCount
    switch isOthers ? 0 : number {
    case 0 where uses[cache] & PfnCacheUse.kernel != 0:
      return .access(cache: cache, bytes, isWrite: isWrite)
    case 0, 1: return .check(cache: cache, bytes)
    case 2: return .refresh(cache: cache, bytes, willWrite: isWrite)
    case 3: return .activate(cache: cache, bytes, willWrite: isWrite)
    case 4: return .unmap(cache: cache)
    case 5: return .deactivate(cache: cache)
    default:
      guard cache == guestCache else {
        return .refresh(cache: cache, bytes, willWrite: isWrite)
      }
      let count = Int(choices.draw(in: 1...6))
      return .enterGuest(cache: cache, bytes, accessCount: count, isWrite: isWrite)
    }
  }

  private static let rangeWeights = Weights([6, 1, 2])
  private static let pageWeights = Weights([6, 4, 1, 3, 1])
  private static let offsetWeights = Weights([6, 2, 1])
  private static let lengthWeights = Weights([12, 1, 1, 1, 1, 1])

  private static func address(_ choices: inout Choices) -> UInt64 {
    let page = UInt64(choices.draw(weights: pageWeights))
    return page << 12 | [0, 256, 4088][choices.draw(weights: offsetWeights)]
  }

  private func bytes(_ choices: inout Choices) -> PfnCacheOperation.Bytes {
    guard choices.flip(oneIn: 4) else {
      return isWeak && choices.flip(oneIn: 2) ? second : favourite
    }
    let address = Self.address(&choices)
    let left = 4096 - address % 4096
    let length: UInt64 =
      switch choices.draw(weights: Self.lengthWeights) {
      case 0: 8
      case 1: left
      case 2: left + 1
      case 3: 0
      case 4: left &- 4096
      default: 1
      }
    return PfnCacheOperation.Bytes(address: address, length: length)
  }
}
