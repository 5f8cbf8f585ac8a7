import Machines
import Property
import Reference
import Walkers

/// A guest stage-2 library that can be checked.
struct Stage2Library<W: Stage2Walker & UsableOnThreads>: Sendable where W.M == CheckMachine {
  /// Makes a table.
  let create: @Sendable (Stage2Configuration, inout CheckMachine) -> W?
  /// What its documentation promises.
  var contract = Stage2Model.Contract()
}
