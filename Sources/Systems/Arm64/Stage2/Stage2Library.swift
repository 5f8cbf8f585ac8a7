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
  /// The calls that it has; the others are left out.
  var calls = Stage2Operation.Kind.ordinary
  /// Whether `makeYoung` and `makeOld` return the descriptor that was there.
  var returnsOldDescriptors = true
  /// Whether a call that is refused for its arguments warns as well, as kernels do.
  var warnsOfMisuse = false
  /// Whether added permissions are invalidated on the issuing CPU only; the others fault once more
  /// than they have to.
  var relaxesLocally = false
  /// The type that an owner's annotation has, in its place in the entry; 0 for none.
  var ownerType: UInt64 = 0
  /// Whether what it does between a call and its return is seen.
  var reportsEvents = true
}

extension Stage2Library: TableLibrary {
  typealias Generator = Stage2Generator

  func has(_ operation: Stage2Operation) -> Bool { calls.contains(operation.kind) }

  var missing: Set<Int> {
    Set(Stage2Operation.Kind.allCases.filter { !calls.contains($0) }.map(\.rawValue))
  }
}
