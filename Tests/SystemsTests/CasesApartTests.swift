import Property
import Testing

@testable import Checking
@testable import Systems

/// A worker runs thousands of cases in one world, and each is as if it were the first.
@Suite struct CasesApartTests {
  private static let subjects = System.all.flatMap { system in
    system.subjects.filter { [.clean, .seed].contains($0.role) }
      .map { subject in (system.name, subject.name) }
  }

  @Test(arguments: subjects)
  func `a case comes to the same whatever was run before it`(system: String, name: String) throws {
    let found = System.named(system)?.subjects.first { $0.name == name }
    let makeCheck = try #require(found).makeCheck
    var used = try #require(makeCheck([], nil))
    for number in 0..<150 as Range<UInt64> {
      let later = Case(&used, number)
      var fresh = try #require(makeCheck([], nil))
      let first = Case(&fresh, number)
      #expect(later.outcome == first.outcome, "case \(number)")
      #expect(later.statistics == first.statistics, "case \(number)")
    }
  }

  /// One case, and all that can be seen of it.
  private struct Case {
    var statistics = CheckStatistics()
    let outcome: Outcome

    init(_ check: inout SubjectCheck, _ number: UInt64) {
      var choices = Choices(seed: 5, case: number)
      outcome = check.run(&choices, into: &statistics)
    }
  }
}
