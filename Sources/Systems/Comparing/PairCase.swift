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
        root: running.root,
        ownerType: running.ownerType
      )
    }

    /// Makes one call.
    mutating func perform(
      _ operation: Generator.Operation,
      allocations: Int
    ) -> (answer: CallAnswer, events: CallEvents) {
      machine.begin(.owing, allocations: allocations)
      machine.base.stepAllowance = .max
      machine.base.listener.forget()
      machine.base.listener.hiddenLoads = 0
      let answer = running.perform(operation, &machine)
      machine.judges.endCall()
      return (
        answer,
        CallEvents(
          machine.base.listener.log.events,
          hiddenLoads: machine.base.listener.hiddenLoads
        )
      )
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
      // A call that one alone makes would leave them in different places.
      let kind = kind(operation)
      guard drivers.0.kinds.contains(kind), drivers.1.kinds.contains(kind) else { continue }
      let a = first.perform(operation, allocations: allocations)
      let b = second.perform(operation, allocations: allocations)
      calls.append("\(operation)")
      let name = "\(operation)".prefix { $0 != "(" }
      let losses = (first.machine.loss, second.machine.loss)
      if losses.0 != nil || losses.1 != nil {
        // Where neither comes back they do the same, and nothing can follow.
        guard losses.0?.message != losses.1?.message else { return nil }
        return difference(
          "\(name) does not come back",
          losses.0?.message ?? "returned",
          losses.1?.message ?? "returned"
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
      costs.add(operation: kind, a.events, b.events)
    }
    return nil
  }

  private func describe(_ answer: CallAnswer) -> String {
    answer.word == 0
      ? "\(answer.result)" : "\(answer.result), \(hex(answer.word)) at level \(answer.level)"
  }
}

/// Where an annotation has its type.
private let ownerTypeBits: UInt64 = 0xf << 60

extension TableComparison {
  /// What the architecture makes of an input address, in words that are the same for the same
  /// translation, whatever the size of its leaf.
  func translation(of address: UInt64) -> String {
    var text = "not reached by any table"
    for level in regime.startLevel.rawValue...LookupLevel.last.rawValue {
      let lookupLevel = LookupLevel(rawValue: level)
      let span = regime.entrySizeInBytes(at: lookupLevel)
      let place = Place(level: level, address: address & ~(span - 1))
      guard var (raw, _) = descriptor(at: place) else { break }
      // An owner is the same owner whatever the type of its annotation.
      if raw & 1 == 0, ownerType != 0, raw & ownerTypeBits == ownerType { raw &= ~ownerTypeBits }
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
