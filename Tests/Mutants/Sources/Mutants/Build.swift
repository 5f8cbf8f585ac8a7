import Foundation
import Mutation
import Subprocess

extension Workspace {
  /// Builds the copy, and leaves out what does not compile.
  /// - Returns: The mutants that are left out.
  func build(_ walkers: [String: MutatedFile], _ screen: inout Screen) async throws -> Set<String> {
    let all = Set(walkers.values.flatMap(\.mutants).map(\.id))
    var dropped = uncompiled().intersection(all)
    for round in 1...12 {
      try write(walkers, without: dropped)
      screen.tell("building the walkers, round \(round)")
      let output = try await swiftBuild(["--target", "Walkers"])
      guard let complaints = output else { break }
      let found = culprits(complaints, walkers, without: dropped)
      guard !found.isEmpty else {
        throw Problem("the walkers do not compile, and no mutant is to blame:\n\(complaints)")
      }
      dropped.formUnion(found)
      screen.note("\(found.count) mutants are not Swift")
      try keepUncompiled(dropped)
    }
    try keepUncompiled(dropped)
    screen.tell("building the command")
    if let complaints = try await swiftBuild(["--product", "walkproof"]) {
      throw Problem("the copy does not build:\n\(complaints.suffix(4000))")
    }
    return dropped
  }

  /// Builds a part of the copy.
  /// - Returns: What the compiler said where it failed; nil where it did not.
  private func swiftBuild(_ options: [String]) async throws -> String? {
    let result = try await run(
      .name("swift"),
      arguments: Arguments(
        ["build", "-c", "release", "--package-path", folder.path] + options
      ),
      output: .string(limit: 1 << 26),
      error: .string(limit: 1 << 26)
    )
    if result.terminationStatus.isSuccess { return nil }
    return result.standardOutput + result.standardError
  }

  /// The mutants that the compiler complains of.
  private func culprits(
    _ output: String,
    _ walkers: [String: MutatedFile],
    without dropped: Set<String>
  ) -> Set<String> {
    var found: Set<String> = []
    var lines: [String: Culprits] = [:]
    for line in output.split(separator: "\n") {
      // A path, a line, a column, and what is wrong.
      guard let start = line.firstRange(of: "Sources/Walkers/"), line.hasPrefix("/"),
        line.contains(": error: ")
      else { continue }
      let fields = line[start.upperBound...].split(separator: ":", maxSplits: 3)
      guard fields.count == 4, let number = Int(fields[1]), let file = walkers[String(fields[0])]
      else { continue }
      let path = String(fields[0])
      let known = lines[path] ?? Culprits(text(of: file, without: dropped))
      lines[path] = known
      let numbers = known.mutants(atLine: number, saying: String(fields[3]))
      found.formUnion(file.mutants.filter { numbers.contains($0.number) }.map(\.id))
    }
    return found.subtracting(dropped)
  }
}
