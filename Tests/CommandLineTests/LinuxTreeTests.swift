import Foundation
import Testing

/// Linux trees, unmodified and with a fault put into a copy.
///
/// Runs where `WALKPROOF_LINUX_TREES` names a folder that holds `linux-source-6.1` and
/// `linux-source-6.12`, as Debian's packages unpack; newer ones are checked where they are there too.
@Suite(.enabled(if: LinuxTrees.folder != nil && Compiler.isThere), .serialized)
struct LinuxTreeTests {
  static let versions = ["6.1", "6.12"]

  private static func tree(_ version: String) -> String {
    "\(LinuxTrees.folder ?? "")/linux-source-\(version)"
  }

  private static func accepted(_ version: String) -> String {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root.appendingPathComponent("Sources/Plugins/Accepted/linux-\(version).accepted").path
  }

  private func check(_ tree: String, _ options: String...) throws -> Command.Outcome {
    try check(tree, options)
  }

  private func check(_ tree: String, _ options: [String]) throws -> Command.Outcome {
    let command = try Command()
    defer { command.clean() }
    return try command.run(["check", "--linux-tree", tree, "--no-corpus"] + options)
  }

  @Test(arguments: LinuxTrees.versions)
  func `a tree is built as it is, and nothing is found but what is known`(version: String) throws {
    let outcome = try check(
      LinuxTreeTests.tree(version),
      "--accept",
      "builtin",
      "--cases",
      "1500"
    )
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("  accepted: "))
    #expect(
      outcome.output.contains("  given the benefit of a dialect: ") == (version != "6.1")
    )
    #expect(outcome.output.contains("\n  split  0: ") == (version != "6.1"))
  }

  @Test(arguments: versions)
  func `without the list, what is known is found`(version: String) throws {
    let outcome = try check(LinuxTreeTests.tree(version), "--system", "arm64-hyp", "--cases", "200")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("hyp_map(va: 0x0, size: 0x200000, phys: 0x0, prot: RW)"))
    #expect(outcome.output.contains("release  (hyp_map_walker_try_leaf, pgtable.c:"))
  }

  @Test func `the command that a report prints shows the finding again`() throws {
    let command = try Command()
    defer { command.clean() }
    let found = try command.run([
      "check", "--linux-tree", LinuxTreeTests.tree("6.1"), "--granule", "16K", "--system",
      "arm64-hyp", "--cases", "100", "--no-corpus",
    ])
    let line = try #require(found.output.split(separator: "\n").first { $0.contains(" replay ") })
    let words = line.split(separator: " ").map(String.init)
    let start = try #require(words.firstIndex(of: "walkproof")) + 1
    let again = try command.run(Array(words[start...]))
    #expect(again.status == 1, "\(words) \(again.output)")
    let known = try #require(found.output.split(separator: "\n").first { $0.contains("known as") })
    #expect(again.output.contains(known))
  }

  @Test func `a difference that is a fault of history is found, and no dialect`() throws {
    let old = try check(
      LinuxTreeTests.tree("6.1"),
      "--cases",
      "200",
      "--granule",
      "4K",
      "--system",
      "arm64-stage2"
    )
    #expect(old.output.contains("known as   wrong-result relax_perms -EAGAIN, found 0 in relax\n"))
    #expect(!old.output.contains("dialect"))
  }

  @Test func `the report says which dialects a tree was given the benefit of`() throws {
    let tree = LinuxTreeTests.tree("6.12")
    let text = try check(tree, "--cases", "1", "--granule", "4k").output
    for words in [
      "a map goes on behind a leaf that is there already", "invalidates on the issuing CPU only",
      "ages are read and cleared by range", "is marked as locked meanwhile",
    ] {
      let lines = text.split(separator: "\n").filter { $0.contains(words) }
      #expect(lines.count == 1)
      #expect(lines.allSatisfy { $0.hasPrefix("  given the benefit of a dialect: ") })
    }
    let json = try check(tree, "--cases", "1", "--granule", "4k", "--format", "json").output
    #expect(json.contains("relax_perms invalidates on the issuing CPU only"))
  }

  @Test func `all that a call breaks is reported, and first what explains the rest`() throws {
    let tree = LinuxTreeTests.tree("6.12")
    let options = ["--system", "arm64-hyp", "--granule", "4K", "--cases", "200"]
    let text = try check(tree, options).output
    let title = try #require(text.range(of: ": no-break\n"))
    let others = ["stale-translation", "count-mismatch", "wrong-result"].map { rule in
      text[title.upperBound...].range(of: "  also       \(rule): ")?.lowerBound
    }
    #expect(others.allSatisfy { $0 != nil })
    #expect(others.compactMap { $0 } == others.compactMap { $0 }.sorted())
    let json = try check(tree, options + ["--format", "json"]).output
    #expect(json.contains("\"also\" : [\n"))
  }

  @Test func `the lines of a tree that no case reached are printed by function`() throws {
    let tree = LinuxTreeTests.tree("6.12")
    let text = try check(tree, "--uncovered", "--granule", "4K", "--cases", "200").output
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("pgtable.c: ") })
    let numbers = line.split(separator: " ").compactMap { Int($0) }
    let (reached, total) = (try #require(numbers.first), try #require(numbers.dropFirst().first))
    #expect(total > 400 && reached < total && reached > total / 2, "\(line)")
    // Nobody asks for a root's size; every unmap goes by its walker.
    #expect(text.contains("\n  kvm_pgtable_stage2_pgd_size (0 of "))
    #expect(!text.contains("\n  stage2_unmap_walker (0 of "))
    // What undoes a link whose exchange another CPU won is reached.
    #expect(!text.contains("  mm_ops->put_page(childp);\n"))
    let json = try check(
      tree,
      "--uncovered",
      "--granule",
      "4K",
      "--cases",
      "20",
      "--format",
      "json"
    ).output
    #expect(json.contains("\"unreached\" : ["))
    #expect(try check(tree, "--cases", "1").output.contains("lines reached") == false)
  }

  @Test func `a list of before fingerprints named a place is refused, with the remedy`() throws {
    let command = try Command()
    defer { command.clean() }
    let line = "arm64-stage2 stale-translation/page/not-invalidated/last-level # of before"
    try Data("# known\n\(line)\n".utf8).write(to: command.folder.appendingPathComponent("list"))
    let outcome = try command.run([
      "check", "--linux-tree", LinuxTreeTests.tree("6.12"), "--accept", "list", "--cases", "1",
    ])
    #expect(outcome.status == 65)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("list:2: "))
    #expect(outcome.errors.contains("run the check without --accept"))
  }

  @Test func `a tree that reports nothing is judged by its results and tables`() throws {
    let command = try Command()
    defer { command.clean() }
    let cache = command.folder.appendingPathComponent("cache")
    let tree = LinuxTreeTests.tree("6.12")
    let first = ["check", "--linux-tree", tree, "--granule", "4K", "--cases", "1", "--no-corpus"]
    _ = try command.run(first, environment: ["XDG_CACHE_HOME": cache.path])
    let builds = cache.appendingPathComponent("walkproof")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: builds.path).first)
    // The sources of the build are kept with it; without instrumentation they report nothing.
    let sources = builds.appendingPathComponent(name).path
    let plugin = command.folder.appendingPathComponent("plugin.so").path
    let status = try Compiler.run([
      "-O1", "-g", "-fPIC", "-shared", "-std=gnu11", "-fno-strict-aliasing", "-w",
      "-DCONFIG_ARM64_4K_PAGES=1", "-DWALKPROOF_NATIVE=1", "-I\(sources)/include",
      "-I\(sources)", "-include", "\(sources)/walkproof_shim.h", "\(sources)/walkproof_glue.c",
      "\(tree)/arch/arm64/kvm/hyp/pgtable.c", "-o", plugin,
    ])
    #expect(status == 0)
    let check = ["check", "--plugin", plugin, "--no-corpus", "--cases", "300"]
    // Where no stores are seen no function is known that made them.
    let list = command.folder.appendingPathComponent("list")
    let known = try String(contentsOfFile: LinuxTreeTests.accepted("6.12"), encoding: .utf8)
    let without = known.split(separator: "\n").filter { $0.contains(" < ") }.map { line in
      let parts = line.components(separatedBy: " # ")
      let cut = parts[0].components(separatedBy: ", ").dropLast().joined(separator: ", ")
      return "\(cut) # \(parts[1])\n\(cut), not written # \(parts[1])"
    }
    // Nor are there events to tell by that a call goes on without end.
    let late =
      "arm64-stage2 lost/it was still running after all the time that a call is given in unmap,"
      + " input wraps # the same"
    try Data((known + (without + [late]).joined(separator: "\n")).utf8).write(to: list)
    let outcome = try command.run(check + ["--accept", "list"])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("not judged: stores, barriers, TLB and caches"))
    let found = try command.run(check)
    #expect(found.status == 1)
    #expect(found.output.contains("  known as   wrong-result output range not refused"))
  }

  @Test func `two ages are compared, call by call`() throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run([
      "compare", "--linux-tree", LinuxTreeTests.tree("6.1"), "--linux-tree",
      LinuxTreeTests.tree("6.12"), "--granule", "4K", "--system", "arm64-stage2", "--cases", "100",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("    -EAGAIN"))
    #expect(outcome.output.contains("tables allocated"))
  }

  @Test(arguments: faults.indices)
  func `a fault that is put into a copy is found`(index: Int) throws {
    let fault = LinuxTreeTests.faults[index]
    let command = try Command()
    defer { command.clean() }
    let tree = try copy(fault, in: command.folder)
    let outcome = try command.run([
      "check", "--linux-tree", tree, "--no-corpus", "--system", fault.system, "--granule",
      "4K", "--accept", LinuxTreeTests.accepted(fault.version), "--cases", "400",
    ])
    #expect(outcome.status == 1, "\(fault.name): \(outcome.output)\(outcome.errors)")
    guard let rule = fault.rule else { return }
    #expect(outcome.output.contains(": \(rule)\n"), "\(fault.name): \(outcome.output)")
  }

  /// Copies what is used of a tree, with a fault in it.
  private func copy(_ fault: Fault, in folder: URL) throws -> String {
    try LinuxTrees.copy(of: fault.version, in: folder) { file, text in
      guard file.hasSuffix("hyp/pgtable.c") else { return text }
      let changed: String = try #require(
        fault.put(into: text),
        "\(fault.name): the tree has no such line"
      )
      return changed
    }
  }

  @Test func `a tree that does not build is skipped, with the compiler's first error`() throws {
    let command = try Command()
    defer { command.clean() }
    for (file, text) in [
      ("arch/arm64/kvm/hyp/pgtable.c", "#include <asm/kvm_pgtable.h>\nint x = NO_SUCH_THING;\n"),
      ("arch/arm64/include/asm/kvm_pgtable.h", "struct kvm_pgtable_mm_ops;\n"),
    ] {
      let target = command.folder.appendingPathComponent(file)
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try text.write(to: target, atomically: true, encoding: .utf8)
    }
    let outcome = try command.run(["check", "--linux-tree", "."])
    #expect(outcome.status == 125)
    #expect(outcome.errors.contains("NO_SUCH_THING"))
    #expect(outcome.errorLines.count == 1)
    let empty = try command.run(["check", "--linux-tree", "arch"])
    #expect(empty.status == 125)
    #expect(empty.errors.contains("name the top folder of a Linux tree"))
  }
}

