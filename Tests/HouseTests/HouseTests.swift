import Foundation
import Testing

/// The sources of the package, read as text.
private struct House {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// A Swift file of the package: its path from the root, and its lines.
  struct File {
    let path: String
    let lines: [Substring]

    /// The modules that it imports.
    var imports: Set<String> {
      Set(
        lines.compactMap { line in
          let words = line.split(separator: " ")
          guard words.dropLast().last == "import", let module = words.last else { return nil }
          return String(module)
        }
      )
    }
  }

  /// Every Swift file beneath a folder.
  static func files(_ folder: String) -> [File] {
    let base = root.appendingPathComponent(folder)
    let paths =
      FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
    // What a build leaves behind is nobody's source.
    return paths.filter { $0.hasSuffix(".swift") && !$0.contains(".build/") }.sorted().compactMap {
      path in
      guard let text = try? String(contentsOf: base.appendingPathComponent(path), encoding: .utf8)
      else { return nil }
      return File(
        path: "\(folder)/\(path)",
        lines: text.split(separator: "\n", omittingEmptySubsequences: false)
      )
    }
  }

  static let all = ["Sources", "Models", "Proofs", "Tests"].flatMap(files)
}

/// The files of a folder that import one of some modules.
private func importers(_ folder: String, of modules: Set<String>) -> [String] {
  House.files(folder).filter { !$0.imports.isDisjoint(with: modules) }.map(\.path)
}

/// The files with a line that has one of some words outside a comment, exceptions apart.
private func users(
  _ folder: String,
  of words: [String],
  except exceptions: [String] = []
) -> [String] {
  House.files(folder).filter { file in
    !exceptions.contains { file.path.contains($0) }
      && file.lines.contains { line in
        !line.drop { $0 == " " }.hasPrefix("//") && words.contains { line.contains($0) }
      }
  }.map(\.path)
}

@Suite struct HouseTests {
  @Test func `two accounts: models and walkers never import each other`() {
    #expect(importers("Sources/Walkers", of: ["Reference", "Architecture", "Oracles"]).isEmpty)
    #expect(importers("Models", of: ["Walkers", "Systems", "Symbolic"]).isEmpty)
    #expect(importers("Models/Reference", of: ["Architecture"]).isEmpty)
    #expect(importers("Sources/Oracles", of: ["Walkers", "Reference"]).isEmpty)
    #expect(importers("Proofs", of: ["Reference", "Oracles"]).isEmpty)
    #expect(importers("Proofs/Trusted", of: ["Reference", "Oracles", "Systems"]).isEmpty)
  }

  @Test func `engines know no MMU`() {
    #expect(importers("Sources/Property", of: ["Machines", "Architecture", "Walkers"]).isEmpty)
    let mmu: Set = ["Architecture", "Walkers", "Reference", "Oracles", "Systems"]
    #expect(importers("Sources/Symbolic", of: mmu).isEmpty)
    #expect(importers("Sources/Schedules", of: mmu).isEmpty)
    #expect(importers("Sources/Checking", of: mmu).isEmpty)
    #expect(importers("Tests/CheckingTests", of: mmu).isEmpty)
  }

  @Test func `one door each: Z3, the world, the clock and chance`() {
    let z3 = House.all.filter { $0.imports.contains("CZ3") }.map(\.path)
    #expect(!z3.isEmpty && z3.allSatisfy { $0.hasPrefix("Sources/Symbolic/") })
    let fibers = House.files("Sources").filter { $0.imports.contains("CFiber") }.map(\.path)
    #expect(!fibers.isEmpty && fibers.allSatisfy { $0.hasPrefix("Sources/Schedules/World/") })
    for folder in [
      "Sources/Machines", "Sources/Walkers", "Sources/Oracles", "Sources/Checking",
      "Sources/Systems", "Sources/Symbolic", "Sources/Property", "Sources/Schedules", "Models",
      "Proofs",
    ] {
      // Threads are no door to the world, and memory is reserved in one place.
      let world = [
        "FileManager", "FileHandle", "getenv", "ProcessInfo", "ContinuousClock", "Date(",
      ]
      #expect(users(folder, of: world).isEmpty, "\(folder)")
      #expect(users(folder, of: ["mmap("], except: ["PhysicalMemory.swift"]).isEmpty)
    }
    let chance = ["SystemRandomNumberGenerator", ".random(", ".shuffled(", ".randomElement("]
    #expect(users("Sources", of: chance).isEmpty)
    #expect(users("Models", of: chance).isEmpty)
    #expect(users("Proofs", of: chance).isEmpty)
  }

