import Checking
import Machines
import Systems
import Walkers

extension SystemTheorems {
  /// The theorems about both kinds of radix tables.
  static let powerRadix = SystemTheorems(
    system: "power-radix",
    jobs: {
      [true, false].map { RadixTheorems(isProblemState: $0).job } + partitionScenarios.map(\.job)
        + (RadixFields.lemmas + PartitionFields.lemmas).map(\.job)
    },
    subject: { name in
      let walk = System.translatorFaults(ofSubject: name)
      let partition = System.partitionTableFaults(ofSubject: name)
      guard walk != nil || partition != nil else { return nil }
      return .radix(RadixProofSubject(translate: walk ?? [], partition: partition ?? []))
    }
  )

  /// Calls over partition-scoped tables.
  static var partitionScenarios: [PartitionScenario] {
    let runs = (1...3).flatMap {
      [PartitionScenario(operation: .unmap(frames: $0)), .init(operation: .harvest(frames: $0))]
    }
    let installs = (RadixLevel.last...2).map { PartitionScenario(operation: .install(level: $0)) }
    let faults = PartitionScenario.Fault.allCases.map { PartitionScenario(operation: .fault($0)) }
    let others: [PartitionScenario] = [
      .init(operation: .flush), .init(operation: .age), .init(operation: .testAge),
      .init(operation: .free),
      .init(operation: .harvest(frames: 1), isDD1: true),
      .init(operation: .age, isDD1: true), .init(operation: .install(level: 0), isDD1: true),
    ]
    return runs + installs + faults + others
  }
}
