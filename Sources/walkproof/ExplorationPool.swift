import Checking
import Foundation
import Property
import Synchronization

/// Explores programs, several at once, until a time.
///
/// What is not done when its share of the time is over is begun again when all others are, with what is
/// left.
final class ExplorationPool: Sendable {
  private struct State {
    var waiting: [Int]
    var results: [Int: (result: ProgramExploration, seconds: Double)] = [:]
    /// The fingerprints of what is wrong, and what of it was not told of yet.
    var known: Set<String> = []
    var news: [ProgramExploration.Violation] = []
  }

  private let exploration: SubjectExploration
  private let programs: [ExploredProgram]
  private let limits: ExplorationLimits
  private let end: ContinuousClock.Instant
  private let state: Mutex<State>

  init(
    _ exploration: SubjectExploration,
    _ programs: [ExploredProgram],
    _ limits: ExplorationLimits,
    until end: ContinuousClock.Instant
  ) {
    self.exploration = exploration
    self.programs = programs
    self.limits = limits
    self.end = end
    state = Mutex(State(waiting: Array(programs.indices.reversed())))
  }

  /// What came of the programs, in their order.
  var results: [(result: ProgramExploration, seconds: Double)] {
    state.withLock { state in
      programs.enumerated().map { index, program in
        let limit = limits.preemptionLimit
        return state.results[index]
          ?? (ProgramExploration(unexplored: program, preemptionLimit: limit), 0)
      }
    }
  }

  /// Explores all; `progress` is told now and then how many are done, and `found` of each fault as soon
  /// as its first program is explored, so that who is killed has told of it.
  func run(
    jobs: Int,
    progress: (Int) -> Void,
    found: (ProgramExploration.Violation) -> Void
  ) {
    for isSecondRound in [false, true] {
      state.withLock { state in
        guard isSecondRound else { return }
        state.waiting = programs.indices.reversed().filter { index in
          guard let result = state.results[index]?.result else { return true }
          return !result.isExhausted && !result.isNondeterministic && result.cutCount == 0
            && result.exploredCount + result.prunedCount < limits.runLimit
        }
      }
      let workers = DispatchGroup()
      for _ in 0..<max(1, min(jobs, programs.count)) {
        DispatchQueue.global().async(group: workers) { [self] in
          while let (index, share) = claim(jobs) { explore(index, share) }
        }
      }
      var isOver = false
      repeat {
        progress(state.withLock { $0.results.count })
        isOver = workers.wait(timeout: .now() + .milliseconds(100)) == .success
        state.withLock { state in
          defer { state.news = [] }
          return state.news
        }
        .forEach(found)
      } while !isOver
    }
  }

  /// The next program, and until when it may be explored; nil where there is none or no time.
  private func claim(_ jobs: Int) -> (Int, until: ContinuousClock.Instant)? {
    state.withLock { state in
      let now = ContinuousClock().now
      guard now < end, !interruptFlag.isRaised, let index = state.waiting.popLast() else {
        return nil
      }
      let left = (end - now) * min(jobs, state.waiting.count + 1) / (state.waiting.count + 1)
      return (index, now + min(left, end - now))
    }
  }

  private func explore(_ index: Int, _ until: ContinuousClock.Instant) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = exploration.explore(
      programs[index],
      limits,
      shouldStop: { interruptFlag.isRaised || clock.now >= until }
    )
    let seconds = (clock.now - start).inSeconds
    state.withLock { state in
      state.results[index] = (result, seconds)
      state.news += result.violations.filter { state.known.insert($0.fingerprint).inserted }
    }
  }
}
