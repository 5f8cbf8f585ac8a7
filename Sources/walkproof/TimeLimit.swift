import CWalkerPlugin
import Foundation
import Property
import Synchronization

/// How long the work on one subject may take, shrinking included; asked from any thread.
final class TimeLimit: Sendable {
  private typealias Instant = ContinuousClock.Instant

  /// The part of the time that is searched for, where there is something to shrink afterwards.
  private static let searchedPart = 0.6

  private let end: Instant?
  private let earlyEnd: Instant?
  private let hasFound = Atomic<Bool>(false)
  private let isShrinking = Atomic<Bool>(false)

  /// A limit of so many seconds, from here on; nil for none.
  ///
  /// Where nothing is shrunk the search has all of them.
  init(seconds: Double?, shrinks: Bool) {
    let now = ContinuousClock().now
    end = seconds.map { now + .seconds($0) }
    earlyEnd = seconds.map { now + .seconds(shrinks ? $0 * TimeLimit.searchedPart : $0) }
  }

  /// Something was found that is to be shrunk.
  func noteFound() { hasFound.store(true, ordering: .relaxed) }

  /// The search is over, and the rest of the time is for shrinking.
  func beginShrinking() { isShrinking.store(true, ordering: .relaxed) }

  /// Whether the time is over, for what is done now.
  var isOver: Bool {
    let endsEarly = hasFound.load(ordering: .relaxed) && !isShrinking.load(ordering: .relaxed)
    guard let limit = endsEarly ? earlyEnd : end else { return false }
    return ContinuousClock().now >= limit
  }

  /// How many seconds are left; nil for no limit.
  var secondsLeft: Double? { end.map { max(0, ($0 - ContinuousClock().now).inSeconds) } }
}

/// The time of a command, which its subjects share.
struct CommandTime {
  private let end: ContinuousClock.Instant?

  /// From `start`, where so many seconds were asked for, with everything that was done since; else from
  /// here on.
  init(_ budget: BudgetOptions, isNamed: Bool, since start: ContinuousClock.Instant) {
    let seconds = budget.seconds(isNamed: isNamed)
    end = seconds.map { (budget.time == nil ? ContinuousClock().now : start) + .seconds($0) }
  }

  /// The limit of the next of `count` subjects that are left.
  func limit(among count: Int, shrinks: Bool = true) -> TimeLimit {
    let left = end.map { max(0, ($0 - ContinuousClock().now).inSeconds) }
    return TimeLimit(seconds: left.map { $0 / Double(max(1, count)) }, shrinks: shrinks)
  }
}

/// How much of the processors' time a search had.
struct ProcessorShare {
  private let start = ContinuousClock().now
  private let used = ProcessorShare.secondsUsed

  /// What this process and those that run walkers for it have used.
  ///
  /// Of a thread and its walker one is at work at any moment, so that together they can use as much as a
  /// thread with a walker of ours.
  private static var secondsUsed: Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
      + Double(walkproof_workers_nanoseconds()) * 1e-9
  }

  /// Why a search that its time has ended made far fewer cases than it should have; nil where it did not.
  ///
  /// It should have run all the time. Where it did for less than half of it, more cases are missing than
  /// there are.
  func hindrance(cases: UInt64, threads: Int) -> String? {
    if cases == 0 { return "the time was over before the first of them; give it more" }
    let processors = min(threads, ProcessInfo.processInfo.activeProcessorCount)
    let possible = (ContinuousClock().now - start).inSeconds * Double(processors)
    let share = (ProcessorShare.secondsUsed - used) / max(possible, 1e-3)
    guard share < 0.5 else { return nil }
    return
      "it ran for \(Int(share * 100)) % of the time, and waited for the walker or for other work"
      + " on the machine; give it more time"
  }
}
