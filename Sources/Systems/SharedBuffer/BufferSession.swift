import Checking
import Machines
import Oracles
import Property
import Reference
import Schedules
import Walkers

/// A case of shared buffers.
struct BufferSession<Walker: SharedBufferWalker>: ThreadedSession {
  typealias Plan = BufferPlan

  let world: BufferCaseWorld<Walker>
  var threads: ThreadedCase<BufferOperation>

  /// A world for a walker.
  static func world(for variant: Walker) -> BufferCaseWorld<Walker> { BufferCaseWorld(variant) }

  /// What users see, before what explains it among threads.
  static func explanatoryRank(of rule: Rule) -> Int {
    SharedBufferModel.rules.contains(rule) ? 0 : 1
  }

  /// Edits that threads and their schedule need together.
  static func suggestions(for recording: Recording) -> [[UInt64]] { recording.editsOfThreads }

  /// Gives everything back, and looks at what is left.
  mutating func end() -> Finding? {
    if !threads.isOver { threads.isOver = world.audit().ending != .finished }
    return firstFinding
  }

  var allFindings: [Finding] {
    world.state.pointee.model.breaches.map { Finding($0) }
      + world.world.listener.judges.violations.map { Finding($0) }
  }

  /// Counts events, and what was reached.
  mutating func count(into statistics: inout CheckStatistics) {
    statistics.count(events: eventCount)
    statistics.count(labels: world.state.pointee.labels)
    world.state.pointee.labels = Array(repeating: 0, count: BufferLabel.allCases.count)
  }

  var titles: [String] {
    let threadCount = world.state.pointee.plan.threadCount
    return (0...threadCount).map { $0 == threadCount ? "devices" : "thread \($0)" }
  }
}

extension Finding {
  /// What the model of shared buffers saw.
  init(_ breach: SharedBufferBreach) {
    self.init(breach.rule, breach.message, cause: breach.cause)
  }
}

extension SharedBufferModel {
  /// What is applied to shared buffers: the model's own rules, then those of all threads.
  static let allRules = rules + ThreadJudges.rules
}
