import Checking
import Machines
import Oracles
import Property
import Testing

@testable import Systems

@Suite struct MuseumTests {
  @Test func `every variant is in the list, and nothing else`() {
    let variants = System.all.flatMap { system in
      system.subjects.filter { $0.role == .variant }
        .map { "\(system.family ?? system.name)/\($0.name)" }
    }
    #expect(Set(variants) == Set(exhibits.map { "\($0.system)/\($0.subject)" }))
  }

  @Test(arguments: exhibits.indices)
  func `a variant is convicted, and shrinks to the shortest calls that show it`(
    index: Int
  ) throws {
    let exhibit = exhibits[index]
    let system = try #require(
      System.all(named: exhibit.system).first { $0.subject(named: exhibit.subject) != nil }
    )
    let subject = try #require(system.subject(named: exhibit.subject))
    // A fault may show in several ways: which of them a seed comes to first changes with the generator.
    var shown: [String] = []
    for next in 0..<UInt64(8) {
      let seed = Seed(exhibit.seed.value + next)
      var plan = CampaignPlan(seed: seed, cases: 0..<3000)
      plan.failureLimit = 1
      plan.batchSize = 16
      // A schedule shrinks with its calls.
      plan.shrinkBudget = exhibit.preemptions == nil ? 4000 : 20_000
      plan.selfCheckInterval = nil
      let failure = try #require(
        subject.campaign(plan, jobs: 2).run().failures.first,
        "\(exhibit.subject) is not convicted"
      )
      let counterexample = try #require(subject.counterexample(replaying: failure.simplest))
      #expect(system.rules.contains(counterexample.finding.rule), "the system's list has it")
      #expect(counterexample.finding.fingerprint == failure.violation.fingerprint)
      let again = subject.counterexample(replaying: failure.simplest)
      #expect(again == counterexample, "a replay tells the same story")
      if exhibit.isShown(by: counterexample) { return }
      let sections = counterexample.sections.map(\.title).joined(separator: ", ")
      shown.append("\(counterexample.finding.rule.name), \(counterexample.calls), \(sections)")
    }
    Issue.record("\(exhibit.subject) is not shown as in the list, but by \(shown)")
  }

  @Test func `what is permitted is not convicted, nor what is clean`() {
    for system in System.all {
      // Cases of threads are short.
      let hasThreads = system.subjects.contains { $0.exploration != nil }
      for subject in system.subjects where [.clean, .control].contains(subject.role) {
        let plan = CampaignPlan(seed: 2, cases: 0..<(hasThreads ? 2000 : 64))
        let result = subject.campaign(plan, jobs: 2).search()
        #expect(result.failures.isEmpty, "\(system.name)/\(subject.name)")
        #expect(result.nondeterminism.isEmpty)
        #expect(result.statistics.operationCount > 500)
      }
    }
  }
}

