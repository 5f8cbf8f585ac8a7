import Architecture
public import Machines

/// The audit: the whole tree is walked in memory and compared with what the events made of it.
///
/// Guards the oracles' incremental account, and finds what a walker changes behind their back.
/// Complexity: linear in the size of the tables.
extension Judges {
  /// Walks every table from the root, and adds to `violations` what does not agree.
  ///
  /// Calls `visit` with every entry that is a leaf or annotated: its input address, its level and the
  /// descriptor.
  public mutating func audit(
    _ visit: (_ inputAddress: UInt64, _ level: LookupLevel, _ raw: UInt64) -> Void
  ) {
    guard let root = lifetime.root, !isDestroyed else { return }
    var reachedCount = 0
    for number in 0..<regime.rootTableCount {
      let page = memory.page(of: root) + number
      let size = regime.entrySizeInBytes(at: regime.startLevel) << regime.granule.bitsPerLevel
      audit(page, UInt64(number) &* size, regime.startLevel, &reachedCount, visit)
    }
    if reachedCount != lifetime.linkedCount {
      findings.add(
        .auditMismatch,
        "a walk reaches \(reachedCount) table pages, where the stores seen make it"
          + " \(lifetime.linkedCount)"
      )
    }
    lifetime.judgeReturn(.coherent, pages, memory, &findings)
  }

  /// The same without a visitor.
  public mutating func audit() { audit { _, _, _ in } }

  private var isDestroyed: Bool { lifetime.liveCount == 0 }

  private mutating func audit(
    _ page: Int,
    _ inputAddress: UInt64,
    _ level: LookupLevel,
    _ reachedCount: inout Int,
    _ visit: (_ inputAddress: UInt64, _ level: LookupLevel, _ raw: UInt64) -> Void
  ) {
    reachedCount += 1
    guard reachedCount <= memory.capacity else { return }
    let address = memory.address(of: page)
    let shadow = pages[page]
    var (nonzeroCount, validCount): (Int32, Int32) = (0, 0)
    for index in 0..<UInt64(regime.entryCount) {
      let raw = memory.descriptor(at: address &+ index << 3)
      guard raw != 0 else { continue }
      nonzeroCount += 1
      let kind = regime.kind(of: raw, at: level)
      if kind.isValid { validCount += 1 }
      let entryInput = inputAddress &+ index << regime.entryShift(at: level)
      guard kind == .table, let next = level.next else {
        visit(entryInput, level, raw)
        continue
      }
      let child = memory.page(of: regime.tableAddress(in: raw))
      guard child < memory.capacity, pages[child].station == .live else {
        convict(page, "entry \(index) leads to no live table page")
        continue
      }
      audit(child, entryInput, next, &reachedCount, visit)
    }
    if counts.isEnabled, shadow.count != nonzeroCount + 1 {
      convict(page, "its count is \(shadow.count) with \(nonzeroCount) entries that are not zero")
    }
    if (shadow.nonzeroCount, shadow.validCount) != (nonzeroCount, validCount) {
      convict(page, "\(nonzeroCount) entries are not zero, by the stores \(shadow.nonzeroCount)")
    }
    if shadow.inputAddress != inputAddress || shadow.level != level || !shadow.isLinked {
      convict(page, "it is at another place than the stores put it")
    }
  }

  private mutating func convict(_ page: Int, _ message: String) {
    let address = memory.address(of: page)
    findings.add(
      .auditMismatch,
      "in the table page \(address.hexadecimal) \(message)",
      at: pages[page].place(address)
    )
  }
}

extension Rule {
  /// Memory is not what the events made of it.
  public static let auditMismatch = Rule(
    "audit-mismatch",
    "the tables in memory are what the stores that were seen make of them",
    oracle: "Audit"
  )
}
