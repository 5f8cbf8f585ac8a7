import Architecture
import Machines

/// Cache maintenance of stage 2: memory is cleaned before it is mapped cacheable without FWB, the
/// instruction cache is invalidated before memory becomes executable, and neither for an entry that
/// is not valid.
///
/// Reference: Arm ARM DDI 0487, "Mismatched memory attributes" (why a guest could otherwise read what
/// a cache hides) and "Synchronization and coherency issues between data and instruction accesses";
/// that it is done by range before the entry is visible, and for nothing else, is the calls' own
/// contract. Where FWB is in effect cleaning is a cost, not a fault. EL2's own tables owe nothing, nor
/// does a stage 2 whose keeper maintains no caches; for them any maintenance is needless.
///
/// Does not establish: that what is cleaned stays clean; anything smaller than the ranges named.
struct CacheMaintenance: Sendable {
  private let regime: TranslationRegime
  /// Whether it is a stage 2 whose keeper has to maintain caches.
  private let isMaintained: Bool
  private let needsClean: Bool
  private var remapsOnly = false
  private var cleaned = ByteRanges()
  private var invalidated = ByteRanges()
  private var cleanable = ByteRanges()
  private var executable = ByteRanges()
  private var owed = ByteRanges()
  private var cleanedSinceOwed = ByteRanges()

  init(regime: TranslationRegime) {
    self.regime = regime
    isMaintained = regime.stage == .stage2 && regime.maintainsCaches
    needsClean = isMaintained && !regime.forcesWriteBack
  }

  mutating func beginCall(_ contract: CallContract = .coherent) {
    remapsOnly = contract.remapsOnly
    cleaned.removeAll()
    invalidated.removeAll()
    cleanable.removeAll()
    executable.removeAll()
    owed.removeAll()
    cleanedSinceOwed.removeAll()
  }

  mutating func clean(_ address: UInt64, sizeInBytes: UInt64) {
    let range = byteRange(address, sizeInBytes)
    cleaned.append(range)
    guard !owed.isEmpty else { return }
    owed.subtract(range)
    cleanedSinceOwed.append(range)
  }

  mutating func invalidateInstructions(_ address: UInt64, sizeInBytes: UInt64) {
    invalidated.append(byteRange(address, sizeInBytes))
  }

  /// A leaf was written; `isInstall` if not merely its permissions changed.
  mutating func judgeInstall(_ change: EntryChange, isInstall: Bool, _ findings: inout Findings) {
    guard isMaintained, !remapsOnly else { return }
    let range = outputRange(change.new, change.level)
    if isInstall, regime.isCacheable(change.new) {
      cleanable.append(range)
      if needsClean, !cleaned.contains(range) {
        findings.add(
          .notCleanedBeforeInstall,
          "the memory at \(range.lowerBound.hexadecimal) was mapped cacheable, and not cleaned before",
          at: change.place,
          detail: change.transition
        )
      }
    }
    if regime.isExecutable(change.new), isInstall || !regime.isExecutable(change.old) {
      executable.append(range)
      if !invalidated.contains(range) {
        findings.add(
          .instructionsNotInvalidated,
          "the memory at \(range.lowerBound.hexadecimal) became executable, and the instruction"
            + " cache was not invalidated before",
          at: change.place,
          detail: change.transition
        )
      }
    }
  }

  /// Another CPU made the leaf `raw` what it is, while the call was about to change it: what the call
  /// did for its own leaf may have been in vain.
  mutating func noteRival(_ raw: UInt64, at level: LookupLevel) {
    guard isMaintained else { return }
    executable.append(outputRange(raw, level))
  }

  /// The leaf `raw` was replaced: its memory may be cleaned.
  mutating func noteUnmap(_ raw: UInt64, at level: LookupLevel) {
    guard isMaintained, regime.isCacheable(raw) else { return }
    cleanable.append(outputRange(raw, level))
  }

  /// No translation by the unmapped leaf `raw` is left: its memory has to be cleaned.
  mutating func owe(_ raw: UInt64, at level: LookupLevel) {
    guard needsClean, regime.isCacheable(raw) else { return }
    owed.append(outputRange(raw, level))
    cleanedSinceOwed.removeAll()
  }

  func judgeReturn(_ contract: CallContract, _ findings: inout Findings) {
    if let range = cleanedSinceOwed.firstMissing(from: owed.ranges) {
      let isEarly = cleaned.contains(range)
      findings.add(
        .notCleanedAfterUnmap,
        "the memory at \(range.lowerBound.hexadecimal) was unmapped, and "
          + (isEarly ? "cleaned before its translation was gone" : "not cleaned"),
        detail: isEarly ? "too-early" : "missing"
      )
    }
    let flushed = contract.flushedRanges ?? []
    if let range = cleaned.firstMissing(from: flushed) {
      findings.add(
        .notFlushed,
        "the memory from \(range.lowerBound.hexadecimal) to \(range.upperBound.hexadecimal) was not"
          + " cleaned by a flush of its range"
      )
    }
    if !cleaned.isEmpty {
      judgeNeed(cleaned, cleanable, flushed, .needlessClean, "cleaned", &findings)
    }
    if !invalidated.isEmpty {
      judgeNeed(
        invalidated,
        executable,
        [],
        .needlessInstructionInvalidation,
        "invalidated in the instruction cache",
        &findings
      )
    }
  }

  private func judgeNeed(
    _ done: ByteRanges,
    _ needed: ByteRanges,
    _ flushed: [Range<UInt64>],
    _ rule: Rule,
    _ verb: String,
    _ findings: inout Findings
  ) {
    var allowed = needed
    for range in flushed { allowed.append(range) }
    if let range = allowed.firstMissing(from: done.ranges) {
      findings.add(
        rule,
        "the memory from \(range.lowerBound.hexadecimal) to \(range.upperBound.hexadecimal) was"
          + " \(verb), and no valid leaf that needs it was written or replaced there"
      )
    }
  }

  private func outputRange(_ raw: UInt64, _ level: LookupLevel) -> Range<UInt64> {
    byteRange(regime.outputAddress(in: raw, at: level), regime.entrySizeInBytes(at: level))
  }

  private func byteRange(_ address: UInt64, _ sizeInBytes: UInt64) -> Range<UInt64> {
    let (end, overflows) = address.addingReportingOverflow(sizeInBytes)
    return address..<(overflows ? .max : end)
  }
}
