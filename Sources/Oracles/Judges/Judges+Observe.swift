import Architecture
public import Machines

extension Judges {
  /// Takes note of one event.
  ///
  /// Inlined, so that where the kind of event is known, as it is in a machine, the rest is left out.
  @inlinable @inline(__always)
  public mutating func observe(_ event: Event) {
    findings.now &+= 1
    switch event {
    case .load(let address, _):
      progress.steps &+= 1
      let page = memory.page(of: address)
      if page < memory.capacity, pages[page].station == .live { return }
      access(address)
    case .store(let address, let old, let new, let order):
      store(address, old: old, new: new, isRelease: order == .release)
    case .exchange(let address, let old, let new):
      store(address, old: old, new: new, isRelease: true)
    default: observeOther(event)
    }
  }

  @usableFromInline
  mutating func observeOther(_ event: Event) {
    switch event {
    case .load, .store, .exchange, .hardwareStore, .refuse, .invalidateRadix, .powerBarrier: break
    case .allocate(let address, let pageCount, let level):
      allocate(address, pageCount: pageCount, level: level)
    case .retain(let address, let amount): changeCount(address, by: amount)
    case .release(let address, let amount, let remaining):
      changeCount(address, by: -amount)
      free(address, ifCountIs: remaining)
    case .deferFree(let address): deferFree(address)
    case .readSection(let isEntered): locks.note(isEntered: isEntered, &findings)
    case .freeRoot(let address, let pageCount): freeRoot(address, pageCount: pageCount)
    case .invalidate(let invalidation):
      barriers.noteInvalidation()
      LevelHints.judge(invalidation, &findings)
      Features.judge(invalidation, regime, &findings)
      if !cache.isEmpty { invalidate(invalidation) }
    case .barrier(let barrier):
      barriers.note(barrier, at: findings.now)
      cache.barrier(barrier, at: findings.now)
      drainCache()
    case .clean(let address, let size): maintenance.clean(address, sizeInBytes: size)
    case .invalidateInstructions(let address, let size):
      maintenance.invalidateInstructions(address, sizeInBytes: size)
    case .yield: locks.judgeYield(contract, &findings)
    case .warn(let site): Warnings.judge(site, contract, &findings)
    case .lost(let site): Progress.judgeLoss(site, &findings)
    case .runaway: Progress.judgeRunaway(&findings)
    }
  }

  /// An access that is not to a live page.
  @usableFromInline
  mutating func access(_ address: UInt64) {
    TableLifetime.judgeAccess(address, isStore: false, pages, memory, &findings)
  }
}