/// Where the trees are.
enum LinuxTrees {
  /// The folder that holds them; nil where there are none.
  static let folder = ProcessInfo.processInfo.environment["WALKPROOF_LINUX_TREES"]

  /// The releases that are there, of those whose findings were read.
  static let versions = ["6.1", "6.12", "7.2", "7.3"].filter {
    FileManager.default.fileExists(atPath: "\(folder ?? "")/linux-source-\($0)")
  }

  /// Copies what is used of a tree, each file as `edit` has it; one that it has nothing for is left out.
  static func copy(
    of version: String,
    in folder: URL,
    edit: (_ file: String, _ text: String) throws -> String?
  ) throws -> String {
    let copy = folder.appendingPathComponent("tree")
    for file in [
      "arch/arm64/kvm/hyp/pgtable.c", "arch/arm64/include/asm/kvm_pgtable.h",
      "arch/arm64/include/asm/stage2_pgtable.h",
    ] {
      let original = URL(fileURLWithPath: "\(LinuxTrees.folder ?? "")/linux-source-\(version)")
        .appendingPathComponent(file)
      guard let text = try edit(file, String(contentsOf: original, encoding: .utf8)) else {
        continue
      }
      let target = copy.appendingPathComponent(file)
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try text.write(to: target, atomically: true, encoding: .utf8)
    }
    return copy.path
  }
}
