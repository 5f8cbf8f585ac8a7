import Machines
import Oracles
import Property
import Schedules
import Testing

/// Goes through a program's schedules twice, with the reduction and without.
private func compare(
  _ program: ToyProgram,
  preemptionLimit: Int? = nil,
  isWeak: Bool = false
) -> (reduced: Exploration<ToyProgram.End>, plain: Exploration<ToyProgram.End>) {
  var explorer = Explorer()
  explorer.preemptionLimit = preemptionLimit
  explorer.settings.isWeak = isWeak
  explorer.settings.vainRoundLimit = 2
  explorer.runLimit = 8000
  explorer.repeatInterval = 3
  let reduced = program.explored(by: explorer)
  explorer.isReduced = false
  return (reduced, program.explored(by: explorer))
}

@Suite(.serialized) struct ExplorerTests {
  @Test(arguments: [(2, 3, 400), (3, 2, 120)])
  func `the reduction finds every end and every finding that plain enumeration does`(
    threadCount: Int,
    stepCount: Int,
    programCount: UInt64
  ) {
    var reducedCount = 0
    var plainCount = 0
    var comparedCount: UInt64 = 0
    for index in 0..<programCount {
      var choices = Choices(seed: 11, case: index)
      let program = ToyProgram.draw(&choices, threadCount: threadCount, stepCount: stepCount)
      let (reduced, plain) = compare(program)
      guard plain.isExhausted else { continue }
      #expect(reduced.isComplete && plain.isComplete, "\(program)")
      let isSame = Set(reduced.outcomes.keys) == Set(plain.outcomes.keys)
      #expect(isSame, "\(index): \(program)")
      comparedCount += 1
      reducedCount += reduced.exploredCount
      plainCount += plain.exploredCount
    }
    #expect(comparedCount * 3 > programCount, "\(comparedCount)")
    #expect(reducedCount * 4 < plainCount, "\(reducedCount) of \(plainCount)")
  }

  @Test func `within a bound of preemptions the reduction finds what plain enumeration does`() {
    for limit in 0...2 {
      for index in 0..<60 as Range<UInt64> {
        var choices = Choices(seed: 12, case: index)
        let program = ToyProgram.draw(&choices, threadCount: 2, stepCount: 4)
        let (reduced, plain) = compare(program, preemptionLimit: limit)
        guard plain.isExhausted else { continue }
        #expect(!reduced.isComplete && reduced.isExhausted)
        let isSame = Set(reduced.outcomes.keys) == Set(plain.outcomes.keys)
        #expect(isSame, "\(limit), \(index): \(program)")
        #expect(plain.exploredCount >= reduced.exploredCount)
      }
    }
  }

  @Test func `where memory is weak the reduction finds what plain enumeration does`() {
    for index in 0..<80 as Range<UInt64> {
      var choices = Choices(seed: 13, case: index)
      let program = ToyProgram.draw(&choices, threadCount: 2, stepCount: 2)
      let (reduced, plain) = compare(program, isWeak: true)
      guard plain.isExhausted else { continue }
      #expect(reduced.isComplete && plain.isComplete, "\(program)")
      let isSame = Set(reduced.outcomes.keys) == Set(plain.outcomes.keys)
      #expect(isSame, "\(index): \(program)")
    }
  }
}
