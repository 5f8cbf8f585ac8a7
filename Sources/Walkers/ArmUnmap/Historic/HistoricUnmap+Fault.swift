public import Machines

extension HistoricUnmap {
  /// Maps what a guest's access to `address` needs: a block where the host has huge pages and the
  /// slot has the whole of its window, aligned alike; else a page.
  ///
  /// A mapping that permits the access already is left alone: another CPU was faster.
  ///
  /// - Parameters:
  ///   - address: The address that faulted.
  ///   - slot: The memory there.
  ///   - isWrite: Whether the access is a write; a read is given no write permission.
  ///   - machine: The machine it runs on.
  /// - Returns: `invalid` for an address outside the slot; `range` beyond the input address space;
  ///   `noMemory`.
  @inlinable
  public func faultIn(
    address: M.W,
    slot: MemorySlot,
    isWrite: Bool,
    on machine: inout M
  ) -> Errno {
    let geometry = tree.geometry
    guard machine.holds(address .< M.W(1 &<< geometry.inputAddressBits)) else { return .range }
    guard machine.holds(address &- M.W(slot.base) .< M.W(slot.sizeInBytes)) else {
      return .invalid
    }
    let level = hasBlock(around: address, slot, on: &machine) ? 2 : Geometry.lastLevel
    let start = address & ~M.W(geometry.span(at: level) &- 1)
    // A misaligned block takes the host's huge page that its own offset happens to fall into.
    let physical =
      (M.W(slot.physical) &+ (start &- M.W(slot.base))) & ~M.W(geometry.span(at: level) &- 1)
    let protection = M.W(Protection.read | (isWrite ? Protection.write : 0))
    guard machine.holds(physical .< M.W(1 &<< geometry.outputAddressBits)) else { return .range }
    guard let pointer = descend(to: level, start, on: &machine) else {
      machine.barrier(.dsbISHST)
      return .noMemory
    }
    let old = load(pointer, on: &machine)
    let permitsBoth = encoding.leaf(
      physical,
      attributes: Encoding.stage2Attributes(
        M.W(Protection.read | Protection.write),
        forcesWriteBack: false
      ),
      level: level
    )
    if !faults.contains(.sameEntryRewritten), machine.holds(old .== permitsBoth) { return .ok }
    install(pointer, start, physical, protection, on: &machine)
    machine.barrier(.dsbISHST)
    return .ok
  }

  /// Whether a block can be mapped around an address.
  @inlinable
  func hasBlock(around address: M.W, _ slot: MemorySlot, on machine: inout M) -> Bool {
    guard slot.isHugeBacked else { return false }
    let span = tree.geometry.span(at: 2)
    let isAlignedAlike = (slot.base ^ slot.physical) & (span &- 1) == 0
    guard isAlignedAlike || faults.contains(.blockMisaligned) else { return false }
    let start = address & ~M.W(span &- 1)
    let hasWindow =
      (M.W(slot.base) .<= start)
      .& (start &+ M.W(span) .<= M.W(slot.base &+ slot.sizeInBytes))
    return faults.contains(.blockOutsideSlot) || machine.holds(hasWindow)
  }

  /// Clears the access flag of the leaf at `address`, of a guest's table.
  ///
  /// Stale translations stay in the TLBs: the caller owes an invalidation.
  /// - Returns: whether it was set; not where nothing is mapped or the root is gone.
  @inlinable
  public func age(address: M.W, on machine: inout M) -> M.W.Condition {
    guard faults.contains(.rootLostByAge) || hasRoot(on: &machine),
      let entry = tree.leaf(at: address, on: &machine)
    else { return M.W.Condition(false) }
    let young = M.W(Encoding.valid | Encoding.accessFlag)
    let isYoung = (entry.descriptor & young) .== young
    if machine.holds(isYoung) {
      let old = entry.descriptor & ~M.W(Encoding.accessFlag)
      machine.store(old, to: entry.table, at: entry.index, order: .relaxed)
    }
    return isYoung
  }

  /// Cleans the data cache of every cacheable leaf that the range touches, whole leaves.
  ///
  /// - Returns: `range` where the range leaves the input address space; `invalid` of a hypervisor's
  ///   table, which has no such call.
  @inlinable
  public func flush(address: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    guard !configuration.isHyp else { return .invalid }
    guard isInSpace(address, sizeInBytes, on: &machine) else { return .range }
    guard machine.holds(sizeInBytes .!= M.W(0)) else { return .ok }
    let (start, end) = roundedOutwards(address, address &+ sizeInBytes)
    var cursor = start
    while machine.holds(cursor .< end) {
      let next = self.end(ofEntryAt: tree.geometry.startLevel, cursor, end)
      flush(top(cursor, on: &machine), from: cursor, to: next, on: &machine)
      cursor = next
    }
    return .ok
  }

  @inlinable
  func flush(_ pointer: EntryPointer<M>, from start: M.W, to end: M.W, on machine: inout M) {
    let descriptor = load(pointer, on: &machine)
    let followsAnything = pointer.level == 0 && faults.contains(.flushTopUnchecked)
    if followsAnything || isTable(descriptor, at: pointer.level, on: &machine) {
      var cursor = start
      while machine.holds(cursor .< end) {
        let next = self.end(ofEntryAt: pointer.level &+ 1, cursor, end)
        let pointer = below(pointer, descriptor, cursor, on: &machine)
        flush(pointer, from: cursor, to: next, on: &machine)
        cursor = next
      }
    } else if machine.holds(Encoding.isValid(descriptor) .& isCacheable(descriptor)) {
      machine.clean(
        encoding.output(of: descriptor),
        sizeInBytes: M.W(tree.geometry.span(at: pointer.level))
      )
    }
  }

  /// Whether a stage-2 leaf is normal write-back memory.
  @inlinable
  func isCacheable(_ descriptor: M.W) -> M.W.Condition {
    (descriptor & M.W(Encoding.stage2MemoryAttributes))
      .== M.W(Encoding.stage2Normal(forcesWriteBack: false))
  }
}
