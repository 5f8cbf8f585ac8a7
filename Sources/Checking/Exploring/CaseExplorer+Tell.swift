public import Schedules

extension CaseExplorer {
  /// Runs a case and writes it down, whether or not something is found.
  @inlinable
  func tell(_ explored: ExploredCase) -> RetoldCase {
    var settings = E.settings
    settings.threadLimit = max(explored.program.threads.count, 1)
    settings.isWeak = explored.isWeak
    let schedule = explored.schedule
    let world = ScheduledWorld(
      ScriptScheduler(steps: schedule.steps, values: schedule.values),
      listener: PairedListener(E.judges, Trace()),
      settings: settings
    )
    let (threads, earlier) = (operations(explored.program), earlier(explored.program))
    let system = E(variant)
    let body:
      (inout ScheduledWorld<ScriptScheduler, PairedListener<E.Judges, Trace>>.Machine) -> Void = {
        system.perform(on: &$0)
      }
    system.begin(threads, after: earlier, on: world.alone)
    let result = world.run(Array(repeating: body, count: threads.count))
    let trace = world.withListener { $0.second }
    if result.ending == .finished { system.audit(on: world.alone) }
    let findings = CaseExplorer.combined(world.withListener { system.findings($0.first) })
    return told(findings.first, explored, trace, preemptionCount: result.preemptionCount)
  }

  @usableFromInline
  func told(
    _ finding: Finding?,
    _ explored: ExploredCase,
    _ trace: Trace,
    preemptionCount count: Int
  ) -> RetoldCase {
    let program = explored.program
    let threads = operations(program)
    let titles = threads.indices.map { E.title(ofThread: $0, of: threads) }
    var calls = earlier(program).map { Counterexample.Call(text: $0.description, eventCount: 0) }
    for (title, operations) in zip(titles, threads) {
      for operation in operations {
        calls.append(.init(text: "\(title): \(operation)", eventCount: 0))
      }
    }
    let state = E.states[E.states.startIndex + program.state].key
    let memory = explored.isWeak ? ", where memory is weak" : ""
    let configuration = "\(threads.count) threads at once, from the state \(state)\(memory)"
    var told = RetoldCase(meaning: [configuration] + calls.map(\.text), calls: calls)
    if let finding {
      var counterexample = Counterexample(finding, about: told)
      counterexample.sections = [
        .init(
          "schedule, \(count) preemption\(count == 1 ? "" : "s")",
          "\n" + Lanes(trace, titles: titles).text
        )
      ]
      told.counterexample = counterexample
    }
    return told
  }
}
