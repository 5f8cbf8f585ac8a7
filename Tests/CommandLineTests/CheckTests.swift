import Foundation
import Testing

@Suite struct CheckTests {
  @Test func `a clean walker holds, and the report says what was covered`() throws {
    let outcome = try Command.run(
      "check",
      "--system",
      "arm64-stage2",
      "--subject",
      "built-in",
      "--cases",
      "600"
    )
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("arm64-stage2  built-in  holds"))
    #expect(outcome.output.contains("entry transitions: "))
    #expect(outcome.output.contains("never reached: "))
    #expect(outcome.errors.isEmpty, "there is no progress line in a pipe")
  }

  @Test func `of several systems and subjects that are named each is checked`() throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run([
      "check", "--system", "power-radix-process", "--system", "arm64-hyp", "--subject", "reference",
      "--subject", "built-in", "--cases", "60", "--no-corpus", "--format", "json",
    ])
    let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let results = (report as? [String: Any])?["results"] as? [[String: Any]] ?? []
    let checked = results.map { "\($0["system"] ?? "")/\($0["subject"] ?? "")" }
    #expect(
      checked.sorted() == [
        "arm64-hyp/built-in", "arm64-hyp/reference", "power-radix-process/built-in",
        "power-radix-process/reference",
      ]
    )
    for (more, word) in [(["--system", "x86"], "x86"), (["--subject", "y"], "'y'")] {
      let refused = try command.run(["check", "--system", "arm64-hyp", "--subject", "seed"] + more)
      #expect(refused.status == 64)
      #expect(refused.errorLines.count == 1 && refused.errors.contains(word), "\(refused.errors)")
    }
  }

  @Test func `the seed is convicted, and the printed command replays it`() throws {
    let command = try Command()
    defer { command.clean() }
    let arguments = ["check", "--system", "arm64-stage2", "--subject", "seed", "--cases", "200"]
    let outcome = try command.run(arguments)
    #expect(outcome.status == 1)
    for rule in ["wrong-level-hint", "needless-instruction-invalidation", "wrong-result"] {
      #expect(outcome.output.contains(": \(rule)\n"))
    }
    let line = try #require(
      outcome.output.split(separator: "\n").first { $0.contains("walkproof replay case-1:") }
    )
    let token = try #require(line.split(separator: " ").last)
    let replay = try command.run(["replay", String(token)])
    #expect(replay.status == 1)
    let body = replay.output.split(separator: "\n").dropFirst().first.map(String.init)
    #expect(outcome.output.contains(try #require(body)))
    #expect(replay.output.contains(String(token)))
  }

  @Test func `at the first violation it ends, and does not shrink it`() throws {
    let arguments = [
      "check", "--system", "arm64-stage2", "--subject", "seed", "--cases", "200", "--no-corpus",
      "--format", "json",
    ]
    func violations(_ options: [String]) throws -> [[String: Any]] {
      let command = try Command()
      defer { command.clean() }
      let outcome = try command.run(arguments + options)
      #expect(outcome.status == 1)
      let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let results = try #require((report as? [String: Any])?["results"] as? [[String: Any]])
      return try #require(results[0]["violations"] as? [[String: Any]])
    }
    let (all, first) = (try violations([]), try violations(["--stop-at-first"]))
    #expect(all.count > 1 && first.count == 1)
    func callCount(_ violation: [String: Any]) -> Int { (violation["calls"] as? [Any] ?? []).count }
    let same = try #require(
      all.first { $0["fingerprint"] as? String == first[0]["fingerprint"] as? String }
    )
    #expect(callCount(same) < callCount(first[0]), "the whole one shrinks")
  }

  @Test func `the number of threads does not change a byte of the verdict`() throws {
    let reports = try ["1", "2", "3"].map { jobs in
      let outcome = try Command.run(
        "check",
        "--system",
        "arm64-stage2",
        "--subject",
        "seed",
        "--cases",
        "256",
        "--jobs",
        jobs,
        "--format",
        "json",
        "--no-corpus"
      )
      #expect(outcome.status == 1)
      return outcome.output.split(separator: "\n").filter { !$0.contains("\"seconds\"") }
    }
    #expect(reports[0] == reports[1])
    #expect(reports[0] == reports[2])
  }

  @Test func `shards together cover what one run covers`() throws {
    func cases(_ shard: String) throws -> Int {
      let outcome = try Command.run(
        "check",
        "--subject",
        "built-in",
        "--system",
        "arm64-hyp",
        "--cases",
        "100",
        "--shard",
        shard,
        "--format",
        "json",
        "--no-corpus"
      )
      let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let results = try #require((report as? [String: Any])?["results"] as? [[String: Any]])
      return try #require(results[0]["cases"] as? Int)
    }
    #expect(try cases("1/3") + cases("2/3") + cases("3/3") == 100)
  }

  @Test func `too few cases to reach what has to be reached are vacuous`() throws {
    let outcome = try Command.run(
      "check",
      "--system",
      "arm64-stage2",
      "--subject",
      "built-in",
      "--cases",
      "1"
    )
    #expect(outcome.status == 2)
    #expect(outcome.output.contains("VACUOUS"))
  }

  @Test func `an interrupt ends in good order, with what was found`() throws {
    let command = try Command()
    defer { command.clean() }
    let outcome = try command.run(
      [
        "check", "--subject", "seed", "--system", "arm64-stage2", "--time", "600", "--failures",
        "99",
      ],
      interruptAfter: 3
    )
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("(interrupted)"))
    #expect(outcome.output.contains("walkproof replay case-1:"))
    let clean = try command.run(
      ["check", "--subject", "built-in", "--system", "arm64-hyp", "--time", "600"],
      interruptAfter: 2
    )
    #expect(clean.status == 2, "nothing was found, and yet not everything was tried")
  }
}

@Suite struct CorpusTests {
  @Test func `a failure is kept, and replayed by the next run`() throws {
    let command = try Command()
    defer { command.clean() }
    let arguments = ["check", "--system", "arm64-stage2", "--subject", "end-wraps"]
    #expect(try command.run(arguments + ["--cases", "200"]).status == 1)
    let folder = command.folder.appendingPathComponent(".walkproof")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == ["arm64-stage2-end-wraps-wrong-result-input-range-not-refused.json"])
    // No case at all: what fails can only come from the corpus.
    let second = try command.run(arguments + ["--cases", "0"])
    #expect(second.status == 1)
    #expect(second.output.contains("unmap returned 0") || second.output.contains("-ERANGE"))
    let file = folder.appendingPathComponent(names[0])
    #expect(try command.run(["replay", file.path]).status == 1)
  }

  @Test func `a malformed corpus file is named, and ends the run before it begins`() throws {
    let command = try Command()
    defer { command.clean() }
    let folder = command.folder.appendingPathComponent(".walkproof")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (text, part) in [
      ("{", "not well-formed JSON"), ("[]", "is not what it should be"),
      ("{\"formatVersion\": 999}", "999"),
    ] {
      try Data(text.utf8).write(to: folder.appendingPathComponent("x.json"))
      let outcome = try command.run(["check", "--cases", "1"])
      #expect(outcome.status == 65)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("x.json"))
      #expect(outcome.errors.contains(part), "\(outcome.errors)")
    }
  }
}
