public import Machines

extension HistoricUnmap {
  /// Maps one page, or one block of `level`, over whatever is there.
  ///
  /// A table in the block's place goes with all that is beneath it, a block in the way of a page goes
  /// as a whole. An entry that is the same already is left alone.
  ///
  /// - Parameters:
  ///   - address: The first input address; a multiple of what the leaf spans.
  ///   - physical: The first output address; a multiple of what the leaf spans.
  ///   - protection: Read, write, execute, device.
  ///   - level: The leaf's level; 3 for a page.
  ///   - machine: The machine it runs on.
  /// - Returns: `invalid` where nothing may be read, for executable device memory, for addresses that are not aligned, and for
  ///   levels that have no leaves; `range` where input or output leave their space; `noMemory`, and
  ///   then the tables that were made stay.
  @inlinable
  public func map(
    address: M.W,
    physical: M.W,
    protection: M.W,
    level: LookupLevel,
    on machine: inout M
  ) -> Errno {
    let geometry = tree.geometry
    guard level >= geometry.firstBlockLevel, level <= Geometry.lastLevel else { return .invalid }
    let forbidden = M.W(Protection.device | Protection.execute)
    let offset = M.W(geometry.span(at: level) &- 1)
    guard
      machine.holds(
        ((protection & M.W(Protection.read)) .!= M.W(0)) .& ((protection & forbidden) .!= forbidden)
          .& (((address | physical) & offset) .== M.W(0))
      )
    else { return .invalid }
    let isInSpace =
      (address .< M.W(1 &<< geometry.inputAddressBits))
      .& (physical .< M.W(1 &<< geometry.outputAddressBits))
    guard machine.holds(isInSpace) else { return .range }
    let pointer = descend(to: level, address, on: &machine)
    if let pointer { install(pointer, address, physical, protection, on: &machine) }
    machine.barrier(.dsbISHST)
    return pointer == nil ? .noMemory : .ok
  }

  /// Annotates the page at `address`: nothing is mapped there, and the entry is in use.
  ///
  /// - Returns: `range` beyond the input address space; `noMemory`.
  @inlinable
  public func annotate(address: M.W, on machine: inout M) -> Errno {
    guard machine.holds(address .< M.W(1 &<< tree.geometry.inputAddressBits)) else {
      return .range
    }
    guard let pointer = descend(to: Geometry.lastLevel, address, on: &machine) else {
      return .noMemory
    }
    let old = load(pointer, on: &machine)
    let annotation = Encoding.annotation(owner: M.W(1))
    if machine.holds(old .== annotation) { return .ok }
    if machine.holds(Encoding.isValid(old)) {
      store(M.W(0), at: pointer, on: &machine)
      invalidate(address, level: pointer.level, on: &machine)
    } else if machine.holds(old .== M.W(0)) {
      retain(pointer, on: &machine)
    }
    store(annotation, at: pointer, on: &machine)
    return .ok
  }

  /// The entry at `level` for an address, with tables down to it; nil when there is no memory.
  @inlinable
  func descend(to level: LookupLevel, _ address: M.W, on machine: inout M) -> EntryPointer<M>? {
    var pointer = top(address, on: &machine)
    while pointer.level < level {
      let descriptor = load(pointer, on: &machine)
      if machine.holds(Encoding.isTable(descriptor)) {
        pointer = below(pointer, descriptor, address, on: &machine)
      } else {
        guard let table = machine.allocateTable(level: pointer.level &+ 1) else { return nil }
        link(table, at: pointer, replacing: descriptor, address, on: &machine)
        pointer = EntryPointer(
          table: table,
          index: tree.geometry.index(of: address, at: pointer.level &+ 1),
          level: pointer.level &+ 1
        )
      }
    }
    return pointer
  }

  /// Puts an empty table in the place of nothing or of a block.
  @inlinable
  func link(
    _ table: M.Table,
    at pointer: EntryPointer<M>,
    replacing old: M.W,
    _ address: M.W,
    on machine: inout M
  ) {
    let isBlock = machine.holds(Encoding.isValid(old))
    if isBlock, !faults.contains(.noBreak) {
      store(M.W(0), at: pointer, on: &machine)
      invalidate(address, level: pointer.level, on: &machine)
    } else if !isBlock {
      retain(pointer, on: &machine)
    }
    // A release, so that the hardware sees the table's zeroes before it sees the table.
    let descriptor = encoding.table(at: machine.address(of: table))
    store(descriptor, at: pointer, order: .release, on: &machine)
    if isBlock, faults.contains(.noBreak) {
      invalidate(address, level: pointer.level, on: &machine)
    }
  }

  /// Writes a leaf over whatever is there.
  @inlinable
  func install(
    _ pointer: EntryPointer<M>,
    _ address: M.W,
    _ physical: M.W,
    _ protection: M.W,
    on machine: inout M
  ) {
    let attributes =
      configuration.isHyp
      ? Encoding.hypAttributes(protection)
      : Encoding.stage2Attributes(protection, forcesWriteBack: false)
    let leaf = encoding.leaf(physical, attributes: attributes, level: pointer.level)
    let old = load(pointer, on: &machine)
    if !faults.contains(.sameEntryRewritten), machine.holds(old .== leaf) { return }
    let isChange = machine.holds(Encoding.isValid(old))
    maintainCaches(physical, protection, at: pointer.level, isChange: isChange, on: &machine)
    let isTable = isTable(old, at: pointer.level, on: &machine)
    if isTable, !faults.contains(.tableOverwritten) {
      let child = below(pointer, old, address, on: &machine).table
      store(M.W(0), at: pointer, on: &machine)
      invalidateAll(on: &machine)
      tree.free(child, level: pointer.level &+ 1, on: &machine)
      store(leaf, at: pointer, on: &machine)
    } else if machine.holds(Encoding.isValid(old)) {
      let level = isTable ? nil : pointer.level
      if !faults.contains(.noBreak) {
        store(M.W(0), at: pointer, on: &machine)
        invalidate(address, level: level, on: &machine)
        store(leaf, at: pointer, on: &machine)
      } else {
        store(leaf, at: pointer, on: &machine)
        invalidate(address, level: level, on: &machine)
      }
    } else {
      if machine.holds(old .== M.W(0)) { retain(pointer, on: &machine) }
      store(leaf, at: pointer, on: &machine)
    }
  }

  /// Everything that was beneath a table may be cached, at any address.
  @inlinable
  func invalidateAll(on machine: inout M) {
    if configuration.isHyp, faults.contains(.hypNotInvalidated) { return }
    invalidation.invalidateAll(on: &machine)
  }

  /// What a guest sees is what the host wrote: memory is cleaned before it is mapped cacheable, and
  /// the instruction cache invalidated before it is executable.
  @inlinable
  func maintainCaches(
    _ physical: M.W,
    _ protection: M.W,
    at level: LookupLevel,
    isChange: Bool,
    on machine: inout M
  ) {
    guard !configuration.isHyp else { return }
    let size = M.W(tree.geometry.span(at: level))
    let isCleaned = !isChange || !faults.contains(.changeNotCleaned)
    if isCleaned, machine.holds((protection & M.W(Protection.device)) .== M.W(0)) {
      machine.clean(physical, sizeInBytes: size)
    }
    if machine.holds((protection & M.W(Protection.execute)) .!= M.W(0)) {
      machine.invalidateInstructions(physical, sizeInBytes: size)
    }
  }
}
