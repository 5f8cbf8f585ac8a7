import CWalkerPlugin
import Checking
import Foundation
public import Machines
public import Systems

#if canImport(Glibc)
private import Glibc
#endif

/// The page-table code of a Linux tree, built as plugins.
///
/// The tree's own files are compiled as they are, behind headers of ours, with the compiler's
/// thread-sanitizer instrumentation and without its runtime.
public struct LinuxTree: Sendable {
  /// The tree's folder.
  public let path: String

  /// The files of the tree that are used, from its folder.
  static let code = "arch/arm64/kvm/hyp/pgtable.c"
  private static let headers = ["asm/kvm_pgtable.h", "asm/stage2_pgtable.h"]
  private static let headerFolder = "arch/arm64/include"
  private let codeText: String
  private let headerTexts: [String: String]
  let text: TreeText

  /// Reads a tree.
  ///
  /// - Parameter path: The tree's top folder.
  /// - Throws: `PluginFault` where it has no page-table code.
  public init(path: String) throws(PluginFault) {
    self.path = path
    let folder = URL(fileURLWithPath: path)
    func text(_ file: String) -> String? {
      (try? Data(contentsOf: folder.appendingPathComponent(file))).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    guard let code = text(LinuxTree.code) else {
      throw PluginFault("there is no \(LinuxTree.code) in it; name the top folder of a Linux tree")
    }
    codeText = code
    var texts: [String: String] = [:]
    for header in LinuxTree.headers { texts[header] = text("\(LinuxTree.headerFolder)/\(header)") }
    guard let header = texts[LinuxTree.headers[0]] else {
      throw PluginFault("there is no \(LinuxTree.headerFolder)/\(LinuxTree.headers[0]) in it")
    }
    headerTexts = texts
    self.text = TreeText(code: code, header: header, others: Array(texts.values))
    guard self.text.words.contains("kvm_pgtable_mm_ops") else {
      throw PluginFault(
        "its page-table code takes its memory from the kernel itself: there is no struct"
          + " kvm_pgtable_mm_ops in it, as there is from Linux 5.13 on; Linux"
          + " \(BuildErrors.knownReleases) are known to build"
      )
    }
  }

  /// What a build is for.
  public enum Purpose: Sendable, Hashable {
    /// To be watched: every store to a table is an event.
    case checking
    /// To be watched, and to say which of its lines were reached.
    case coverage
    /// To be measured, as a compiler makes it for a kernel: optimised, with its memory operations and
    /// page counts in the same object, and nothing that watches.
    case measuring(compiler: String)
  }

  /// The compilers that a build can be measured with, those that are there.
  public static var compilers: [String] {
    let environment = ProcessInfo.processInfo.environment
    let folders = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    let found = ["gcc", "clang"].filter { name in
      folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
    return found.isEmpty ? [environment["CC"] ?? "cc"] : found
  }

  /// Builds the code for a granule, unless it was built before.
  ///
  /// - Parameters:
  ///   - granule: The granule to build for.
  ///   - purpose: What the build is for.
  ///   - cache: The folder that builds are kept in, by what they were built from.
  /// - Returns: The path of the shared object.
  /// - Throws: `PluginFault` with the compiler's first error where it does not build.
  public func build(
    for granule: Granule,
    purpose: Purpose = .checking,
    cache: String
  ) throws(PluginFault) -> String {
    var compiler = ProcessInfo.processInfo.environment["CC"] ?? "cc"
    if case .measuring(let chosen) = purpose { compiler = chosen }
    let flags = flags(for: granule, purpose)
    let inputs =
      [compiler, BuildCache.identity(ofProgram: compiler), codeText]
      + flags.common + flags.instrumented
      + headerTexts.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
      + Shim.files.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    let folder = URL(fileURLWithPath: cache)
      .appendingPathComponent("linux-\(granule)-\(BuildCache.digest(of: inputs))")
    let kept = BuildCache(folder: folder, library: "tree.so")
    let result = folder.appendingPathComponent("tree.so").path
    if kept.isWhole { return result }
    clearAbandonedBuilds(in: cache)
    let work = URL(fileURLWithPath: cache)
      .appendingPathComponent("building-\(getpid())-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: work) }
    do {
      try writeSources(to: work)
    } catch {
      throw PluginFault(
        "its build cannot be written to \(cache) (\(error.localizedDescription)); is the disk full?"
          + " XDG_CACHE_HOME names another folder",
        isOfWorld: true
      )
    }
    let code = URL(fileURLWithPath: path).appendingPathComponent(LinuxTree.code).path
    let parts = [
      flags.common + flags.instrumented + ["-c", code, "-o", "tree.o"],
      flags.common + LinuxTree.glueFlags + ["-c", "walkproof_glue.c", "-o", "glue.o"],
    ]
    // What is missing in either is told at once.
    let errors = try parts.map { arguments throws(PluginFault) in
      try compile(compiler, arguments, in: work)
    }
    try report(errors)
    try report([compile(compiler, ["-shared", "-o", "tree.so", "tree.o", "glue.o"], in: work)])
    BuildCache(folder: work, library: "tree.so").seal()
    // What is there and damaged goes; where another process has built the same meanwhile, that is as good.
    if !kept.isWhole { try? FileManager.default.removeItem(at: folder) }
    try? FileManager.default.moveItem(at: work, to: folder)
    guard kept.isWhole else {
      throw PluginFault(
        "its build cannot be kept in \(cache); is the disk full?",
        isOfWorld: true
      )
    }
    return result
  }

  private func flags(
    for granule: Granule,
    _ purpose: Purpose
  ) -> (common: [String], instrumented: [String]) {
    let common = [
      "-O2", "-g", "-fPIC", "-std=gnu11", "-fno-strict-aliasing",
      "-Werror=implicit-function-declaration", "-DCONFIG_ARM64_\(granule)_PAGES=1", "-Iinclude",
      "-I.",
      "-include", "walkproof_shim.h",
    ]
    // Nothing is inlined or merged, so that the functions that run are those of the source; and what is
    // never set is what no caller would set, such as a level that there is not.
    let watched =
      ["-fno-inline", "-fno-plt", "-fsanitize=thread", LinuxTree.patternFlag] + compilerFlags
    switch purpose {
    // But for the headers' one-liners, which store nothing and are called for every entry of a walk.
    case .checking: return (common, watched + ["-DWALKPROOF_INLINES=1"])
    // Unoptimised, so that an instruction is of one line.
    case .coverage: return (common, watched + ["-O0", "-fsanitize-coverage=trace-pc"])
    case .measuring:
      return (common + ["-DWALKPROOF_STANDALONE=1", "-fvisibility=hidden"], [])
    }
  }

  /// A call of the tree's with an argument too many or of another kind is an error of the glue's.
  private static let glueFlags = ["-Werror=incompatible-pointer-types", "-Werror=int-conversion"]
  /// Fills variables that are never set; compilers know it since gcc 12 and clang 8.
  private static let patternFlag = "-ftrivial-auto-var-init=pattern"

  /// What makes the compiler tell volatile accesses from plain ones, and merge no functions.
  private var compilerFlags: [String] {
    let compiler = ProcessInfo.processInfo.environment["CC"] ?? "cc"
    return compiler.contains("clang")
      ? [
        "-mllvm", "-tsan-distinguish-volatile=1", "-mllvm", "-tsan-instrument-read-before-write=1",
      ] : ["-fno-ipa-icf", "--param", "tsan-distinguish-volatile=1"]
  }

  /// Writes the headers and the glue: the tree's own page-table headers, and for every other header
  /// that they or the code include one that is the shim.
  private func writeSources(to folder: URL) throws {
    func write(_ text: String, _ name: String) throws {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: file)
    }
    for (name, text) in Shim.files { try write(text, name) }
    let found = Shim.questions.intersection(text.words).sorted()
    try write(found.map { "#define TREE_HAS_\($0) 1\n" }.joined(), "walkproof_tree.h")
    for text in [codeText] + headerTexts.values {
      for header in includes(in: text) where LinuxTree.isWithin(header) {
        try write("#include \"walkproof_shim.h\"\n", "include/\(header)")
      }
    }
    for (name, text) in headerTexts { try write(text, "include/\(name)") }
  }

  /// The headers that a file includes by `#include <...>`.
  private func includes(in text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let words = line.split(separator: "<", maxSplits: 1)
      guard words.count == 2, words[0].trimmingCharacters(in: .whitespaces) == "#include",
        let name = words[1].split(separator: ">").first
      else { return nil }
      return String(name)
    }
  }

  /// Whether a header's name is of a file within the folder that it is looked for in.
  ///
  /// The compiler says of any other that there is none.
  static func isWithin(_ header: String) -> Bool {
    let parts = header.split(separator: "/", omittingEmptySubsequences: false)
    return header.utf8.count < 1000
      && parts.allSatisfy { part in
        !part.isEmpty && part != "." && part != ".." && part.utf8.count < 256
          && part.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
      }
  }

  /// Takes away what builds have left behind whose processes are gone.
  private func clearAbandonedBuilds(in cache: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
    for name in names where name.hasPrefix("building-") {
      let owner = name.split(separator: "-").dropFirst().first.flatMap { pid_t($0) }
      guard let owner, owner > 0, kill(owner, 0) != 0, errno == ESRCH else { continue }
      try? FileManager.default.removeItem(atPath: "\(cache)/\(name)")
    }
  }

  /// Runs a compiler; nil where it is content, else what it wrote.
  private func compile(
    _ compiler: String,
    _ arguments: [String],
    in folder: URL
  ) throws(PluginFault) -> String? {
    // As for make, the compiler may have words of its own: 'ccache gcc'.
    let words = compiler.split(separator: " ").map(String.init)
    let tool: Tool
    do {
      tool = try Tool(
        (words.isEmpty ? ["cc"] : words) + arguments,
        in: folder.path,
        taking: .errors
      )
    } catch {
      throw PluginFault(
        "the C compiler '\(compiler)' cannot be started (\(error.reason));"
          + (error.isAbsence ? " apt-get install -y gcc, or name another with CC" : " try again"),
        isOfWorld: !error.isAbsence
      )
    }
    let text = tool.text
    if text.contains("No space left on device") {
      throw PluginFault("its build cannot be written: the disk is full", isOfWorld: true)
    }
    guard let status = tool.status else {
      throw PluginFault("the C compiler '\(compiler)' \(tool.ending ?? "is gone"); try again")
    }
    guard status != 0 else {
      // A program that is content with anything is no compiler.
      let made = arguments.last.map { folder.appendingPathComponent($0).path }
      if let made, arguments.contains("-o"), !FileManager.default.fileExists(atPath: made),
        !arguments.contains("-shared")
      {
        throw PluginFault(LinuxTree.noCompiler(compiler, "made nothing"))
      }
      return nil
    }
    if !text.contains(where: { !$0.isWhitespace }) {
      throw PluginFault(
        LinuxTree.noCompiler(compiler, "ended with status \(status), saying nothing")
      )
    }
    if arguments.contains(LinuxTree.patternFlag), text.contains(LinuxTree.patternFlag) {
      let without = arguments.filter { $0 != LinuxTree.patternFlag }
      return try compile(compiler, without, in: folder)
    }
    return text
  }

  private static func noCompiler(_ compiler: String, _ what: String) -> String {
    "'\(compiler)' \(what), as no C compiler does; name another with CC"
  }

  private func report(_ errors: [String?]) throws(PluginFault) {
    let texts = errors.compactMap { $0 }
    guard texts.isEmpty else {
      throw PluginFault(BuildErrors(texts.joined(separator: "\n")).sentence)
    }
  }
}
