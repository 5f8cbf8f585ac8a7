import Property
import Schedules

extension Recording {
  /// How long the first turn of a schedule is at most that is tried in place of a drawn one.
  private static var triedLength: UInt64 { 72 }

  /// Edits that a schedule and its operations need together, of a case whose first choice is how many
  /// threads there are.
  ///
  /// What a thread was given is done alone; turns of a thread are joined; and an operation goes, with a
  /// last schedule of one thread's turn of some length, and then each thread to its end: when an
  /// operation goes, the step at which threads have to change is another.
  var editsOfThreads: [[UInt64]] {
    let operations = spans.filter { $0.kind == .element && !$0.range.isEmpty }.map(\.range)
    var edits = operations.compactMap { Recording.alone(values, $0) } + joinedTurns
    let schedule = spans.last { $0.kind == .schedule && !$0.range.isEmpty }?.range
    guard let schedule else { return edits }
    let given = operations.filter { $0.upperBound <= schedule.lowerBound }
    let rest = Array(values[schedule.upperBound...])
    let kept: [Range<Int>?] = schedule.count > 4 ? [nil] : []
    for dropped in kept + given.reversed().map(Optional.some) {
      var values = Array(values[..<schedule.lowerBound])
      if let dropped { values.removeSubrange(dropped) }
      // With as many threads as there are, and with two, among which all are then.
      for threads in Set([values[0], 0]).sorted(by: >) {
        values[0] = threads
        for thread in 0..<threads + 2 {
          for length in 1...Recording.triedLength {
            // At random, each for as long as it is told to.
            edits.append(values + [0, 0, thread, length] + rest)
          }
        }
      }
    }
    return edits
  }

  /// The case with an operation done alone that a thread was given; nil where it is.
  private static func alone(_ values: [UInt64], _ operation: Range<Int>) -> [UInt64]? {
    // Whether there is one more, whether it is a thread's, and whose.
    guard operation.count > 3, values[operation.lowerBound + 1] == 1 else { return nil }
    var edited = values
    edited[operation.lowerBound + 1] = 0
    edited.remove(at: operation.lowerBound + 2)
    return edited
  }
}
