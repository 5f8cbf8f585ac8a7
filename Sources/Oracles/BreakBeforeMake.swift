import Architecture
public import Machines

/// Break-before-make: a valid descriptor is replaced by a different one by way of an invalid one, and
/// only once nothing of it can be cached.
///
/// Reference: Arm ARM DDI 0487 M.b, D8.17.1, RWHZWS (which changes demand it) and RDDMVT (the
/// sequence). Judged at each store that a table walker can see: from the root, or by way of a table
/// entry that may still be cached.
///
/// Does not establish: that a change which demands no break was meant; anything about FEAT_BBM levels
/// 1 and 2, or about contiguous runs as wholes.
enum BreakBeforeMake {
  /// A valid descriptor was overwritten by one that demands a break.
  static func convictNoBreak(
    _ change: EntryChange,
    _ regime: TranslationRegime,
    _ findings: inout Findings
  ) {
    findings.add(
      .noBreak,
      "the valid \(change.oldKind) \(change.old.hexadecimal) became the \(change.newKind)"
        + " \(change.new.hexadecimal), which differs in \(difference(change, regime)), with no"
        + " invalid descriptor and no invalidation in between",
      at: change.place,
      detail: change.transition + "/" + difference(change, regime)
    )
  }

  /// A descriptor was made valid: nothing that contradicts it may be cached.
  static func judgeMake(
    _ change: EntryChange,
    _ cache: TranslationCache,
    _ regime: TranslationRegime,
    _ findings: inout Findings
  ) {
    let stale = cache.first(
      through: change.address,
      bucket: change.page,
      inputAddress: change.inputAddress,
      level: change.level
    ) { entry in
      entry.level != change.level
        || regime.demandsBreak(from: entry.raw, to: change.new, at: change.level)
    }
    guard let stale else { return }
    findings.add(
      stale.rule(otherwise: .makeBeforeInvalidate),
      "the \(change.newKind) \(change.new.hexadecimal) was made while the \(stale.kind)"
        + " \(stale.raw.hexadecimal) of level \(stale.level), broken at event \(stale.brokenAt),"
        + " may still be cached: it \(stale.explanation)",
      at: change.place,
      detail: "\(stale.kind)->\(change.newKind)/\(stale.cause)"
    )
  }

  /// What it is that demands the break.
  private static func difference(_ change: EntryChange, _ regime: TranslationRegime) -> String {
    if change.oldKind != change.newKind { return "kind" }
    if change.oldKind == .table { return "next-level table" }
    let (old, new) = (change.old, change.new)
    let level = change.level
    if regime.outputAddress(in: old, at: level) != regime.outputAddress(in: new, at: level) {
      return "output address"
    }
    if regime.memoryType(in: old) != regime.memoryType(in: new) { return "memory type" }
    if (old ^ new) & 0b11 << 8 != 0 { return "shareability" }
    if (old ^ new) & 1 << 52 != 0 { return "contiguous run" }
    return "attributes"
  }
}

extension Rule {
  /// A valid descriptor was overwritten by one that demands a break.
  public static let noBreak = Rule(
    "no-break",
    "a valid descriptor becomes another one with a different address, size, kind, memory type or"
      + " shareability only by way of an invalid one",
    reference: "Arm ARM DDI 0487 M.b, D8.17.1, RWHZWS",
    oracle: "BreakBeforeMake"
  )

  /// A descriptor was made valid where what was there may still be cached.
  public static let makeBeforeInvalidate = Rule(
    "make-before-invalidate",
    "a descriptor is made valid only when no TLB can hold what its entry translated before",
    reference: "Arm ARM DDI 0487 M.b, RDDMVT, and D8.17.1, RWHZWS",
    oracle: "BreakBeforeMake"
  )
}

extension BreakBeforeMake {
  /// The rules that are judged here.
  static let rules: [Rule] = [.noBreak, .makeBeforeInvalidate]
}
