import Machines
import Property
import Reference
import Walkers

/// What a subject can do, where not all can do everything.
struct Abilities: Sendable {
  /// It keeps a count for each table page.
  var countsPages = true
  /// It can unmap.
  var unmaps = true
}

/// A guest stage-2 library that can be checked.
struct Stage2Subject<W: Stage2Walker & UsableOnThreads>: Sendable where W.M == CheckMachine {
  /// Makes a table.
  let create: @Sendable (Stage2Configuration, inout CheckMachine) -> W?
  /// What its documentation promises.
  var contract = Stage2Model.Contract()
  /// What it can do.
  var abilities = Abilities()
}

extension Subject {
  /// The subject that is this library. Inlined, so that the check is specialised for its type.
  @inline(__always)
  init<W: Stage2Walker & UsableOnThreads>(
    _ name: String,
    _ role: Role,
    _ summary: String,
    _ library: Stage2Subject<W>
  ) where W.M == CheckMachine {
    self.init(
      name: name,
      summary: summary,
      role: role,
      notJudged: [],
      makeCheck: {
        var check = Stage2Check(library)
        return SubjectCheck { choices, statistics in
          var narrator = SilentNarrator()
          return check.runCase(&choices, into: &statistics, narrator: &narrator)
        }
      },
      explain: { values in
        var check = Stage2Check(library)
        var choices = Choices(replaying: values)
        var statistics = CheckStatistics()
        var narrator = ReportNarrator()
        _ = check.runCase(&choices, into: &statistics, narrator: &narrator)
        return narrator.counterexample
      }
    )
  }
}
