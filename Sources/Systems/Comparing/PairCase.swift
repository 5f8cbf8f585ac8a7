import Architecture
import Machines
import Oracles
import Property
import Reference

/// One case of two subjects: the same calls on both, until they differ.
struct PairCase<Generator: OperationGenerator> {
  /// The machines of the two, which cases reuse.
  typealias Pools = (MachinePool, MachinePool)

  let drivers: (CallDriver<Generator>, CallDriver<Generator>)
  let limits: GeneratorLimits
  /// The number by which an operation is counted.
  let kind: (Generator.Operation) -> Int

  /// One of the two, at work.
  private struct Side {
    var machine: CheckMachine
    let running: CallDriver<Generator>.Running
    let comparison: TableComparison

    init?(
      _ driver: CallDriver<Generator>,
      _ generator: Generator,
      _ pool: inout MachinePool
    ) {
      let regime = generator.regime
      machine = pool.take(regime, countsPages: true, recording: true)
      machine.begin(.map, allocations: .max)
      guard let running = driver.start(generator.configuration, &machine) else { return nil }
      machine.judges.endCall()
      self.running = running
      comparison = TableComparison(
        regime: regime,
        memory: machine.base.memory,
        root: running.root
      )
    }

    /// Makes one call; nil where the library has none such.
    mutating func perform(
      _ operation: Generator.Operation,
      allocations: Int
    ) -> (answer: CallAnswer, events: CallEvents)? {
      machine.begin(.owing, allocations: allocations)
      machine.base.stepAllowance = .max
      machine.base.listener.forget()
      machine.base.listener.hiddenLoads = 0
      let answer = running.perform(operation, &machine)
      machine.judges.endCall()
      return answer.map {
        (
          $0,
          CallEvents(
            machine.base.listener.log.events,
            hiddenLoads: machine.base.listener.hiddenLoads
          )
        )
      }
    }

    /// The input addresses whose entries the last call changed.
    var changedAddresses: [UInt64] {
      (0..<machine.judges.touchedCount).map { machine.judges.touched(at: $0).inputAddress }
    }
  }

  func run(
    _ choices: inout Choices,
    into costs: inout CallCosts,
    _ pools: inout Pools
  ) -> SubjectDifference? {
    var generator = Generator(&choices, within: limits)
    guard var first = Side(drivers.0, generator, &pools.0),
      var second = Side(drivers.1, generator, &pools.1)
    else { return nil }
    defer {
      pools.0.put(first.machine, for: generator.regime)
      pools.1.put(second.machine, for: generator.regime)
    }
    var calls: [String] = []
    func difference(_ what: String, _ a: String, _ b: String) -> SubjectDifference {
      SubjectDifference(
        configuration: generator.configurationText,
        calls: calls,
        what: what,
        first: a,
        second: b
      )
    }
    var operations = ElementLoop(1...96, averaging: 32)
    while operations.next(&choices) {
      let operation = generator.operation(&choices)
      // The draw of the check, where it says whether to audit: one token replays in both.
      _ = choices.flip(oneIn: 64)
      let allocations = generator.allocations(of: operation)
      guard let a = first.perform(operation, allocations: allocations),
        let b = second.perform(operation, allocations: allocations)
      else { continue }
      calls.append("\(operation)")
      let name = "\(operation)".prefix { $0 != "(" }
      if let loss = first.machine.loss ?? second.machine.loss {
        let isFirst = first.machine.loss != nil
        return difference(
          "\(name) does not come back",
          isFirst ? loss.message : "returned",
          isFirst ? "returned" : loss.message
        )
      }
      if a.answer != b.answer {
        return difference("result of \(name)", describe(a.answer), describe(b.answer))
      }
      for address in first.changedAddresses + second.changedAddresses {
        let seen = (
          first.comparison.translation(of: address), second.comparison.translation(of: address)
        )
        if seen.0 != seen.1 {
          return difference(
            "translation after \(name)",
            "\(hex(address)) is \(seen.0)",
            "\(hex(address)) is \(seen.1)"
          )
        }
      }
      costs.add(operation: kind(operation), a.events, b.events)
    }
    return nil
  }

  private func describe(_ answer: CallAnswer) -> String {
    answer.word == 0
      ? "\(answer.result)" : "\(answer.result), \(hex(answer.word)) at level \(answer.level)"
  }
}

extension TableComparison {
  /// What the architecture makes of an input address, in words that are the same for the same
  /// translation, whatever the size of its leaf.
  func translation(of address: UInt64) -> String {
    var text = "not reached by any table"
    for level in regime.startLevel.rawValue...LookupLevel.last.rawValue {
      let lookupLevel = LookupLevel(rawValue: level)
      let span = regime.entrySizeInBytes(at: lookupLevel)
      let place = Place(level: level, address: address & ~(span - 1))
      guard let (raw, _) = descriptor(at: place) else { break }
      text = describe(raw, at: lookupLevel)
      if case .leaf(var leaf) = regime.decode(raw, at: lookupLevel) {
        leaf.outputAddress += address & (span - 1)
        text = describe(leaf)
        break
      }
    }
    return text
  }
}
