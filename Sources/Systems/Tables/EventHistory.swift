import Checking
import Machines

/// Picks from a case's events those that touched one entry, and puts them in words.
struct EventHistory {
  /// The physical address of the entry's descriptor.
  let entryAddress: UInt64?
  /// The entry's input address.
  let inputAddress: UInt64?
  /// The base-2 logarithm of the granule in bytes.
  let pageShift: UInt64
  /// Which table a valid entry leads to; nil where it leads to none.
  var linkedTable: @Sendable (UInt64) -> UInt64? = { descriptor in
    descriptor & 3 == 3 ? descriptor & (1 << 48 - 1) : nil
  }

  /// The steps, in order.
  ///
  /// Barriers and invalidations count from the entry's first store on. Of the tables further up only the
  /// store counts that first cuts the way to the entry's own.
  func steps(
    of events: [Event],
    sites: [UInt64],
    callEnds: [Int]
  ) -> [Counterexample.Step] {
    var steps: [Counterexample.Step] = []
    var call = 0
    var isWatching = entryAddress == nil
    let above = pagesAbove(events)
    var isCut = false
    var cleaned: Range<UInt64>?
    for (index, event) in events.enumerated() {
      while call < callEnds.count, index >= callEnds[call] { call += 1 }
      if isStoreOfEntry(event) { isWatching = true }
      let isCutting = !isCut && cuts(event, above)
      if isCutting { isCut = true }
      if links(event) { isCut = false }
      guard isWatching || isCutting || concernsTable(event),
        let text = isCutting ? storeText(event) : text(event)
      else { continue }
      if case .clean(let address, let size) = event {
        // Line by line or page by page, it is one range that is cleaned.
        let isMore = cleaned?.upperBound == address && steps.last?.call == call
        let first = isMore ? cleaned?.lowerBound ?? address : address
        // What a walker claims to clean may go beyond the last address there is.
        cleaned = first..<max(first, address &+ size)
        if isMore, let last = steps.indices.last {
          steps[last].text = "dc civac \(hex(first)), \(hex(address &+ size &- first)) bytes"
          continue
        }
      } else {
        cleaned = nil
      }
      steps.append(.init(call: call, ordinal: index + 1, text: text, site: sites[index]))
    }
    return steps
  }

  /// A store or exchange: where, what was there, and what is.
  private func change(_ event: Event) -> (address: UInt64, old: UInt64, new: UInt64)? {
    switch event {
    case .store(let address, let old, let new, _), .exchange(let address, let old, let new):
      (address, old, new)
    default: nil
    }
  }

  private func isStoreOfEntry(_ event: Event) -> Bool {
    guard let change = change(event) else { return false }
    return change.address == entryAddress || pointsToTable(change.old) || pointsToTable(change.new)
  }

  /// The pages of tables from which the entry's own was reached at some time, its own among them.
  private func pagesAbove(_ events: [Event]) -> Set<UInt64> {
    guard let entryAddress else { return [] }
    var pages: Set<UInt64> = [page(of: entryAddress)]
    let changes = events.compactMap(change)
    // No tree has more levels.
    for _ in 0..<5 {
      for change in changes {
        guard let table = linkedTable(change.new), pages.contains(page(of: table)) else { continue }
        pages.insert(page(of: change.address))
      }
    }
    return pages
  }

  /// Whether a store takes a link to one of some pages away.
  private func cuts(_ event: Event, _ pages: Set<UInt64>) -> Bool {
    guard let change = change(event), let table = linkedTable(change.old),
      pages.contains(page(of: table))
    else { return false }
    return linkedTable(change.new).map { page(of: $0) } != page(of: table)
  }

  /// Whether a store makes an entry lead to the entry's table.
  private func links(_ event: Event) -> Bool {
    change(event).map { pointsToTable($0.new) } ?? false
  }

  private func page(of address: UInt64) -> UInt64 { (address & (1 << 48 - 1)) >> pageShift }

  /// Whether the event is about the page that holds the entry.
  private func concernsTable(_ event: Event) -> Bool {
    guard let entryAddress else { return false }
    let page = entryAddress >> pageShift
    switch event {
    case .allocate(let address, let pageCount, _), .freeRoot(let address, let pageCount):
      return (address >> pageShift..<(address >> pageShift) + UInt64(pageCount)).contains(page)
    case .deferFree(let address): return address >> pageShift == page
    case .release(let address, _, let remaining):
      return remaining <= 0 && address >> pageShift == page
    default: return false
    }
  }