@Suite struct SeedTests {
  /// The fingerprints that a campaign over a seed subject ends with.
  private func fingerprints(
    _ system: String,
    _ subject: String = "seed",
    cases: UInt64
  ) throws -> Set<String> {
    let subject = try #require(
      System.all(named: system).compactMap { $0.subject(named: subject) }.first
    )
    var plan = CampaignPlan(seed: 1, cases: 0..<cases)
    plan.failureLimit = 32
    let result = subject.campaign(plan, jobs: 2).search()
    // A call that breaks several rules is a counterexample of each of them.
    return Set(
      result.failures.flatMap { failure in
        let finding = subject.counterexample(replaying: failure.choices)?.finding
        return [failure.violation.fingerprint] + (finding?.others.map(\.fingerprint) ?? [])
      }
    )
  }

  @Test func `each fault of the stage-2 seed has a counterexample of its own`() throws {
    let found = try fingerprints("arm64-stage2", cases: 192)
    #expect(found.contains("wrong-result input range not refused"))
    #expect(found.contains("wrong-result output range not refused"))
    #expect(found.contains { $0.hasPrefix("wrong-level-hint/freed") })
    #expect(found.contains { $0.hasPrefix("needless-instruction-invalidation") })
  }

  @Test func `each fault of the hyp seed has a counterexample of its own`() throws {
    let found = try fingerprints("arm64-hyp", cases: 192)
    #expect(found.contains("wrong-result input range not refused"))
    #expect(found.contains("wrong-result output range not refused"))
    #expect(found.contains { $0.hasPrefix("wrong-result hyp_map -EINVAL") })
  }

  @Test func `each situation in which the loop goes wrong has a counterexample of its own`() throws
  {
    let found = try fingerprints("arm-unmap", "loop", cases: 600)
    let situations = [
      "wrong-result input range not refused", "access-outside-memory/read",
      "freed-while-walkable/freed/not-invalidated/last-level",
      "leak-after-destroy/table/upper-level", "wrong-entry invalid, annotated",
      "wrong-entry invalid, kept-table", "wrong-entry invalid, table", "wrong-entry invalid, page",
    ]
    for situation in situations { #expect(found.contains(situation), "\(situation)") }
  }

  @Test func `each situation in which the functions as posted go wrong has one too`() throws {
    let found = try fingerprints("arm-unmap", "nested", cases: 600)
    let situations = [
      "wrong-result input range not refused", "access-outside-memory/read",
      "freed-while-walkable/freed/not-invalidated/last-level", "wrong-entry leaf, none",
      "wrong-entry invalid, kept-table", "use-after-free/read/last-level",
    ]
    for situation in situations { #expect(found.contains(situation), "\(situation)") }
    #expect(!found.contains("wrong-entry invalid, annotated"), "that was the loop's")
  }

  @Test func `each fault of the seed's software walk has a counterexample of its own`() throws {
    let found = try fingerprints("power-radix-process", cases: 3000)
    #expect(found.contains("wrong-result xlate process beyond its table, found a translation"))
    #expect(found.contains("wrong-result xlate translated, found -EINVAL"))
    #expect(found.contains("wrong-read xlate"))
  }

  @Test func `each fault of the seed's partition-scoped tables that others do not hide has one`()
    throws
  {
    let found = try fingerprints("power-radix-partition", cases: 3000)
    let situations = [
      "incomplete-invalidation/4K", "incomplete-invalidation/2M", "foreign-bits", "beyond-slot",
      "needless-break/4K", "freed-while-walkable/2M", "use-after-free", "wrong-translation",
    ]
    for situation in situations { #expect(found.contains(situation), "\(situation)") }
  }
}

@Suite struct PostedCacheTests {
  @Test func `each fault of the posted cache has a counterexample of its own`() throws {
    let subject = try #require(System.named("pfn-cache")?.subject(named: "seed"))
    var plan = CampaignPlan(seed: 1, cases: 0..<6000)
    plan.failureLimit = nil
    plan.selfCheckInterval = nil
    var found: Set<String> = []
    // What is found first hides what comes later in the same case, until it is accepted.
    for _ in 0..<3 {
      let result = subject.campaign(plan, jobs: 2, accepting: found).search()
      found.formUnion(result.failures.map(\.violation.fingerprint))
    }
    let faults = [
      // A refresh of what is valid, which gives up what it keeps.
      "unmapped-address", "mapping-undone-twice", "reference-put-twice",
      // Another place in the same page.
      "wrong-offset",
      // References of a frame that is found again, of one that cannot be mapped, and of a look-up that
      // is made again; and that of every frame that is kept.
      "reference-leaked", "page-pinned",
      // A cache that says yes before there is anything in it.
      "unmapped-address/null",
      // Frames that were given up or are another page's.
      "freed-page-accessed", "wrong-page-accessed", "invalidation-missed",
      "lock-reinitialised/cache.lock", "request-left", "length-accepted/wraps",
      "length-accepted/empty", "inactive-cache-used/refresh", "inactive-cache-used/check",
      // Written through the cache and given up too late, or never.
      "dirty-missed", "dirty-invented", "mapping-leaked",
      // A refresh that begins again whenever anything is invalidated.
      "thread-never-ends",
      // Two that take a cache into use at once, and a count that is read without its lock.
      "data-race/cache.active: plain read, plain write",
      "data-race/vm.mn_seq: plain read, plain write",
    ]
    for fault in faults { #expect(found.contains(fault), "\(fault)") }
  }
}

@Suite struct CampaignTests {
  @Test func `one seed has one result, whatever the number of threads`() throws {
    let subject = try #require(System.named("arm64-stage2")?.subject(named: "no-break"))
    let plan = CampaignPlan(seed: 7, cases: 0..<128)
    let results = [1, 2, 3].map { subject.campaign(plan, jobs: $0).search() }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func `a campaign of nothing has reached nothing that it had to`() throws {
    for system in System.all {
      let required = system.coverage.required + system.requiredOutcomes.map(\.description)
      #expect(!required.isEmpty)
      #expect(system.missing(CheckStatistics()) == required)
    }
  }

  @Test func `a history tells of the stores and invalidations of its entry, in order`() throws {
    let subject = try #require(
      System.named("arm64-stage2")?.subject(named: "table-tlbi-level-hint")
    )
    var plan = CampaignPlan(seed: 1, cases: 0..<200)
    plan.failureLimit = 1
    plan.shrinkBudget = 4000
    let failure = try #require(subject.campaign(plan, jobs: 2).run().failures.first)
    let found = try #require(subject.counterexample(replaying: failure.simplest))
    #expect(found.history.map(\.ordinal) == found.history.map(\.ordinal).sorted())
    for words in ["allocate", "store", "dsb ishst", "tlbi ipas2e1is", "release"] {
      #expect(found.history.contains { $0.text.contains(words) }, "\(words)")
    }
  }

  /// The history of the first case that convicts a museum piece.
  private func history(_ system: String, _ name: String) throws -> Counterexample {
    let subject = try #require(
      System.all(named: system).compactMap { $0.subject(named: name) }.first
    )
    var plan = CampaignPlan(seed: 1, cases: 0..<2000)
    plan.failureLimit = 1
    plan.shrinkBudget = 4000
    let failure = try #require(subject.campaign(plan, jobs: 2).run().failures.first)
    return try #require(subject.counterexample(replaying: failure.simplest))
  }

  @Test func `the history of a lost write shows the exchange that lost it`() throws {
    let found = try history("power-radix", "dirty-size-units")
    #expect(found.finding.rule == .lostWrite)
    let place = try #require(found.finding.entryAddress)
    let texts = found.history.map(\.text)
    #expect(
      texts.contains { $0.hasPrefix("compare-exchange \(hex(place))") && $0.hasSuffix("> 0x0") }
    )
  }

  @Test func `the history of a freed table shows the store that unlinked it`() throws {
    for name in ["free-without-invalidation", "free-keeps-walk-cache"] {
      let found = try history("power-radix", name)
      #expect(found.finding.rule == .radixFreedWhileWalkable)
      let texts = found.history.map(\.text)
      #expect(texts.contains { $0.hasPrefix("store") && $0.hasSuffix("-> 0x0") }, "\(texts)")
    }
    let arm = try history("arm64-stage2", "table-tlbi-level-hint").history.map(\.text)
    #expect(arm.contains { $0.hasPrefix("store") && $0.hasSuffix("-> 0x0") })
    #expect(arm.contains { $0.contains("-> 0x1000003003") }, "and the one that linked it")
  }

  @Test func `a history tells what the hardware did of its own accord, and cleans as one range`() {
    let events: [Event] = [
      .store(address: 0x1000, old: 0, new: 1, order: .relaxed),
      .hardwareStore(address: 0x1000, old: 1, new: 0x81),
      .hardwareStore(address: 0x1008, old: 1, new: 0x81),
      .clean(address: 0, sizeInBytes: 64), .clean(address: 64, sizeInBytes: 64),
      .exchange(address: 0x1000, old: 0x81, new: 0),
    ]
    let history = EventHistory(entryAddress: 0x1000, inputAddress: nil, pageShift: 12)
    let steps = history.steps(of: events, sites: Array(repeating: 0, count: 6), callEnds: [6])
    #expect(
      steps.map(\.text) == [
        "store 0x1000: 0x0 -> 0x1", "the hardware sets bits 0x1000: 0x1 -> 0x81",
        "dc civac 0x0, 0x80 bytes", "compare-exchange 0x1000: 0x81 -> 0x0",
      ]
    )
  }

  @Test func `what cut the way to a table is shown wherever it was cut`() {
    func table(_ address: UInt64) -> UInt64 { address | 3 }
    let events: [Event] = [
      .store(address: 0x1000, old: 0, new: table(0x2000), order: .release),
      .store(address: 0x2000, old: 0, new: table(0x3000), order: .release),
      .store(address: 0x3000, old: 0, new: 1, order: .release),
      .store(address: 0x1008, old: table(0x9000), new: 0, order: .relaxed),
      .store(address: 0x1000, old: table(0x2000), new: 0, order: .relaxed),
      .store(address: 0x2000, old: table(0x3000), new: 0, order: .relaxed),
    ]
    let history = EventHistory(entryAddress: 0x3000, inputAddress: nil, pageShift: 12)
    let steps = history.steps(of: events, sites: Array(repeating: 0, count: 6), callEnds: [6])
    #expect(steps.map(\.ordinal) == [2, 3, 5, 6])
  }
}
