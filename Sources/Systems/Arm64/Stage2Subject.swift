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