  @Test func `the readers of the sources would see what they look for`() {
    #expect(!importers("Sources/Walkers", of: ["Machines"]).isEmpty)
    #expect(!users("Sources/walkproof", of: ["ContinuousClock"]).isEmpty)
    #expect(!users("Sources/Reports", of: ["FileManager"]).isEmpty)
  }

  @Test func `a file is short enough to read, and finished`() {
    for file in House.all {
      #expect(file.lines.count <= 500, "\(file.path)")
      let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
      #expect(!file.lines.contains { line in marks.contains { line.contains($0) } }, "\(file.path)")
    }
    #expect(House.all.count > 150)
  }

  @Test func `who listens does not act`() {
    let listeners = House.files("Sources").filter { file in
      file.lines.contains { $0.contains(": EventListener") && !$0.contains("<") }
    }.map(\.path)
    #expect(listeners.count >= 4)
    let writers = users("Sources", of: [".pointee = "])
    #expect(!writers.isEmpty && Set(writers).isDisjoint(with: listeners), "\(listeners)")
  }

  @Test func `there is one case loop, and one line for each system`() throws {
    let loops = users("Sources", of: ["operations.next(&choices)"])
    #expect(
      loops.sorted() == ["Sources/Checking/CaseCheck.swift", "Sources/Checking/CasePair.swift"]
    )
    let casts =
      users("Sources/Checking", of: [" as? "]) + users("Sources/Systems", of: [" as? Call"])
    #expect(
      casts == ["Sources/Checking/ComparedSubject.swift"],
      "what can be compared is one question"
    )
    let made = House.files("Sources/Systems").flatMap { file in
      file.lines.compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard words.prefix(2) == ["static", "let"], words.suffix(2) == ["=", "System("] else {
          return nil
        }
        return String(words[2])
      }
    }
    #expect(made.count >= 5)
    let list = try #require(
      House.files("Sources/Systems").first { $0.path.hasSuffix("+All.swift") }
    )
    for system in made {
      let lines = list.lines.filter { $0.contains(".\(system),") }
      #expect(lines.count == 1, "\(system)")
      // Beside that line only its own folder knows its name, and who makes subjects of it.
      let others = users("Sources", of: [".\(system)"]).filter { !$0.contains("/Systems/") }
      #expect(others.isEmpty, "\(system)")
    }
  }

  @Test func `the top level holds what the user fixed, and each folder its page`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: House.root.path)
    let allowed: Set = [
      "Package.swift", "Package.resolved", "Sources", "Tests", "Models", "Proofs", "README.md",
      "LICENSE",
    ]
    #expect(Set(names.filter { !$0.hasPrefix(".") }).subtracting(allowed).isEmpty)
    for folder in ["Sources", "Tests", "Models", "Proofs"] {
      let page = House.root.appendingPathComponent("\(folder)/README.md").path
      #expect(FileManager.default.fileExists(atPath: page))
    }
  }

  @Test func `the page how to add names files that are there`() throws {
    let page = House.root.appendingPathComponent("Sources/ADDING.md")
    let quoted = try String(contentsOf: page, encoding: .utf8).split(separator: "`")
    let files = quoted.filter { word in
      [".swift", ".c", ".h"].contains { word.hasSuffix($0) }
        && !["*", "…", "NAME", " "].contains { word.contains($0) }
    }
    #expect(files.count > 10)
    for file in files {
      let places = ["Sources", "Sources/Systems", "."].map { "\($0)/\(file)" }
      #expect(
        places.contains { place in
          FileManager.default.fileExists(atPath: House.root.appendingPathComponent(place).path)
        },
        "\(file)"
      )
    }
  }

  @Test func `a level of a table is no number`() {
    // A lock has levels too, how often it is held; and a finding tells of any architecture's.
    for folder in ["Sources", "Models", "Proofs"] {
      let numbers = users(folder, of: ["evel: Int"], except: ["LockDiscipline", "Finding"])
      #expect(numbers.isEmpty, "\(numbers)")
    }
  }
}
