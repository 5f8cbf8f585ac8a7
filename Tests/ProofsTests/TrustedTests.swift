import Architecture
import Machines
import Testing

@testable import Proofs

/// Whether what proofs state again is what the architecture's account says.
@Suite struct TrustedTests {
  /// Bits that the hardware lets change without a break, and no walker here ever changes: DBM, and
  /// what the hardware ignores above the software bits.
  static let stricter: UInt64 = 1 << 51 | 0b1_1111 << 59

  @Test func `each bit of a leaf needs a break in both accounts or in neither`() {
    let page: UInt64 = 0x8000_0000 | 1 << 10 | 0b11
    for bit in 2..<UInt64(64) {
      let isHarmless = Decoder.harmless >> bit & 1 == 1
      let isStricter = TrustedTests.stricter >> bit & 1 == 1
      let demandsBreak = TranslationRegime(Stage2Configuration())
        .demandsBreak(from: page, to: page ^ 1 << bit, at: LookupLevel(3))
      #expect(demandsBreak == !(isHarmless || isStricter), "bit \(bit)")
      #expect(!(isHarmless && isStricter), "bit \(bit)")
    }
  }
}
