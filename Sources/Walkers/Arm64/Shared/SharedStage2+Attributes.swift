public import Machines

extension SharedStage2 {
  /// Adds permissions by one exchange, and invalidates this CPU's translations whether or not another
  /// fault had added them before: it invalidated its own alone.
  @inlinable
  public func relaxPermissions<M: SharedTableMachine>(
    ipa: M.W,
    protection: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    guard machine.holds((protection & M.W(Protection.software)) .== M.W(0)) else {
      return .invalid
    }
    let set =
      (protection & M.W(Protection.read)) &<< 4 | (protection & M.W(Protection.write)) &<< 6
    let clear = (protection & M.W(Protection.execute)) &<< 54
    machine.enterWalk()
    let entry = exchangeLeaf(at: ipa, in: table, on: &machine) { entry, machine in
      if machine.holds((entry.descriptor & clear) .!= M.W(0)) {
        machine.invalidateInstructions(
          table.encoding.output(of: entry.descriptor),
          sizeInBytes: M.W(table.tree.geometry.span(at: entry.level))
        )
      }
      return (entry.descriptor | set) & ~clear
    }
    var result = Errno.range
    if let entry {
      let isLeaf = Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine)
      result = isLeaf ? .ok : .again
      if isLeaf {
        let page = ipa & ~M.W(table.tree.geometry.pageSize &- 1)
        table.invalidation.invalidateLocally(page, level: entry.level, on: &machine)
      }
    }
    machine.leaveWalk()
    return result
  }

  /// Sets the access flag by one exchange.
  @inlinable
  public func makeYoung<M: SharedTableMachine>(
    ipa: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> M.W {
    machine.enterWalk()
    let entry = exchangeLeaf(at: ipa, in: table, on: &machine) { entry, _ in
      entry.descriptor | M.W(Encoding.accessFlag)
    }
    machine.barrier(.dsbISHST)
    machine.leaveWalk()
    guard let entry, Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine) else {
      return M.W(0)
    }
    return entry.descriptor
  }

  /// Clears the access flag by one exchange; its caller may invalidate, or not.
  @inlinable
  public func age<M: SharedTableMachine>(
    ipa: M.W,
    clears: Bool,
    in table: Stage2<M>,
    on machine: inout M
  ) -> M.W.Condition {
    let flag = M.W(clears ? Encoding.accessFlag : 0)
    machine.enterWalk()
    let entry = exchangeLeaf(at: ipa, in: table, on: &machine) { entry, _ in
      entry.descriptor & ~flag
    }
    machine.leaveWalk()
    guard let entry, Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine) else {
      return M.W.Condition(false)
    }
    return (entry.descriptor & M.W(Encoding.accessFlag)) .!= M.W(0)
  }
}
