import Foundation
import Testing

/// Builds of trees that are kept: a damaged one is made again, and none is blamed on the tree.
@Suite(.enabled(if: LinuxTrees.folder != nil && Compiler.isThere), .serialized)
struct BuildCacheTests {
  /// What is done to the library that was kept, by what it is called.
  static let damages: [(name: String, damage: @Sendable (URL) throws -> Void)] = [
    ("cut short", { try Data(try Data(contentsOf: $0).prefix(5000)).write(to: $0) }),
    ("emptied", { try Data().write(to: $0) }),
    ("gone", { try FileManager.default.removeItem(at: $0) }),
    ("another's", { try Compiler.build("plugin.c", variant: "clean", to: $0.path) }),
    (
      "one bit off",
      { file in
        var data = try Data(contentsOf: file)
        data[data.count / 2] ^= 1
        try data.write(to: file)
      }
    ),
  ]

  @Test func `a build that is damaged is made again`() throws {
    let command = try Command()
    defer { command.clean() }
    let cache = command.folder.appendingPathComponent("cache")
    let tree = "\(LinuxTrees.folder ?? "")/linux-source-6.1"
    func check() throws -> Command.Outcome {
      try command.run(
        [
          "check", "--linux-tree", tree, "--granule", "4K", "--system", "arm64-hyp", "--cases",
          "200",
          "--accept", "builtin", "--no-corpus", "--format", "json",
        ],
        environment: ["XDG_CACHE_HOME": cache.path]
      )
    }
    func verdict(_ outcome: Command.Outcome) -> [Substring] {
      outcome.output.split(separator: "\n").filter { !$0.contains("\"seconds\"") }
    }
    let whole = try check()
    #expect(whole.status == 0, "\(whole.errors)")
    let builds = cache.appendingPathComponent("walkproof")
    let names = try FileManager.default.contentsOfDirectory(atPath: builds.path)
    #expect(names.count == 1)
    let library = builds.appendingPathComponent(try #require(names.first))
      .appendingPathComponent("tree.so")
    let built = try Data(contentsOf: library)
    for (name, damage) in BuildCacheTests.damages {
      try damage(library)
      let again = try check()
      #expect(again.status == 0, "\(name): \(again.errors)")
      #expect(verdict(again) == verdict(whole), "\(name)")
      #expect(try Data(contentsOf: library).count == built.count, "\(name): it is made again")
    }
  }
}
