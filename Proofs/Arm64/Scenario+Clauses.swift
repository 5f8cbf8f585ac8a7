import Symbolic

extension Scenario {
  /// What the calls that change leaves where they stand, or nothing, do on every path.
  var attributeClauses: [Clause] {
    let always = Clause.memory + [.neverWarns, .translatesPromised]
    let changes: [Clause] = [.breaksFirst, .leavesWellFormed, .countsEntries]
    switch operation {
    case .writeProtect: return always + changes + [.returnsPromised]
    case .makeYoung: return always + changes + [.returnsFound, .publishesLeaves]
    case .makeOld: return always + changes + [.returnsFound]
    case .relaxPermissions:
      return always + changes
        + [.returnsPromised, .publishesLeaves, .forgetsChanges, .freshensInstructions]
        + [.freshensNoneElse]
    case .flush: return always + [.returnsPromised, .flushes, .flushesNoneElse]
    case .isYoung: return always + [.returnsAge]
    case .map, .unmap, .setOwner: return always
    }
  }

  /// What the calls over a hypervisor's own tables do on every path.
  var hypClauses: [Clause] {
    let always: [Clause] =
      Clause.memory + [.neverWarns, .translatesPromised, .leavesWellFormed, .countsEntries]
      + [.freesDetached]
    if operation == .map {
      return always
        + [.returnsPromised, .breaksFirst, .publishesTables, .publishesLeaves, .losesNone]
        + (failsAfterMaking ? [.publishesOnFailure] : [])
    }
    return always
      + [.returnsBytes, .forgetsBreaks, .keepsLinked, .leavesNoneEmpty]
      + Clause.frees
  }
}

extension Clause {
  static let refusesOutsideOutput = Clause(
    "refuses",
    .alignment,
    "refuses a range whose output leaves the output space, and touches nothing"
  )
  static let touchesNothing = Clause("touches-nothing", .refinement, "touches nothing")
  static let returnsFound = Clause(
    "result",
    .refinement,
    "returns the descriptor that it found, and 0 where no leaf is valid"
  )
  static let returnsAge = Clause(
    "result",
    .refinement,
    "returns whether there is a valid leaf with its access flag set"
  )
  static let returnsBytes = Clause(
    "result",
    .refinement,
    "returns how many bytes there were to unmap up to the first that is not mapped, or is mapped by "
      + "a block that is not wholly in the range"
  )
}
