import Foundation

extension LinuxTreeTests {
  /// A fault: in a function's first line that contains a word, some text is replaced by another.
  struct Fault: Sendable {
    let name: String
    let function: String
    let word: String
    /// What is replaced; nil for the whole line.
    let old: String?
    let new: String
    /// The tree that it is put into.
    var version = "6.1"
    /// The rule that it breaks; nil for any.
    var rule: String?
    /// The system in which it shows.
    var system = "arm64-stage2"

    /// The code with the fault in it; nil where there is no such line.
    func put(into code: String) -> String? {
      var lines = code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard
        let start = lines.firstIndex(where: { line in
          line.contains("\(function)(") && !line.hasPrefix("\t") && !line.hasSuffix(";")
        }),
        let line = lines[start...].firstIndex(where: { $0.contains(word) })
      else { return nil }
      lines[line] = old.map { lines[line].replacingOccurrences(of: $0, with: new) } ?? new
      return lines.joined(separator: "\n")
    }
  }

  static let faults = [
    Fault(
      name: "a page count that is not released",
      function: "stage2_put_pte",
      word: "put_page",
      old: nil,
      new: ""
    ),
    Fault(
      name: "an invalidation that is left out",
      function: "stage2_put_pte",
      word: "flush_vmid_ipa",
      old: nil,
      new: ""
    ),
    Fault(
      name: "a walk's address that is not rounded down",
      function: "__kvm_pgtable_visit",
      word: "ALIGN_DOWN",
      old: nil,
      new: ""
    ),
    Fault(
      name: "a block one page too large",
      function: "kvm_block_mapping_supported",
      word: "granule >",
      old: "addr)",
      new: "addr + 4096)"
    ),
    Fault(
      name: "a replaced table that nobody frees",
      function: "stage2_map_walk_table_pre",
      word: "free_unlinked_table",
      old: nil,
      new: "",
      version: "6.12",
      rule: "lost-table"
    ),
    Fault(
      name: "a replaced table that is freed while other walks may read it",
      function: "stage2_map_walk_table_pre",
      word: "free_unlinked_table",
      old: "mm_ops->free_unlinked_table(",
      new: "kvm_pgtable_stage2_free_unlinked(mm_ops, ",
      version: "6.12",
      rule: "freed-while-shared"
    ),
    Fault(
      name: "a section that is not left",
      function: "kvm_pgtable_walk",
      word: "kvm_pgtable_walk_end",
      old: nil,
      new: "",
      version: "6.12",
      rule: "unbalanced-section"
    ),
    // What trees between 6.12 and 7.2 had: the level is set where the walk found a leaf only.
    Fault(
      name: "a level hint that was never set",
      function: "kvm_pgtable_stage2_relax_perms",
      word: "TLBI_TTL_UNKNOWN",
      old: "(ret == -EAGAIN) ? TLBI_TTL_UNKNOWN : level",
      new: "level",
      version: "6.12",
      rule: "wrong-level-hint"
    ),
    Fault(
      name: "ages that are cleared whether or not that is asked for",
      function: "stage2_age_walker",
      word: "data->mkold",
      old: "data->mkold",
      new: "true",
      version: "6.12",
      rule: "wrong-entry"
    ),
    // Seen only where another CPU is before an exchange.
    Fault(
      name: "a table that is kept when the exchange is lost that should link it",
      function: "stage2_map_walk_leaf",
      word: "put_page(childp)",
      old: nil,
      new: "",
      version: "6.12",
      rule: "lost-table"
    ),
    Fault(
      name: "a lost exchange that is taken for a won one",
      function: "stage2_try_set_pte",
      word: "cmpxchg(",
      old: " == ctx->old",
      new: ", true",
      version: "6.12"
    ),
    // What is accepted of 6.12 is about the partial last page of an unmap, and silences none of these.
    Fault(
      name: "an unmap that invalidates no page of its range",
      function: "kvm_pgtable_stage2_unmap",
      word: "kvm_tlb_flush_vmid_range",
      old: nil,
      new: "\t\t;",
      version: "6.12",
      rule: "stale-translation"
    ),
    Fault(
      name: "an unmap that invalidates half of its range",
      function: "kvm_pgtable_stage2_unmap",
      word: "kvm_tlb_flush_vmid_range",
      old: "size)",
      new: "size / 2)",
      version: "6.12",
      rule: "stale-translation"
    ),
    Fault(
      name: "an unmap that invalidates every second page",
      function: "stage2_unmap_put_pte",
      word: "!stage2_unmap_defer_tlb_flush",
      old: "(!stage2",
      new: "(!(ctx->addr & PAGE_SIZE) && !stage2",
      version: "6.12",
      rule: "stale-translation"
    ),
    Fault(
      name: "an unmap of 6.1 that invalidates every second page",
      function: "stage2_put_pte",
      word: "flush_vmid_ipa",
      old: "kvm_call_hyp(",
      new: "if (!(addr & PAGE_SIZE)) kvm_call_hyp(",
      rule: "stale-translation"
    ),
    Fault(
      name: "a map without its last barrier",
      function: "kvm_pgtable_stage2_map",
      word: "dsb(ishst)",
      old: nil,
      new: "",
      version: "6.12",
      rule: "store-without-barrier"
    ),
    Fault(
      name: "a map of 6.1 without its last barrier",
      function: "kvm_pgtable_stage2_map",
      word: "dsb(ishst)",
      old: nil,
      new: "",
      rule: "store-without-barrier"
    ),
    Fault(
      name: "an unmap of the hypervisor's without the barrier before the invalidation",
      function: "hyp_unmap_walker",
      word: "dsb(ishst)",
      old: nil,
      new: "",
      version: "6.12",
      rule: "invalidate-without-barrier",
      system: "arm64-hyp"
    ),
    Fault(
      name: "a hypervisor's mapping that may be written and executed",
      function: "hyp_set_prot_attr",
      word: "if (prot & KVM_PGTABLE_PROT_W)",
      old: "if (prot & KVM_PGTABLE_PROT_W)",
      new: "if (0)",
      version: "6.12",
      system: "arm64-hyp"
    ),
    Fault(
      name: "code that is guarded where the CPU guards no branches",
      function: "hyp_set_prot_attr",
      word: "system_supports_bti_kernel",
      old: "(system_supports_bti_kernel()",
      new: "(system_supports_bti_kernel() || 1",
      version: "6.12",
      rule: "wrong-entry",
      system: "arm64-hyp"
    ),
    Fault(
      name: "a table without memory for its root",
      function: "__kvm_pgtable_stage2_init",
      word: "return -ENOMEM",
      old: "return -ENOMEM",
      new: "return 0",
      version: "6.12",
      rule: "lost"
    ),
    Fault(
      name: "a table of the hypervisor's without memory for its root",
      function: "kvm_pgtable_hyp_init",
      word: "return -ENOMEM",
      old: "return -ENOMEM",
      new: "return 0",
      version: "6.12",
      rule: "lost",
      system: "arm64-hyp"
    ),
    Fault(
      name: "owners by blocks, as trees between the two had them",
      function: "kvm_pgtable_stage2_set_owner",
      word: ".force_pte",
      old: "true",
      new: "false",
      rule: "wrong-entry"
    ),
    Fault(
      name: "a control register without what the CPU always has",
      function: "kvm_get_vtcr",
      word: "VTCR_EL2_FLAGS",
      old: "VTCR_EL2_FLAGS",
      new: "0",
      rule: "unexpected-warning"
    ),
    Fault(
      name: "a control register with another output size",
      function: "kvm_get_vtcr",
      word: "VTCR_EL2_PS_SHIFT",
      old: nil,
      new: "",
      version: "6.12",
      rule: "unexpected-warning"
    ),
    Fault(
      name: "a control register whose input space is twice as large",
      function: "kvm_get_vtcr",
      word: "VTCR_EL2_T0SZ",
      old: "phys_shift",
      new: "phys_shift + 1",
      version: "6.12",
      rule: "unexpected-warning"
    ),
    Fault(
      name: "a control register with short VMIDs",
      function: "kvm_get_vtcr",
      word: "get_vmid_bits",
      old: "==",
      new: "!=",
      version: "6.12",
      rule: "unexpected-warning"
    ),
    Fault(
      name: "pages are forced by what lies before the range",
      function: "kvm_pgtable_stage2_map",
      word: "force_pte_cb(addr",
      old: "addr + size",
      new: "addr - size",
      version: "6.12",
      rule: "unexpected-warning"
    ),
  ]
}
