import Architecture
public import Machines

extension RadixJudges: EventListener {
  /// Takes note of one event.
  public mutating func observe(_ event: Event) {
    eventCount += 1
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
    case .invalidateRadix(let invalidation):
      let operand = RadixOperand(invalidation, ofPartition: partition)
      if operand?.isOfEveryPartition ?? true {
        add(
          .foreignInvalidation,
          "a tlbie of partition \(invalidation.partition.hexadecimal) names"
            + " \(invalidation.operand.hexadecimal)"
        )
      }
      if let early = cache.invalidate(invalidation) {
        add(
          .invalidateWithoutBarrier,
          "a tlbie for \(early.base.hexadecimal) was issued before the change at"
            + " \(early.place.hexadecimal) was ordered by ptesync",
          entryAddress: early.place,
          inputAddress: early.base
        )
      }
    case .barrier(let barrier): cache.barrier(barrier)
    case .warn(let site): add(.unexpectedWarning, "\(site)", detail: "\(site.name)")
    case .runaway: add(.runaway, "the call was cut off after too many steps")
    case .retain, .deferFree, .readSection, .invalidate, .clean, .invalidateInstructions,
      .yield, .lost:
      break
    }
  }

  /// Judges that an access is to an entry of a table in use.
  mutating func judgeAccess(_ address: UInt64) -> Bool {
    guard let number = number(of: address), pages[number].station != .unused else {
      add(
        .accessOutsideTable,
        "\(address.hexadecimal) is in no table",
        entryAddress: address
      )
      return false
    }
    guard pages[number].station == .live else {
      add(
        .useAfterFree,
        "the entry at \(address.hexadecimal) was used after its table was freed",
        entryAddress: address
      )
      return false
    }
    let index = address % (1 << memory.pageShift) / 8
    if let span = pages[number].span, index >= span.count {
      add(
        .accessOutsideTable,
        "\(address.hexadecimal) is behind the last of the table's \(span.count) entries",
        entryAddress: address
      )
      return false
    }
    return true
  }

  private mutating func judgeAllocation() {
    if isLocked {
      add(.allocateUnderLock, "a table was asked for while the lock of the tables was taken")
    }
  }

  private mutating func free(_ address: UInt64, isRoot: Bool = false) {
    guard let number = number(of: address), pages[number].station == .live else {
      add(
        .doubleFree,
        "the page at \(address.hexadecimal) was freed, and was not in use",
        entryAddress: address
      )
      return
    }
    pages[number].station = .freed
    if let span = pages[number].span, !isRoot {
      add(
        .freedWhileLinked,
        "the table at \(address.hexadecimal) was freed while an entry led to it",
        entryAddress: address,
        inputAddress: span.base
      )
    }
    if isRoot {
      // Whoever frees the root has taken it from the partition table.
      unlink(number)
    }
    if let entry = cache.entries.first(where: { !$0.isLeaf && $0.child == address }) {
      add(
        .freedWhileWalkable,
        "the table at \(address.hexadecimal) was freed while the entry that led to it may be cached",
        detail: sizeText(entry.shift),
        entryAddress: entry.place,
        inputAddress: entry.base
      )
    }
    let held = cache.entries.first { $0.isLeaf && memory.page(of: $0.place) == number }
    if let held {
      add(
        .freedWhileCached,
        "the table at \(address.hexadecimal) was freed while its leaf for \(held.base.hexadecimal) may"
          + " be cached",
        detail: sizeText(held.shift),
        entryAddress: held.place,
        inputAddress: held.base
      )
    }
  }
}
