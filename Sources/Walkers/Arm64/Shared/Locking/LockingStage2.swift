public import Machines

/// Shared walks the way the kernel came to write them: every change of an entry's target takes the entry
/// first, by an exchange for a descriptor that says so, and whoever is not the first comes again.
///
/// A count is dropped when an entry is taken and raised when it is given back. With faults it is a museum
/// variant.
public struct LockingStage2: SharedStage2Walker {
  /// What is wrong with it.
  public let faults: FaultsOf<SharedStage2Fault>

  /// A walker with these faults.
  @inlinable
  public init(faults: FaultsOf<SharedStage2Fault> = []) { self.faults = faults }

  /// They do.
  @inlinable
  public var changesAlone: Bool { !faults.contains(.unmapsShared) }

  /// Does `body` as a walk.
  @inlinable
  func walking<M: SharedTableMachine, Result>(
    _ machine: inout M,
    _ body: (inout M) -> Result
  ) -> Result {
    if faults.contains(.walksOutsideSection) { return body(&machine) }
    machine.enterWalk()
    let result = body(&machine)
    machine.leaveWalk()
    return result
  }

  // MARK: Attributes

  /// Exchanges the leaf at `ipa` once; what is no leaf is left alone.
  /// - Returns: the entry as it was found, and whether it is what it should be; nil where there is none.
  @inlinable
  func change<M: SharedTableMachine>(
    _ ipa: M.W,
    in table: Stage2<M>,
    on machine: inout M,
    byStore: Bool,
    to wanted: (Entry<M>, inout M) -> M.W
  ) -> (entry: Entry<M>, isDone: Bool)? {
    guard let entry = table.tree.leaf(at: ipa, on: &machine) else { return nil }
    guard Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine) else {
      return (entry, true)
    }
    let descriptor = wanted(entry, &machine)
    if machine.holds(descriptor .== entry.descriptor) { return (entry, true) }
    if byStore {
      machine.store(descriptor, to: entry.table, at: entry.index, order: .relaxed)
      return (entry, true)
    }
    let found = machine.compareExchange(
      entry.descriptor,
      with: descriptor,
      in: entry.table,
      at: entry.index
    )
    return (entry, machine.holds(found .== entry.descriptor))
  }

  /// Adds permissions, and invalidates this CPU's translations.
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
    return walking(&machine) { machine in
      let byStore = faults.contains(.storesAttributes)
      guard
        let (entry, isDone) = change(
          ipa,
          in: table,
          on: &machine,
          byStore: byStore,
          to: { entry, machine in
            if machine.holds((entry.descriptor & clear) .!= M.W(0)) {
              let output = table.encoding.output(of: entry.descriptor)
              let span = M.W(table.tree.geometry.span(at: entry.level))
              machine.invalidateInstructions(output, sizeInBytes: span)
            }
            return (entry.descriptor | set) & ~clear
          }
        )
      else { return .range }
      guard Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine) else {
        return .again
      }
      if faults.contains(.losesSilently), !isDone { return .again }
      let page = ipa & ~M.W(table.tree.geometry.pageSize &- 1)
      table.invalidation.invalidateLocally(page, level: entry.level, on: &machine)
      let isSame = machine.holds(((entry.descriptor | set) & ~clear) .== entry.descriptor)
      if faults.contains(.needlessAgain), isSame { return .again }
      return isDone || faults.contains(.relaxClaimsLoss) ? .ok : .again
    }
  }

  /// Sets the access flag.
  @inlinable
  public func makeYoung<M: SharedTableMachine>(
    ipa: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> M.W {
    walking(&machine) { machine in
      let byStore = faults.contains(.storesAttributes)
      let change = change(ipa, in: table, on: &machine, byStore: byStore) { entry, _ in
        entry.descriptor | M.W(Encoding.accessFlag)
      }
      machine.barrier(.dsbISHST)
      guard let change, change.isDone,
        Encoding.isLeaf(change.entry.descriptor, level: change.entry.level, on: &machine)
      else { return M.W(0) }
      return change.entry.descriptor
    }
  }

  /// Clears the access flag, and tries again while others are faster.
  @inlinable
  public func age<M: SharedTableMachine>(
    ipa: M.W,
    clears: Bool,
    in table: Stage2<M>,
    on machine: inout M
  ) -> M.W.Condition {
    let flag = M.W(clears ? Encoding.accessFlag : 0)
    return walking(&machine) { machine in
      while true {
        let byStore = faults.contains(.agesByStore)
        guard
          let change = change(
            ipa,
            in: table,
            on: &machine,
            byStore: byStore,
            to: { entry, _ in entry.descriptor & ~flag }
          ),
          Encoding.isLeaf(change.entry.descriptor, level: change.entry.level, on: &machine)
        else { return M.W.Condition(false) }
        guard change.isDone else { continue }
        return (change.entry.descriptor & M.W(Encoding.accessFlag)) .!= M.W(0)
      }
    }
  }
}
