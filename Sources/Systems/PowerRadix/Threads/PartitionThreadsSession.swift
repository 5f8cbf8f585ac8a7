import Checking
import Machines
import Oracles
import Property
import Reference
import Schedules

/// A case of shared partition-scoped tables.
struct PartitionThreadsSession<Scheme: PartitionScheme>: ThreadedSession {
  typealias Plan = PartitionThreadsPlan

  let world: PartitionThreadsWorld<Scheme>
  var threads: ThreadedCase<PartitionThreadsOperation>

  /// A world for a scheme.
  static func world(for variant: Scheme) -> PartitionThreadsWorld<Scheme> {
    PartitionThreadsWorld(variant)
  }

  /// What tables and TLBs show, before what callers see, before what explains it among threads.
  static func explanatoryRank(of rule: Rule) -> Int {
    RadixSharing.rules.contains(rule) ? 0 : SharedPartitionModel.rules.contains(rule) ? 1 : 2
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

  /// Counts events, and what the case reached.
  mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
    statistics.count(labels: world.state.pointee.situations.counts)
  }

  var titles: [String] { (0..<world.state.pointee.plan.threadCount).map { "thread \($0)" } }
}
