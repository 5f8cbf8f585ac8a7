import Foundation
import Mutation

/// A copy of the repository in which every walker has every mutant.
struct Workspace {
  /// The repository.
  let repository: URL
  /// The copy.
  let folder: URL
  /// What is left out since it does not compile, by its name, a line each.
  let uncompiledList: URL

  init(repository: URL) {
    self.repository = repository
    let tool = repository.appending(path: "Tests/Mutants")
    folder = tool.appending(path: ".build/mutated")
    uncompiledList = tool.appending(path: "uncompiled.txt")
  }

  /// The path of the built command.
  var command: String { folder.appending(path: ".build/release/walkproof").path }

  /// The walkers' files that are code, by their paths from the folder of the walkers on.
  func walkers() throws -> [(path: String, source: String)] {
    try swiftFiles("Sources/Walkers").filter { !Workspace.isCatalogue($0.path) }
      .map { (String($0.path.dropFirst("Sources/Walkers/".count)), $0.source) }
  }

  /// Whether a file is no walker that holds as it is: it lists the faults that can be injected, or says
  /// what records have which fields, or is history with its faults, of which no check holds.
  private static func isCatalogue(_ path: String) -> Bool {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name == "FaultsOf.swift" || name == "HistoricUnmap+UnmapByLoop.swift"
      || path.contains("/Posted/") || name.hasSuffix("Records.swift")
      || (!name.contains("+") && ["Fault.swift", "Flaw.swift"].contains { name.hasSuffix($0) })
  }

  private func swiftFiles(_ folder: String) throws -> [(path: String, source: String)] {
    try files(folder).filter { $0.hasSuffix(".swift") }.map {
      ($0, try String(contentsOf: repository.appending(path: $0), encoding: .utf8))
    }
  }

  /// The files beneath a folder, by their paths from the repository on, in order.
  private func files(_ folder: String, of root: URL? = nil) throws -> [String] {
    let base = (root ?? repository).appending(path: folder)
    let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
    return (names ?? []).filter {
      var isFolder: ObjCBool = false
      let path = base.appending(path: $0).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted().map { "\(folder)/\($0)" }
  }

  /// What walkers and machines declare.
  func signatures() throws -> Signatures {
    var signatures = Signatures()
    for file in try swiftFiles("Sources/Machines") + swiftFiles("Sources/Walkers") {
      signatures.add(source: file.source)
    }
    return signatures
  }

  /// Every walker with its mutants, numbered through.
  func mutated() throws -> [String: MutatedFile] {
    let signatures = try signatures()
    var files: [String: MutatedFile] = [:]
    var taken: Set<Int> = []
    for walker in try walkers() {
      // A file's numbers do not depend on which others there are, so that it is not built again for
      // their sake.
      let digest = UInt64(Digest.text(of: [walker.path]), radix: 16) ?? 0
      var block = Int(digest % 1000)
      while !taken.insert(block).inserted { block = (block + 1) % 1000 }
      files[walker.path] = MutatedFile(
        walker.source,
        path: walker.path,
        signatures: signatures,
        firstNumber: block * Workspace.numbersPerFile + 1
      )
    }
    return files
  }

  /// More mutants than a file has.
  private static let numbersPerFile = 1000

  /// Writes the copy; files whose text is the same stay untouched, so that little is built again.
  func write(_ walkers: [String: MutatedFile], without dropped: Set<String>) throws {
    var kept: Set<String> = []
    for path in try ["Sources", "Models", "Proofs"].flatMap({ try files($0) }) {
      kept.insert(path)
      let name = String(path.dropFirst("Sources/Walkers/".count))
      if path.hasPrefix("Sources/Walkers/"), let file = walkers[name] {
        try put(text(of: file, without: dropped), at: path)
      } else {
        let data = try Data(contentsOf: repository.appending(path: path))
        try put(data, at: path)
      }
    }
    for (path, text) in Switch.files {
      kept.insert(path)
      try put(text, at: path)
    }
    try put(try manifest(), at: "Package.swift")
    for path in try ["Sources", "Models", "Proofs"].flatMap({ try files($0, of: folder) })
    where !kept.contains(path) {
      try FileManager.default.removeItem(at: folder.appending(path: path))
    }
  }

  /// A walker's text in the copy.
  func text(of file: MutatedFile, without dropped: Set<String>) -> String {
    let numbers = file.mutants.filter { dropped.contains($0.id) }.map(\.number)
    let text = file.schemata(without: Set(numbers))
    // What is inlined everywhere would be there once for each place that calls it.
    return "public import CMutation\n" + text.replacing(" @inline(__always)", with: "")
  }

  private func put(_ text: String, at path: String) throws { try put(Data(text.utf8), at: path) }

  private func put(_ data: Data, at path: String) throws {
    let file = folder.appending(path: path)
    if (try? Data(contentsOf: file)) == data { return }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try data.write(to: file)
  }

  /// The manifest without tests, and with the switch beneath the walkers.
  private func manifest() throws -> String {
    let file = repository.appending(path: "Package.swift")
    var text = try String(contentsOf: file, encoding: .utf8)
    let target = ".target(name: \"CZ3\"),"
    let walkers = ".target(name: \"Walkers\", dependencies: [\"Machines\""
    guard let tests = text.range(of: "    .testTarget("), text.contains(target),
      text.contains(walkers)
    else { throw Problem("Package.swift has changed, and the switch does not fit into it") }
    text.replaceSubrange(tests.lowerBound..., with: "  ]\n)\n")
    text = text.replacing(target, with: "\(target)\n    .target(name: \"CMutation\"),")
    return text.replacing(walkers, with: walkers + ", \"CMutation\"")
  }

  /// The names of the mutants that are known not to compile.
  func uncompiled() -> Set<String> {
    let text = (try? String(contentsOf: uncompiledList, encoding: .utf8)) ?? ""
    return Set(text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
  }

  func keepUncompiled(_ ids: Set<String>) throws {
    let head = "# Mutants that are not Swift, by name; found by the compiler, and left out.\n"
    let text = head + ids.sorted().map { $0 + "\n" }.joined()
    if text != (try? String(contentsOf: uncompiledList, encoding: .utf8)) {
      try Data(text.utf8).write(to: uncompiledList)
    }
  }
}

/// Something that keeps the tool from its work, in a sentence.
struct Problem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
