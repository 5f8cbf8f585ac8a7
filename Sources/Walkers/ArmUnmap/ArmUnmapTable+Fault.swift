public import Machines

extension ArmUnmapTable {
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
  /// - Returns: `invalid` for an address outside the slot; `range` beyond the input or the output
  ///   address space; `noMemory`.
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
    let physical = M.W(slot.physical) &+ (start &- M.W(slot.base))
    guard machine.holds(physical .< M.W(1 &<< geometry.outputAddressBits)) else { return .range }
    let writable = leaf(physical, M.W(Protection.read | Protection.write), at: level, on: &machine)
    if isWrite { return write(writable, over: start, on: &machine) }
    var readable = leaf(physical, M.W(Protection.read), at: level, on: &machine)
    readable.equivalent = writable.descriptor
    return write(readable, over: start, on: &machine)
  }

  /// Whether a block can be mapped around an address.
  @inlinable
  func hasBlock(around address: M.W, _ slot: MemorySlot, on machine: inout M) -> Bool {
    let span = tree.geometry.span(at: 2)
    guard slot.isHugeBacked, (slot.base ^ slot.physical) & (span &- 1) == 0 else { return false }
    let start = address & ~M.W(span &- 1)
    return machine.holds(
      (M.W(slot.base) .<= start) .& (start &+ M.W(span) .<= M.W(slot.base &+ slot.sizeInBytes))
    )
  }

  /// Clears the access flag of the leaf at `address`, of a guest's table.
  ///
  /// Stale translations stay in the TLBs: the caller owes an invalidation.
  /// - Returns: whether it was set; not where nothing is mapped or the root is gone.
  @inlinable
  public func age(address: M.W, on machine: inout M) -> M.W.Condition {
    guard hasRoot(on: &machine), let entry = tree.leaf(at: address, on: &machine) else {
      return M.W.Condition(false)
    }
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
    guard let (start, end) = pages(from: address, sizeInBytes: sizeInBytes, on: &machine) else {
      return .range
    }
    guard machine.holds(sizeInBytes .!= M.W(0)) else { return .ok }
    var cleaner = LeafCleaner(table: self)
    return tree.walk(from: start, to: end, visiting: &cleaner, on: &machine)
  }
}

/// The callbacks of a flush.
@usableFromInline
struct LeafCleaner<M: ArmMachine>: Visitor {
  @usableFromInline let table: ArmUnmapTable<M>

  @inlinable init(table: ArmUnmapTable<M>) { self.table = table }

  @inlinable
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    if machine.holds(Encoding.isValid(entry.descriptor) .& table.isCacheable(entry.descriptor)) {
      machine.clean(
        table.encoding.output(of: entry.descriptor),
        sizeInBytes: M.W(table.tree.geometry.span(at: entry.level))
      )
    }
    return .next
  }
}