  /// The event in words; nil where it has nothing to do with the entry.
  private func text(_ event: Event) -> String? {
    switch event {
    case .store, .exchange:
      return entryAddress == nil || isStoreOfEntry(event) ? storeText(event) : nil
    case .hardwareStore(let address, let old, let new):
      guard entryAddress == nil || address == entryAddress else { return nil }
      return "the hardware sets bits \(hex(address)): \(hex(old)) -> \(hex(new))"
    case .barrier(let barrier): return barrier.text
    case .powerBarrier(let barrier): return "\(barrier)"
    case .invalidate(let invalidation): return invalidationText(invalidation)
    case .invalidateRadix(let invalidation): return invalidationText(invalidation)
    case .clean(let address, let size):
      return "dc civac \(hex(address)), \(hex(size)) bytes"
    case .invalidateInstructions(let address, let size):
      return "ic ivau \(hex(address)), \(hex(size)) bytes"
    case .allocate(let address, let pageCount, let level):
      guard concernsTable(event) else { return nil }
      return
        "allocate \(pageCount) level-\(level) table\(pageCount == 1 ? "" : "s") at \(hex(address))"
    case .release(let address, let amount, let remaining):
      guard concernsTable(event) else { return nil }
      return "release \(hex(address)) by \(amount), to \(remaining)"
    case .freeRoot(let address, _): return concernsTable(event) ? "free root \(hex(address))" : nil
    case .deferFree(let address):
      return concernsTable(event) ? "give \(hex(address)) away, to be freed later" : nil
    case .readSection(let isEntered):
      return isEntered ? "enter a section for other walks" : "leave the section for other walks"
    case .yield: return "others may run"
    case .warn(let site): return "WARN: \(site)"
    case .lost(let site): return "the walker is gone: \(site)"
    case .runaway: return "cut off: too many steps"
    case .refuse(let level): return "no memory for a level-\(level) table"
    case .load, .retain: return nil
    }
  }

  private func storeText(_ event: Event) -> String? {
    switch event {
    case .store(let address, let old, let new, let order):
      let suffix = order == .release ? ", release" : ""
      return "store \(hex(address)): \(hex(old)) -> \(hex(new))\(suffix)"
    case .exchange(let address, let old, let new):
      return "compare-exchange \(hex(address)): \(hex(old)) -> \(hex(new))"
    default: return nil
    }
  }

  /// Whether a descriptor may point to the table that holds the entry.
  private func pointsToTable(_ descriptor: UInt64) -> Bool {
    guard let entryAddress, let table = linkedTable(descriptor) else { return false }
    return page(of: table) == page(of: entryAddress)
  }

  private func invalidationText(_ invalidation: RadixInvalidation<UInt64>) -> String {
    let fields =
      "ric \(invalidation.target.rawValue), prs \(invalidation.isProcessScoped ? 1 : 0)"
    return "tlbie \(fields), rb \(hex(invalidation.operand)), rs \(hex(invalidation.partition))"
  }

  private func invalidationText(_ invalidation: TLBInvalidation<UInt64>) -> String? {
    var text = "tlbi \(invalidation.operation)" + (invalidation.isBroadcast ? "is" : "")
    switch invalidation.operation {
    case .ipas2e1, .ipas2le1, .vae2, .vale2:
      if !covers(invalidation.address, 1 << 40, isSingle: true) { return nil }
      text += ", \(hex(invalidation.address))"
    case .ripas2e1, .rvae2:
      if !covers(invalidation.address, invalidation.sizeInBytes, isSingle: false) { return nil }
      text += ", \(hex(invalidation.address)) + \(hex(invalidation.sizeInBytes))"
    case .vmalle1, .vmalls12e1, .alle2: break
    }
    if let level = invalidation.levelHint { text += ", level \(level)" }
    return text
  }

  /// Whether an invalidation has to do with the entry; a single address may be anywhere in a block.
  private func covers(_ address: UInt64, _ size: UInt64, isSingle: Bool) -> Bool {
    guard let inputAddress else { return true }
    if isSingle { return address >> 30 == inputAddress >> 30 }
    return inputAddress >= address && inputAddress - address < size
      || address >> 30 == inputAddress >> 30
  }
}
