import Machines
public import Property
import Walkers

/// Draws a case: who there is, what is done before all others, and what each does at once.
public struct PfnCachePlan: Sendable {
  /// How many threads there are, the vCPU's included.
  public var threadCount: Int
  /// Whether the last of them is a vCPU that uses cache 1 in guest mode.
  public var hasVCPU: Bool
  /// Who uses each cache: `PfnCacheUse`, as bits.
  public var uses: [UInt64]
  /// Whether look-ups and mappings may fail.
  public var canFail: Bool
  /// Whether to map something invalidates something else.
  public var mapsInvalidate: Bool
  /// What is done alone first, all by thread 0.
  public var before: [PfnCacheOperation] = []
  /// What is done at once, each thread's in order.
  public var atOnce: [PfnCacheOperation] = []

  /// How many guest and host pages there are, and caches.
  public static let pageCount = 4
  /// How many caches there are.
  public static let cacheCount = 2

  /// Draws who there is.
  public init(_ choices: inout Choices) {
    threadCount = choices.draw(in: 2...4)
    hasVCPU = choices.flip(oneIn: 3)
    uses = [PfnCacheUse.kernel, PfnCacheUse.kernel]
    if choices.flip(oneIn: 6) { uses[0] = PfnCacheUse.guest }
    if hasVCPU { uses[1] = choices.flip(oneIn: 2) ? 3 : PfnCacheUse.guest }
    canFail = choices.flip(oneIn: 6)
    mapsInvalidate = choices.flip(oneIn: 8)
  }

  /// A case with nothing in it.
  public init(threadCount: Int = 2, hasVCPU: Bool = false) {
    self.threadCount = threadCount
    self.hasVCPU = hasVCPU
    uses = [PfnCacheUse.kernel, hasVCPU ? PfnCacheUse.guest : PfnCacheUse.kernel]
    canFail = false
    mapsInvalidate = false
  }

  /// Draws all that is done.
  public mutating func drawOperations(_ choices: inout Choices) {
    before.removeAll(keepingCapacity: true)
    atOnce.removeAll(keepingCapacity: true)
    var early = ElementLoop(0...4, averaging: 2)
    while early.next(&choices) { before.append(operation(&choices, thread: 0, isAlone: true)) }
    var late = ElementLoop(0...8, averaging: 4)
    while late.next(&choices) {
      let thread = Int(choices.draw(below: UInt64(threadCount)))
      atOnce.append(operation(&choices, thread: thread, isAlone: false))
    }
  }

  /// Who there is, in words.
  public var configurationText: String {
    var text = "\(threadCount) threads\(hasVCPU ? ", the last a vCPU" : "")"
    for (cache, use) in uses.enumerated() {
      text +=
        ", cache \(cache) \(["", "mapped", "for guest mode", "mapped and for guest mode"][Int(use)])"
    }
    if canFail { text += ", look-ups and mappings may fail" }
    if mapsInvalidate { text += ", to map invalidates something else" }
    return text
  }

  /// The thread of the vCPU.
  var vcpuThread: Int { threadCount - 1 }

  private static let weights = Weights([6, 1, 4, 4, 2, 2, 3, 6, 2, 2])

  private func operation(
    _ choices: inout Choices,
    thread: Int,
    isAlone: Bool
  ) -> PfnCacheOperation {
    PfnCacheOperation(
      thread: thread,
      kind: kind(&choices, isVCPU: hasVCPU && (isAlone || thread == vcpuThread))
    )
  }

  private func kind(_ choices: inout Choices, isVCPU: Bool) -> PfnCacheOperation.Kind {
    let number = choices.draw(weights: Self.weights)
    switch number {
    case 7:
      let first = Int(choices.draw(through: UInt64(Self.pageCount - 1)))
      let count = Int(choices.draw(through: UInt64(Self.pageCount - 1 - first))) + 1
      let change = choices.pick(PfnCacheOperation.PageChange.allCases)
      let maySleep = hasVCPU || !choices.flip(oneIn: 4)
      return .invalidate(first: first, count: count, change, maySleep: maySleep)
    case 8:
      let page = Int(choices.draw(through: UInt64(Self.pageCount - 1)))
      switch choices.draw(through: 2) {
      case 0: return .changeSlots(page: page, .touch)
      case 1: return .changeSlots(page: page, .move(to: Int(choices.draw(through: 3))))
      default: return .changeSlots(page: page, .remove)
      }
    case 9: return .harvest
    default: return call(number, &choices, isVCPU: isVCPU)
    }
  }

  /// A call on a cache; that of the vCPU is refreshed and emptied by nobody else.
  private func call(
    _ number: Int,
    _ choices: inout Choices,
    isVCPU: Bool
  ) -> PfnCacheOperation.Kind {
    let cache = isVCPU || !hasVCPU ? Int(choices.draw(through: 1)) : 0
    let bytes = bytes(&choices)
    let isWrite = choices.flip(oneIn: 3)
    switch number {
    case 0 where uses[cache] & PfnCacheUse.kernel != 0:
      return .access(cache: cache, bytes, isWrite: isWrite)
    case 0, 1: return .check(cache: cache, bytes)
    case 2: return .refresh(cache: cache, bytes, willWrite: isWrite)
    case 3: return .activate(cache: cache, bytes, willWrite: isWrite)
    case 4: return .unmap(cache: cache)
    case 5: return .deactivate(cache: cache)
    default:
      guard isVCPU, cache == 1 else {
        return .refresh(cache: cache, bytes, willWrite: isWrite)
      }
      let count = Int(choices.draw(in: 1...3))
      return .enterGuest(cache: cache, bytes, accessCount: count, isWrite: isWrite)
    }
  }

  private static let pageWeights = Weights([8, 3, 1, 3, 1])
  private static let offsetWeights = Weights([6, 2, 1])
  private static let lengthWeights = Weights([12, 1, 1, 1, 1])

  private func bytes(_ choices: inout Choices) -> PfnCacheOperation.Bytes {
    let page = UInt64(choices.draw(weights: Self.pageWeights))
    let offset: UInt64 = [0, 256, 4088][choices.draw(weights: Self.offsetWeights)]
    let length: UInt64 =
      switch choices.draw(weights: Self.lengthWeights) {
      case 0: 8
      case 1: HostMemory.pageSize - offset
      case 2: HostMemory.pageSize - offset + 1
      case 3: 0
      default: 0 &- offset
      }
    return PfnCacheOperation.Bytes(address: page << 12 | offset, length: length)
  }
}
