public import Property
import Schedules

extension PfnCacheSession {
  /// How long the first turn of a schedule is at most that is tried in place of a drawn one.
  private static var triedLength: UInt64 { 90 }

  /// Edits that make fewer turns of many; and cases with one operation less, whose last schedule is one
  /// thread's turn of some length, and then each thread to its end.
  ///
  /// When an operation goes, the step at which threads have to change is another: neither can be edited
  /// without the other.
  public static func suggestions(for recording: Recording) -> [[UInt64]] {
    var edits = recording.joinedTurns
    let schedule = recording.spans.last { $0.kind == .schedule && !$0.range.isEmpty }
    guard let schedule else { return edits }
    let operations = recording.spans.filter {
      $0.kind == .element && !$0.range.isEmpty && $0.range.upperBound <= schedule.range.lowerBound
    }.map(\.range)
    let rest = Array(recording.values[schedule.range.upperBound...])
    for dropped in [nil] + operations.reversed().map(Optional.some) {
      var values = Array(recording.values[..<schedule.range.lowerBound])
      if let dropped { values.removeSubrange(dropped) }
      for thread in 0..<2 as Range<UInt64> {
        for length in 1...triedLength {
          // At random, each for as long as it is told to.
          edits.append(values + [0, 0, thread, length] + rest)
        }
      }
    }
    return edits
  }
}
