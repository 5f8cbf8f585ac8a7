import Checking
import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// A case of guest-frame caches.
struct PfnCacheSession<Walker: PfnCacheWalker>: ThreadedSession {
  typealias Plan = PfnCachePlan

  let world: PfnCaseWorld<Walker>
  var threads: ThreadedCase<PfnCacheOperation>

  /// A world for a walker.
  static func world(for variant: Walker) -> PfnCaseWorld<Walker> { PfnCaseWorld(variant) }

  /// What users see, before what explains it among threads.
  static func explanatoryRank(of rule: Rule) -> Int { PfnCacheModel.rules.contains(rule) ? 0 : 1 }

  /// What a schedule and its operations need together.
  static func suggestions(for recording: Recording) -> [[UInt64]] { recording.editsOfThreads }

  /// Takes all caches out of use, and looks at everything.
  mutating func end() -> Finding? {
    if !threads.isOver { threads.isOver = world.audit().ending != .finished }
    return firstFinding
  }

  var allFindings: [Finding] {
    world.state.pointee.model.breaches.map { Finding($0) }
      + world.world.listener.judges.violations.map { Finding($0) }
  }

  /// Counts events, and what the case reached.
  mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
    statistics.count(labels: world.state.pointee.situations.counts)
  }

  var titles: [String] {
    let plan = world.state.pointee.plan
    return (0..<plan.threadCount).map {
      plan.cache(ofVCPU: $0) == nil ? "thread \($0)" : "thread \($0) (vCPU)"
    }
  }
}
