import Checking
import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// A case of a shared stage 2.
struct Stage2ThreadsSession<Walker: SharedStage2Walker>: ThreadedSession {
  typealias Plan = Stage2ThreadsPlan

  let world: Stage2ThreadsWorld<Walker>
  var threads: ThreadedCase<Stage2ThreadsOperation>

  /// A world for a walker.
  static func world(for variant: Walker) -> Stage2ThreadsWorld<Walker> {
    Stage2ThreadsWorld(variant)
  }

  /// What tables and TLBs show, before what callers see, before what explains it among threads.
  static func explanatoryRank(of rule: Rule) -> Int {
    TableSharing.rules.contains(rule) ? 0 : SharedStage2Model.rules.contains(rule) ? 1 : 2
  }

  /// What a schedule and its operations need together.
  static func suggestions(for recording: Recording) -> [[UInt64]] { recording.editsOfThreads }

  var allFindings: [Finding] {
    let listener = world.world.listener
    let breaches = world.state.pointee.model.breaches
    return listener.sharing.violations.map { Finding($0) }
      + breaches.map { Finding($0.rule, $0.message, cause: $0.cause) }
      + listener.judges.violations.map { Finding($0) }
  }

  /// Counts events.
  mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
  }

  var titles: [String] { (0..<world.state.pointee.plan.threadCount).map { "thread \($0)" } }
}
