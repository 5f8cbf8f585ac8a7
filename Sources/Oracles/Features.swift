import Architecture
public import Machines

/// Features: an instruction is issued only where the CPU has it.
///
/// Reference: Arm ARM DDI 0487, FEAT_TLBIRANGE: elsewhere the TLBI instructions by range are undefined.
enum Features {
  static func judge(
    _ invalidation: TLBInvalidation<UInt64>,
    _ regime: TranslationRegime,
    _ findings: inout Findings
  ) {
    guard !regime.hasRangeInvalidation else { return }
    switch invalidation.operation {
    case .ripas2e1, .rvae2:
      findings.add(.missingFeature, "a range is invalidated by an instruction that the CPU lacks")
    case .ipas2e1, .ipas2le1, .vmalle1, .vmalls12e1, .vae2, .vale2, .alle2: break
    }
  }
}

extension Rule {
  /// An instruction is issued that the CPU lacks.
  public static let missingFeature = Rule(
    "missing-feature",
    "a range is invalidated by one instruction only where the CPU has it",
    reference: "Arm ARM DDI 0487, FEAT_TLBIRANGE",
    oracle: "Features"
  )
}

extension Features {
  /// The rules that are judged here.
  static let rules: [Rule] = [.missingFeature]
}
