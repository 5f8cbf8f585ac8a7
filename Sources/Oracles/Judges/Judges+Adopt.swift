import Architecture
public import Machines

/// Tables whose stores nobody reports: what is in memory when a call returns is taken for what the
/// call did.
///
/// With that the judges of pages and counts have what they need; what lies between two stores, and so
/// every rule about it, is not judged.
extension Judges {
  /// Takes over the tree as it is in memory, and counts `rewrites` as what the call did.
  ///
  /// To be called before `endCall()`. Complexity: linear in the size of the tables.
  public mutating func adopt(_ rewrites: [EntryRewrite]) {
    guard let root = lifetime.root, !contract.isDestroy else { return }
    for page in 0..<lifetime.usedPageCount {
      pages[page].isLinked = false
      counts.update(&pages[page])
    }
    lifetime.linkedCount = 0
    let size = regime.entrySizeInBytes(at: regime.startLevel) << regime.granule.bitsPerLevel
    for number in 0..<regime.rootTableCount {
      adopt(memory.page(of: root) + number, UInt64(number) &* size, regime.startLevel)
    }
    for rewrite in rewrites {
      let page = memory.page(of: rewrite.address)
      guard page < memory.capacity, pages[page].isLinked else { continue }
      let level = pages[page].level
      transitions.count(
        from: regime.kind(of: rewrite.old, at: level),
        to: regime.kind(of: rewrite.new, at: level)
      )
      touch(rewrite.address, old: rewrite.old, page: page)
    }
  }

  private mutating func adopt(_ page: Int, _ inputAddress: UInt64, _ level: LookupLevel) {
    guard !pages[page].isLinked else { return }
    pages[page].inputAddress = inputAddress
    pages[page].level = level
    pages[page].isLinked = true
    pages[page].wasLinked = true
    pages[page].nonzeroCount = 0
    pages[page].validCount = 0
    lifetime.linkedCount += 1
    let address = memory.address(of: page)
    for index in 0..<UInt64(regime.entryCount) {
      let raw = memory.descriptor(at: address &+ index << 3)
      guard raw != 0 else { continue }
      pages[page].nonzeroCount += 1
      let kind = regime.kind(of: raw, at: level)
      guard kind.isValid else { continue }
      pages[page].validCount += 1
      guard kind == .table, let next = level.next else { continue }
      let table = regime.tableAddress(in: raw)
      let child = memory.page(of: table)
      guard child < memory.capacity, pages[child].station == .live else {
        TableLifetime.convictLink(
          to: table,
          at: Place(
            entryAddress: address &+ index << 3,
            inputAddress: inputAddress &+ index << regime.entryShift(at: level),
            level: level
          ),
          &findings
        )
        continue
      }
      adopt(child, inputAddress &+ index << regime.entryShift(at: level), next)
    }
    counts.update(&pages[page])
  }
}
