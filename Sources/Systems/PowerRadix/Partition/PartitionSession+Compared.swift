import Checking
import Machines
import Oracles

/// What an operation on a guest of partition-scoped tables came to.
struct PartitionAnswer: ComparedAnswer {
  let result: Errno
  /// What a harvest handed out.
  let report: [UInt64]
  /// What the tables have, in the order of addresses.
  let leaves: [RadixJudges.Leaf]

  func difference(from other: PartitionAnswer) -> AnswerDifference? {
    if result != other.result {
      return AnswerDifference("result of", "\(result)", "\(other.result)")
    }
    if report != other.report {
      return AnswerDifference("report of", reportText, other.reportText)
    }
    return leaves == other.leaves
      ? nil
      : AnswerDifference(
        "translation after",
        leaves.firstText(without: other.leaves),
        other.leaves.firstText(without: leaves)
      )
  }

  /// The words of the report in which something is set.
  private var reportText: String {
    let words = report.enumerated().filter { $0.element != 0 }
    return words.isEmpty
      ? "nothing"
      : words.map { "word \($0.offset): \(hex($0.element))" }.joined(separator: ", ")
  }
}

extension PartitionSession: ComparedSession {
  mutating func call(_ operation: PartitionOperation) -> ComparedCall<PartitionAnswer> {
    machine.base.listener.forgetRecording()
    lastReport = []
    let result = performUnjudged(operation)
    return ComparedCall(
      PartitionAnswer(
        result: result,
        report: lastReport,
        leaves: machine.base.listener.judges.leaves.values.sorted { $0.base < $1.base }
      ),
      kind: operation.kind.rawValue,
      costs: CallEvents(machine.base.listener.recording)
    )
  }
}

extension [RadixJudges.Leaf] {
  /// The first leaf that the other has not, in words.
  fileprivate func firstText(without other: Self) -> String {
    let own = first { !other.contains($0) }
    return own.map { "\(hex($0.base)) is \(hex($0.entry)), 2^\($0.shift) bytes" } ?? "nothing there"
  }
}
