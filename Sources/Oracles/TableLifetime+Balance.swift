import Architecture
import Machines

extension TableLifetime {
  /// What the fingerprint of a root says that was made otherwise.
  static let rootMade = "made"

  /// The root is what the regime demands.
  func judgeRoot(
    _ address: UInt64,
    pageCount: Int,
    _ regime: TranslationRegime,
    _ findings: inout Findings
  ) {
    let size = UInt64(pageCount) * regime.granule.sizeInBytes
    guard pageCount != regime.rootTableCount || address % size != 0 else { return }
    findings.add(
      .rootMismatch,
      "a root of \(pageCount) tables was made at \(address.hexadecimal), where"
        + " \(regime.rootTableCount) tables aligned to their total size are needed",
      at: Place(entryAddress: address, inputAddress: 0, level: regime.startLevel),
      detail: TableLifetime.rootMade
    )
  }

  /// The root is freed as it was made.
  func judgeFreeRoot(
    _ address: UInt64,
    pageCount: Int,
    _ regime: TranslationRegime,
    _ findings: inout Findings
  ) {
    guard address != root || pageCount != regime.rootTableCount else { return }
    findings.add(
      .rootMismatch,
      "\(pageCount) tables at \(address.hexadecimal) were freed as a root of"
        + " \(regime.rootTableCount)",
      at: Place(entryAddress: address, inputAddress: 0, level: regime.startLevel),
      detail: "freed"
    )
  }

  /// At the end of a call every live page is part of the tree, or was given away to be freed later;
  /// at the end of the call that frees such pages there are none.
  func judgeReturn(
    _ contract: CallContract,
    _ pages: UnsafeMutablePagePointer,
    _ memory: PhysicalMemoryView,
    _ findings: inout Findings
  ) {
    let isBalanced = liveCount == linkedCount + deferredCount
    guard !isBalanced || contract.freesDeferred && deferredCount > 0 else { return }
    for page in 0..<usedPageCount where pages[page].station == .live && !pages[page].isLinked {
      if pages[page].isDeferred, !contract.freesDeferred { continue }
      findings.add(
        .lostTable,
        "a table page that is not free and that no entry leads to is left behind",
        at: pages[page].place(memory.address(of: page)),
        detail: pages[page].isDeferred ? "deferred" : ""
      )
    }
  }

  /// After destroy no page is live.
  func judgeDestroy(
    _ pages: UnsafeMutablePagePointer,
    _ memory: PhysicalMemoryView,
    _ findings: inout Findings
  ) {
    guard liveCount != 0 else { return }
    for page in 0..<usedPageCount where pages[page].station == .live {
      findings.add(
        .leakAfterDestroy,
        "a table page with a count of \(pages[page].count) is left after destroy",
        at: pages[page].place(memory.address(of: page)),
        detail: pages[page].isRoot ? "root" : "table"
      )
    }
  }
}
