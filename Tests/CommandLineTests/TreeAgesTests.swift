import Foundation
import Testing

/// What differs between Linux trees of different ages, changed by hand in copies.
@Suite(.enabled(if: LinuxTrees.folder != nil && Compiler.isThere), .serialized)
struct TreeAgesTests {
  private static let header = "arch/arm64/include/asm/kvm_pgtable.h"

  /// Checks a copy of a tree, edited.
  private func check(
    _ version: String,
    _ options: [String] = [],
    edit: (_ file: String, _ text: String) throws -> String?
  ) throws -> Command.Outcome {
    let command = try Command()
    defer { command.clean() }
    let tree = try LinuxTrees.copy(of: version, in: command.folder, edit: edit)
    return try command.run(["check", "--linux-tree", tree, "--no-corpus"] + options)
  }

  @Test(arguments: LinuxTrees.versions)
  func `a function that is declared in another way is named, and nothing is checked`(
    version: String
  ) throws {
    let outcome = try check(version) { _, text in
      text.replacingOccurrences(
        of: "int kvm_pgtable_stage2_wrprotect(struct kvm_pgtable *pgt, u64 addr",
        with: "int kvm_pgtable_stage2_wrprotect(struct kvm_pgtable *pgt, bool now, u64 addr"
      ).replacingOccurrences(
        of: "int kvm_pgtable_stage2_flush(struct kvm_pgtable *pgt, u64 addr",
        with: "int kvm_pgtable_stage2_flush(struct kvm_pgtable *pgt, u32 addr"
      )
    }
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    #expect(
      outcome.errors.contains(
        "kvm_pgtable_stage2_wrprotect, kvm_pgtable_stage2_flush are declared in a way that no"
          + " adapter is for"
      ),
      "\(outcome.errors)"
    )
  }

  @Test func `a callback that is declared in another way is named too`() throws {
    let outcome = try check("6.12") { _, text in
      text.replacingOccurrences(
        of: "(*free_unlinked_table)(void *addr, s8 level)",
        with: "(*free_unlinked_table)(void *addr, u64 level)"
      )
    }
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    #expect(
      outcome.errors.contains("free_unlinked_table is declared in a way that no adapter is for"),
      "\(outcome.errors)"
    )
  }

  @Test func `every name that is missing is told at once, with the releases that build`() throws {
    let outcome = try check("6.12") { _, text in
      text.replacingOccurrences(of: "READ_ONCE(", with: "READ_TWICE(")
        .replacingOccurrences(of: "KVM_PGTABLE_S2_IDMAP", with: "KVM_PGTABLE_S2_IDENTITY")
        .replacingOccurrences(
          of: "typedef u64 kvm_pte_t;",
          with: "typedef u64 kvm_pte_t; typedef later_t sooner_t;"
        )
    }
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    for name in ["READ_TWICE", "KVM_PGTABLE_S2_IDMAP", "later_t"] {
      #expect(outcome.errors.contains(name), "\(outcome.errors)")
    }
    #expect(outcome.errors.contains("Linux 6.1, 6.12, 7.2 and 7.3 are known to build"))
  }

  @Test func `a tree without its header is told so`() throws {
    let outcome = try check("6.12") { file, text in file == TreeAgesTests.header ? nil : text }
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("there is no \(TreeAgesTests.header) in it"))
  }

  @Test func `a tree from before its memory was given to it is refused by name`() throws {
    let outcome = try check("6.1") { _, text in
      text.replacingOccurrences(of: "kvm_pgtable_mm_ops", with: "kvm_pgtable_ops")
    }
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("there is no struct kvm_pgtable_mm_ops in it"))
  }

  @Test(arguments: LinuxTrees.versions)
  func `protections that have other numbers are the same protections`(version: String) throws {
    let options = ["--granule", "4K", "--cases", "1800", "--accept", "builtin"]
    var count = 0
    let outcome = try check(version, options) { file, text in
      guard file == TreeAgesTests.header else { return text }
      return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        guard line.contains("KVM_PGTABLE_PROT_"), !line.contains("_SW"),
          let number = line.range(of: "BIT(")
        else { return String(line) }
        count += 1
        // Ten bits further up, in the other order.
        let digits = line[number.upperBound...].prefix { $0.isNumber }
        return line.replacingOccurrences(
          of: "BIT(\(digits))",
          with: "BIT(\(20 - (Int(digits) ?? 0)))"
        )
      }.joined(separator: "\n")
    }
    #expect(count >= 4)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
  }

  @Test func `a call that a tree does not have makes nothing vacuous`() throws {
    let options = [
      "--granule", "4K", "--cases", "400", "--accept", "builtin", "--system", "arm64-stage2",
    ]
    // Of 6.1, where no entry is locked meanwhile, nothing else annotates one.
    let outcome = try check("6.1", options) { _, text in
      text.replacingOccurrences(of: "kvm_pgtable_stage2_set_owner", with: "kvm_pgtable_stage2_own")
    }
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("  not judged: set_owner: it has none\n"))
    #expect(outcome.output.contains("kvm_pgtable_stage2_own"))
  }

  @Test(
    arguments: LinuxTrees.versions.filter { $0.hasPrefix("7.") },
    ["PXN", "UXN"]
  )
  func `a bit of execution that hVHE leaves out is found`(
    version: String,
    bit: String
  ) throws {
    let options = [
      "--granule", "4K", "--cases", "200", "--accept", "builtin", "--system", "arm64-hyp",
    ]
    let outcome = try check(version, options) { _, text in
      text.replacingOccurrences(
        of: "attr |= KVM_PTE_LEAF_ATTR_HI_S1_\(bit);",
        with: "attr |= 0;"
      )
    }
    #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
    let field = bit == "PXN" ? "execute permission of EL2" : "execute permission of EL0"
    #expect(outcome.output.contains("known as   wrong-entry leaf, \(field) in map"))
    #expect(outcome.output.contains("EL2&0 (hVHE)"))
  }

  @Test(arguments: LinuxTrees.versions.filter { $0 != "6.1" })
  func `code of the hypervisor's that is not guarded is found`(version: String) throws {
    let options = [
      "--granule", "4K", "--cases", "200", "--accept", "builtin", "--system", "arm64-hyp",
    ]
    let outcome = try check(version, options) { _, text in
      text.replacingOccurrences(of: "attr |= KVM_PTE_LEAF_ATTR_HI_S1_GP;", with: "attr |= 0;")
    }
    #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("known as   wrong-entry leaf, guard in map"))
    #expect(outcome.output.contains(", BTI"))
  }

  @Test(arguments: LinuxTrees.versions)
  func `maintenance that the caller has no way to do is found`(version: String) throws {
    let options = [
      "--granule", "4K", "--cases", "300", "--accept", "builtin", "--system", "arm64-stage2",
    ]
    let outcome = try check(version, options) { _, text in
      text.replacingOccurrences(
        of: "if (need_flush && mm_ops->dcache_clean_inval_poc)",
        with: "if (need_flush)"
      )
    }
    #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("killed by SIGSEGV"))
    #expect(outcome.output.contains(", no cache maintenance"))
  }

  @Test(arguments: LinuxTrees.versions.filter { $0.hasPrefix("7.") })
  func `execution at EL1 and at EL0 exchanged at stage 2 is found`(version: String) throws {
    let options = [
      "--granule", "4K", "--cases", "300", "--accept", "builtin", "--system", "arm64-stage2",
    ]
    let outcome = try check(version, options) { _, text in
      text.replacingOccurrences(of: "xn = 0b01;", with: "xn = 0b0;")
        .replacingOccurrences(of: "xn = 0b11;", with: "xn = 0b01;")
        .replacingOccurrences(of: "xn = 0b0;", with: "xn = 0b11;")
    }
    #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
    #expect(
      outcome.output.contains("known as   wrong-entry leaf, execute permission of EL1 in map")
    )
    #expect(outcome.output.contains(", XNX"))
  }

  @Test(arguments: LinuxTrees.versions.filter { $0.hasPrefix("7.") })
  func `execution by privilege that a CPU cannot do is refused, and that is checked`(
    version: String
  ) throws {
    let options = [
      "--granule", "4K", "--cases", "600", "--accept", "builtin", "--system", "arm64-stage2",
    ]
    let outcome = try check(version, options) { _, text in
      text.replacingOccurrences(of: "(ARM64_HAS_XNX) && px != ux", with: "(ARM64_HAS_XNX) && 0")
    }
    #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("wrong-result map -EINVAL, found 0 in map"))
  }

  @Test func `what a tree declares and no case calls is told`() throws {
    let outcome = try check("6.12", ["--granule", "4K", "--cases", "1"]) { _, text in text }
    #expect(
      outcome.output.contains(
        "  not judged: kvm_pgtable_stage2_pgd_size, kvm_pgtable_stage2_create_unlinked,"
          + " kvm_pgtable_walk, kvm_pgtable_stage2_pte_prot: no case calls them\n"
      ),
      "\(outcome.output)"
    )
    #expect(outcome.output.contains("  not judged: kvm_pgtable_hyp_pte_prot: no case calls it\n"))
  }

  @Test func `a tree does not differ from its own copy`() throws {
    let command = try Command()
    defer { command.clean() }
    let copy = try LinuxTrees.copy(of: "6.12", in: command.folder) { _, text in text }
    let tree = "\(LinuxTrees.folder ?? "")/linux-source-6.12"
    let outcome = try command.run([
      "compare", "--linux-tree", tree, "--linux-tree", copy, "--granule", "4K", "--cases", "400",
    ])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
  }

  @Test(arguments: [false, true])
  func `a call that only one tree has is asked of neither`(isReversed: Bool) throws {
    let command = try Command()
    defer { command.clean() }
    let trees = ["6.1", "6.12"].map { "\(LinuxTrees.folder ?? "")/linux-source-\($0)" }
    let outcome = try command.run(
      ["compare", "--granule", "4K", "--cases", "300", "--system", "arm64-stage2"]
        + (isReversed ? trees.reversed() : trees).flatMap { ["--linux-tree", $0] }
    )
    let only = isReversed ? "a" : "b"
    #expect(
      outcome.output.contains("  only \(only) has: split, test_clear_young; neither was asked")
    )
    let differences = outcome.output.split(separator: "\n").filter { $0.contains(", difference ") }
    #expect(
      differences.allSatisfy {
        $0.hasSuffix("result of relax_perms") || $0.contains("not come back")
      },
      "\(differences)"
    )
  }
}
