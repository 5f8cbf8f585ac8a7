import Architecture
public import Machines

extension RadixJudges: EventListener {
  /// Takes note of one event.
  public mutating func observe(_ event: Event) {
    findings.now &+= 1
    switch event {
    case .load(let address, _): _ = judgeAccess(address)
    case .store(let address, let old, let new, let order):
      write(address, old, new, isAtomic: false, isOrdered: order == .release)
    case .hardwareStore(let address, let old, let new): noteHardware(old, new, at: address)
    case .exchange(let address, let old, let new): write(address, old, new, isAtomic: true)
    case .allocate(let address, let count, _):
      guard let first = memory.page(of: address) else { return }
      while pages.count < first + count { pages.append(Page()) }
      for page in first..<first + count { pages[page].station = .live }
      if count == 1 { adrift.append(first) }
      judgeAllocation()
    case .refuse: judgeAllocation()
    case .release(let address, _, let remaining): if remaining <= 0 { free(address) }
    case .freeRoot(let address, let count):
      for page in 0..<UInt64(count) { free(address + page << memory.pageShift, isRoot: true) }
    case .invalidateRadix(let invalidation): judgeInvalidation(invalidation)
    case .powerBarrier(let barrier): cache.barrier(barrier)
    case .warn(let site): add(.unexpectedWarning, "\(site)", detail: "\(site.name)")
    case .runaway: add(.runaway, "the call was cut off after too many steps")
    case .retain, .deferFree, .readSection, .invalidate, .barrier, .clean, .invalidateInstructions,
      .yield, .lost:
      break
    }
  }
}
