extension LinuxTree {
  /// What a tree may have that the pretended CPU never has, or no table is made with: the word that the
  /// tree has for it, the system that it is of, and what it is.
  private static let features: [(word: String, system: String, what: String)] = [
    ("KVM_PTE_ADDR_MASK_LPA2", stage2, "FEAT_LPA2, 52-bit addresses with 4K and 16K granules"),
    ("KVM_PTE_ADDR_MASK_LPA2", hyp, "FEAT_LPA2, 52-bit addresses with 4K and 16K granules"),
    ("KVM_PGTABLE_S2_AS_S1", stage2, "memory attributes that are those of stage 1"),
    ("KVM_PGTABLE_PROT_NORMAL_NC", stage2, "normal memory that is not cacheable"),
  ]
  private static let stage2 = "arm64-stage2"
  private static let hyp = "arm64-hyp"

  /// What of the tree no case exercises, in sentences, by system.
  var unjudged: [String: [String]] {
    var sentences: [String: [String]] = [:]
    for feature in LinuxTree.features where text.words.contains(feature.word) {
      sentences[feature.system, default: []].append("\(feature.what): no case has it")
    }
    let uncalled = text.functions.filter { !Shim.words.contains($0) }
    for (system, isOfSystem) in [(LinuxTree.stage2, false), (LinuxTree.hyp, true)] {
      let names = uncalled.filter { $0.contains("_hyp_") == isOfSystem }
      if !names.isEmpty {
        sentences[system, default: []].append(
          "\(names.joined(separator: ", ")): no case calls \(names.count == 1 ? "it" : "them")"
        )
      }
    }
    return sentences
  }
}
