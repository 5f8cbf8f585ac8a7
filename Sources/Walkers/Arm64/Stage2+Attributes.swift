public import Machines

extension Stage2 {
  /// Takes write permission from the valid leaves of a range.
  ///
  /// Stale writable translations stay in the TLBs: the caller owes an invalidation.
  /// - Returns: `range` where the range leaves the input address space.
  @inlinable
  public func writeProtect(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    guard let (start, end) = tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine)
    else { return .range }
    var visitor = Stage2WriteProtect<M>()
    return tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
  }

  /// Sets the access flag of the leaf at `ipa`, on behalf of a fault: others' faults may be dealt with
  /// beside it.
  /// - Returns: the descriptor before; 0 where nothing is mapped, or where another fault changed the
  ///   entry first and the access is to be tried again.
  @inlinable
  public func makeYoung(ipa: M.W, on machine: inout M) -> M.W {
    guard let entry = validLeaf(at: ipa, on: &machine) else { return M.W(0) }
    let young = entry.descriptor | M.W(Encoding.accessFlag)
    guard exchange(entry, for: young, on: &machine) else { return M.W(0) }
    machine.barrier(.dsbISHST)
    return entry.descriptor
  }

  /// Clears the access flag of the leaf at `ipa`.
  ///
  /// The caller owes an invalidation.
  /// - Returns: the descriptor before; 0 where nothing is mapped.
  @inlinable
  public func makeOld(ipa: M.W, on machine: inout M) -> M.W {
    guard let entry = validLeaf(at: ipa, on: &machine) else { return M.W(0) }
    update(entry, to: entry.descriptor & ~M.W(Encoding.accessFlag), on: &machine)
    return entry.descriptor
  }

  /// Whether the access flag of the leaf at `ipa` is set.
  @inlinable
  public func isYoung(ipa: M.W, on machine: inout M) -> M.W.Condition {
    guard let entry = validLeaf(at: ipa, on: &machine) else { return M.W.Condition(false) }
    return (entry.descriptor & M.W(Encoding.accessFlag)) .!= M.W(0)
  }

  /// Adds read, write and execute permission to the leaf at `ipa`, on behalf of a fault, and
  /// invalidates what the TLBs hold of it: others' faults may be dealt with beside it.
  /// - Returns: `invalid` where `protection` has software bits, `range`; `again` where nothing is
  ///   mapped, since then nothing is dealt with, or where another fault changed the entry first.
  @inlinable
  public func relaxPermissions(ipa: M.W, protection: M.W, on machine: inout M) -> Errno {
    guard machine.holds((protection & M.W(Protection.software)) .== M.W(0)) else {
      return .invalid
    }
    guard tree.range(from: ipa, sizeInBytes: M.W(1), on: &machine) != nil else { return .range }
    guard let entry = validLeaf(at: ipa, on: &machine) else { return .again }
    let set =
      (protection & M.W(Protection.read)) &<< 4 | (protection & M.W(Protection.write)) &<< 6
    let clear = (protection & M.W(Protection.execute)) &<< 54
    let descriptor = (entry.descriptor | set) & ~clear
    let addsExecution = machine.holds(
      ((entry.descriptor & clear) .!= M.W(0))
    )
    if addsExecution {
      machine.invalidateInstructions(
        encoding.output(of: descriptor),
        sizeInBytes: M.W(tree.geometry.span(at: entry.level))
      )
    }
    let isExchanged = exchange(entry, for: descriptor, on: &machine)
    // Whoever was faster has invalidated its own CPU's translations, perhaps not this one's.
    invalidation.invalidate(
      ipa & ~M.W(tree.geometry.pageSize &- 1),
      level: entry.level,
      on: &machine
    )
    return isExchanged ? .ok : .again
  }

  /// The entry at `ipa`, if it is a valid leaf.
  @inlinable
  func validLeaf(at ipa: M.W, on machine: inout M) -> Entry<M>? {
    guard let entry = tree.leaf(at: ipa, on: &machine),
      machine.holds(Encoding.isValid(entry.descriptor))
    else { return nil }
    return entry
  }

  /// Writes a leaf that differs from the one found in permissions or access flag at most, unless it is
  /// not there any more.
  /// - Returns: whether the entry is what it should be.
  @inlinable
  func exchange(_ entry: Entry<M>, for descriptor: M.W, on machine: inout M) -> Bool {
    guard machine.holds(descriptor .!= entry.descriptor) else { return true }
    let found = machine.compareExchange(
      entry.descriptor,
      with: descriptor,
      in: entry.table,
      at: entry.index
    )
    return machine.holds(found .== entry.descriptor)
  }

  /// Writes a leaf that differs from the one there in permissions or access flag at most.
  @inlinable
  func update(_ entry: Entry<M>, to descriptor: M.W, on machine: inout M) {
    if machine.holds(descriptor .!= entry.descriptor) {
      machine.store(descriptor, to: entry.table, at: entry.index, order: .relaxed)
    }
  }
}

/// The callbacks of a write-protection.
@usableFromInline
struct Stage2WriteProtect<M: ArmMachine>: Visitor {
  @inlinable
  init() {}

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    let writable = M.W(Encoding.valid | Encoding.stage2Write)
    if machine.holds((entry.descriptor & writable) .== writable) {
      machine.store(
        entry.descriptor & ~M.W(Encoding.stage2Write),
        to: entry.table,
        at: entry.index,
        order: .relaxed
      )
    }
    return .next
  }
}
