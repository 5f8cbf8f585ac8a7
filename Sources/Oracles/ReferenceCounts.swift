import Architecture
public import Machines

/// Reference counts: the count of every table page of the tree is 1 plus its entries that are not
/// zero, when a call returns; that of a root is 1 again when it is given back.
///
/// The rule is the API's: what is counted is what keeps a page alive. Kept as the number of pages
/// for which it does not hold, so that the end of a call costs nothing.
///
/// Does not establish: that counts are right in the middle of a call.
struct ReferenceCounts {
  /// Whether the subject keeps counts.
  let isEnabled: Bool
  /// How many linked pages have another count than their entries demand.
  var imbalancedCount = 0

  init(isEnabled: Bool) { self.isEnabled = isEnabled }

  /// Takes note of a page whose count, entries or place changed.
  @inline(__always)
  mutating func update(_ page: inout PageShadow) {
    let isImbalanced =
      page.isLinked && page.station == .live && page.count != page.nonzeroCount &+ 1
    if isImbalanced != page.isImbalanced {
      page.isImbalanced = isImbalanced
      imbalancedCount += isImbalanced ? 1 : -1
    }
  }

  /// After destroy nobody counts on the root any more: giving its pages back takes their last count
  /// away, and a page that has more stays allocated.
  func judgeDestroy(
    _ pages: UnsafeMutablePagePointer,
    _ lifetime: TableLifetime,
    _ memory: PhysicalMemoryView,
    _ findings: inout Findings
  ) {
    guard isEnabled else { return }
    for number in 0..<lifetime.usedPageCount where pages[number].isRoot && pages[number].count > 1 {
      let address = memory.address(of: number)
      findings.add(
        .countMismatch,
        "a root's table at \(address.hexadecimal) was given back with a count of"
          + " \(pages[number].count)",
        at: pages[number].place(address),
        detail: "root"
      )
    }
  }

  /// Judges every page at the end of a call.
  func judgeReturn(
    _ pages: UnsafeMutablePagePointer,
    _ lifetime: TableLifetime,
    _ memory: PhysicalMemoryView,
    _ findings: inout Findings
  ) {
    guard isEnabled, imbalancedCount > 0 else { return }
    for number in 0..<lifetime.usedPageCount where pages[number].isImbalanced {
      let page = pages[number]
      let sign = page.count > page.nonzeroCount + 1 ? "high" : "low"
      findings.add(
        .countMismatch,
        "the table page \(memory.address(of: number).hexadecimal) of level \(page.level) has a"
          + " count of \(page.count) with \(page.nonzeroCount) entries that are not zero",
        at: Place(
          entryAddress: memory.address(of: number),
          inputAddress: page.inputAddress,
          level: page.level
        ),
        detail: "too-\(sign)"
      )
    }
  }
}

extension Rule {
  /// A count is not what keeps its page alive.
  public static let countMismatch = Rule(
    "count-mismatch",
    "a table page's count is 1 plus the number of its entries that are not zero, and a root's is 1"
      + " when it is given back",
    oracle: "ReferenceCounts"
  )
}

extension ReferenceCounts {
  /// The rules that are judged here.
  static let rules: [Rule] = [.countMismatch]
}
