import Machines
import Symbolic

extension BreakBeforeMakeProof {
  /// Moves on the breaks that an invalidation covers.
  mutating func observe(_ invalidation: TLBInvalidation<BitVector>) {
    guard invalidation.isBroadcast else { return }
    for index in breaks.indices {
      switch (breaks[index].phase, invalidation.operation) {
      case (.visible, .vmalls12e1), (.invalidating, .vmalls12e1), (.invalidated, .vmalls12e1):
        breaks[index].phase = .completing
      case (.invalidated, .vmalle1):
        // Combined entries go last: until stage 2 is gone, a walk can build them again from it.
        breaks[index].phase = .completing
      case (.visible, .alle2): breaks[index].phase = .completing
      case (.visible, .vae2), (.visible, .rvae2), (.visible, .vale2):
        // There are no combined entries of a hypervisor's own translations.
        let covers = coverage(of: breaks[index], by: invalidation)
        if memory.machine.explorer.decide(covers) { breaks[index].phase = .completing }
      case (.visible, .ipas2e1), (.visible, .ipas2le1), (.visible, .ripas2e1):
        let covers = coverage(of: breaks[index], by: invalidation)
        if memory.machine.explorer.decide(covers) { breaks[index].phase = .invalidating }
      default: break
      }
    }
  }

  /// Whether an invalidation by address removes all that TLBs can hold of a broken entry.
  private func coverage(
    of broken: Break,
    by invalidation: TLBInvalidation<BitVector>
  ) -> Formula {
    let level = memory.level(broken.name)
    let start = memory.inputAddress(broken.name)
    let span = BitVector(memory.decoder.span(level))
    let isHintTrue =
      invalidation.levelHint == nil || !broken.isTable && invalidation.levelHint == level
    guard isHintTrue else { return Formula(false) }
    if invalidation.operation == .ripas2e1 || invalidation.operation == .rvae2 {
      let rangeEnd = invalidation.address &+ invalidation.sizeInBytes
      let end = start &+ span
      // A leaf goes with any address that it translates.
      let touches = (invalidation.address .< end) .& (start .< rangeEnd)
      guard broken.isTable else { return touches }
      let covers = (invalidation.address .<= start) .& (end .<= rangeEnd)
      return covers .| (touches .& (broken.child.map(isVacant) ?? Formula(false)))
    }
    let isInside =
      (start .<= invalidation.address) .& ((invalidation.address &- start) .< span)
    guard broken.isTable else { return isInside }
    // One address removes the table entry, but only one leaf: there may be no other.
    let forgetsTables = invalidation.operation == .ipas2e1 || invalidation.operation == .vae2
    guard forgetsTables, let child = broken.child else {
      return Formula(false)
    }
    return isInside .& isVacant(child)
  }

  /// Whether a table holds no valid entry at this point of the path.
  private func isVacant(_ table: SymbolicTable) -> Formula {
    let seen = memory.entries(of: table).map { name in
      .!memory.decoder.isValid(memory.value(name))
    }
    let unseen = memory.machine.unseenCount(of: table) .== BitVector(0)
    return Formula.all(seen) .& (memory.page(table).isFresh ? Formula(true) : unseen)
  }
}
