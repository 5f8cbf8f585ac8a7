import Foundation
import Testing

/// A tree that is none, and compilers that are none: what is said, and what is written where.
@Suite struct BuildTests {
  /// Makes a folder that is taken for a tree, with one more line in its code.
  private func makeTree(_ command: Command, _ line: String = "") throws -> String {
    let tree = command.folder.appendingPathComponent("tree")
    for (path, text) in [
      ("arch/arm64/kvm/hyp/pgtable.c", "#include <asm/kvm_pgtable.h>\n\(line)\n"),
      ("arch/arm64/include/asm/kvm_pgtable.h", "struct kvm_pgtable_mm_ops;\n"),
    ] {
      let file = tree.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: file)
    }
    return tree.path
  }

  private func check(
    _ command: Command,
    line: String = "",
    _ environment: [String: String]
  ) throws -> Command.Outcome {
    try command.run(
      ["check", "--linux-tree", try makeTree(command, line), "--granule", "4K", "--no-corpus"],
      environment: environment
    )
  }

  static let compilers: [(compiler: String, words: String)] = [
    ("no-such-compiler", "'no-such-compiler' cannot be started"), ("true", "'true' made nothing"),
    ("false", "'false' ended with status 1, saying nothing"), ("/", "'/' cannot be started"),
  ]

  @Test(arguments: compilers.indices)
  func `a compiler that is none is told of as that`(index: Int) throws {
    let (compiler, words) = BuildTests.compilers[index]
    let command = try Command()
    defer { command.clean() }
    let outcome = try check(
      command,
      ["CC": compiler, "XDG_CACHE_HOME": command.folder.appendingPathComponent("cache").path]
    )
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(!outcome.errors.contains("names are what to report"))
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test(.enabled(if: Compiler.isThere))
  func `what an assembler says is told in its words`() throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try check(
      command,
      line: #"void f(void) { __asm__ volatile("no_such_instruction"); }"#,
      ["XDG_CACHE_HOME": command.folder.appendingPathComponent("cache").path, "CC": "cc"]
    )
    #expect(outcome.status == 125)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
  }

  @Test(arguments: ["<../../../../../escaped.h>", "</tmp/../escaped.h>", "<a//b.h>"])
  func `no header that a tree includes is written outside of the cache`(name: String) throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try check(
      command,
      line: "#include \(name)",
      ["XDG_CACHE_HOME": command.folder.appendingPathComponent("cache").path]
    )
    #expect(outcome.status == 125)
    let paths = FileManager.default.enumerator(atPath: command.folder.path)?.allObjects ?? []
    let names = paths.compactMap { $0 as? String }
    #expect(!names.contains { $0.hasSuffix("escaped.h") || $0.hasSuffix("b.h") }, "\(names)")
  }

  @Test(arguments: ["", "relative"])
  func `a cache that is named by nothing is in the home folder`(value: String) throws {
    let command = try Command()
    defer { command.clean() }
    _ = try check(
      command,
      ["CC": "false", "XDG_CACHE_HOME": value, "HOME": command.folder.path]
    )
    let cache = command.folder.appendingPathComponent(".cache/walkproof").path
    #expect(FileManager.default.fileExists(atPath: cache))
    let names = try FileManager.default.contentsOfDirectory(atPath: command.folder.path)
    #expect(!names.contains("relative") && !names.contains("walkproof"))
    #expect(!FileManager.default.fileExists(atPath: "/walkproof"))
  }
}
