public import Machines

extension ArmUnmapTable {
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
  /// - Returns: `invalid` where nothing may be read, for executable device memory, for addresses that
  ///   are not aligned, and for levels that have no leaves; `range` where input or output leave their
  ///   space; `noMemory`, and then the tables that were made stay.
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
    let kinds = protection & M.W(Protection.read | Protection.device | Protection.execute)
    let isPermitted =
      ((kinds & M.W(Protection.read)) .!= M.W(0))
      .& (kinds .!= M.W(Protection.read | Protection.device | Protection.execute))
    let offset = M.W(geometry.span(at: level) &- 1)
    guard machine.holds(isPermitted .& (((address | physical) & offset) .== M.W(0))) else {
      return .invalid
    }
    let isInSpace =
      (address .< M.W(1 &<< geometry.inputAddressBits))
      .& (physical .< M.W(1 &<< geometry.outputAddressBits))
    guard machine.holds(isInSpace) else { return .range }
    return write(leaf(physical, protection, at: level, on: &machine), over: address, on: &machine)
  }

  /// Annotates the page at `address`: nothing is mapped there, and the entry is in use.
  ///
  /// - Returns: `range` beyond the input address space; `noMemory`.
  @inlinable
  public func annotate(address: M.W, on machine: inout M) -> Errno {
    guard machine.holds(address .< M.W(1 &<< tree.geometry.inputAddressBits)) else {
      return .range
    }
    let annotation = NewEntry<M>(
      descriptor: Encoding.annotation(owner: M.W(1)),
      level: Geometry.lastLevel
    )
    let page = address & ~M.W(tree.geometry.pageSize &- 1)
    return write(annotation, over: page, on: &machine)
  }

  /// A leaf of `level`, and what its memory needs before the leaf is seen.
  ///
  /// A guest sees what the host wrote: memory is cleaned before it is mapped cacheable, and the
  /// instruction cache invalidated before it is executable.
  @inlinable
  func leaf(
    _ physical: M.W,
    _ protection: M.W,
    at level: LookupLevel,
    on machine: inout M
  ) -> NewEntry<M> {
    let attributes =
      configuration.isHyp
      ? Encoding.hypAttributes(protection)
      : Encoding.stage2Attributes(protection, forcesWriteBack: false)
    var leaf = NewEntry<M>(
      descriptor: encoding.leaf(physical, attributes: attributes, level: level),
      level: level
    )
    guard !configuration.isHyp else { return leaf }
    let isCleaned = (protection & M.W(Protection.device)) .== M.W(0)
    let isExecutable = (protection & M.W(Protection.execute)) .!= M.W(0)
    leaf.physical = physical
    leaf.isCleaned = isCleaned
    leaf.isExecutable = isExecutable
    return leaf
  }

  /// Writes an entry over whatever is at an address, which is a multiple of what the entry spans.
  @inlinable
  func write(_ new: NewEntry<M>, over address: M.W, on machine: inout M) -> Errno {
    var writer = EntryWriter(table: self, new: new)
    let end = address &+ M.W(tree.geometry.span(at: new.level))
    let result = tree.walk(from: address, to: end, visiting: &writer, on: &machine)
    machine.barrier(.dsbISHST)
    return result
  }
}

/// An entry to be written, and what comes before it.
@usableFromInline
struct NewEntry<M: ArmMachine> {
  @usableFromInline let descriptor: M.W
  @usableFromInline let level: LookupLevel
  /// An entry that does as well, and is left where it is.
  @usableFromInline var equivalent: M.W?
  /// The memory behind it, and whether it is cleaned from the data cache and executed.
  @usableFromInline var physical = M.W(0)
  @usableFromInline var isCleaned = M.W.Condition(false)
  @usableFromInline var isExecutable = M.W.Condition(false)

  @inlinable
  init(descriptor: M.W, level: LookupLevel) {
    self.descriptor = descriptor
    self.level = level
  }

  /// Whether an entry can stay in its place.
  @inlinable
  func isServed(by old: M.W) -> M.W.Condition {
    guard let equivalent else { return old .== descriptor }
    return (old .== descriptor) .| (old .== equivalent)
  }
}

/// The callbacks of the walk to the one entry that is written.
@usableFromInline
struct EntryWriter<M: ArmMachine>: Visitor {
  @usableFromInline let table: ArmUnmapTable<M>
  @usableFromInline let new: NewEntry<M>

  @inlinable
  init(table: ArmUnmapTable<M>, new: NewEntry<M>) {
    self.table = table
    self.new = new
  }

  @inlinable
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard entry.level == new.level else { return link(entry, cursor: cursor, on: &machine) }
    if machine.holds(new.isServed(by: entry.descriptor)) { return .next }
    maintainCaches(on: &machine)
    makeWay(at: entry, cursor: cursor, on: &machine)
    machine.store(new.descriptor, to: entry.table, at: entry.index, order: .relaxed)
    return .next
  }

  /// A table in the entry's place goes with all that is beneath it, which may be cached at any address.
  @inlinable
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard entry.level == new.level else { return .descend(child) }
    maintainCaches(on: &machine)
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    table.invalidation.invalidateAll(on: &machine)
    table.tree.free(child, level: entry.level &+ 1, on: &machine)
    machine.store(new.descriptor, to: entry.table, at: entry.index, order: .relaxed)
    return .next
  }

  /// Puts an empty table in the place of nothing or of a block.
  @inlinable
  func link(_ entry: Entry<M>, cursor: M.W, on machine: inout M) -> Step<M.Table> {
    guard let child = machine.allocateTable(level: entry.level &+ 1) else {
      return .stop(.noMemory)
    }
    makeWay(at: entry, cursor: cursor, on: &machine)
    let descriptor = table.encoding.table(at: machine.address(of: child))
    // A release, so that the hardware sees the table's zeroes before it sees the table.
    machine.store(descriptor, to: entry.table, at: entry.index, order: .release)
    return .descend(child)
  }

  /// Breaks an entry that is valid, and counts one that was empty: the place is in use from now on.
  @inlinable
  func makeWay(at entry: Entry<M>, cursor: M.W, on machine: inout M) {
    if machine.holds(entry.descriptor .== M.W(0)) {
      machine.retain(entry.table)
    } else if machine.holds(Encoding.isValid(entry.descriptor)) {
      machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
      table.invalidation.invalidate(cursor, level: entry.level, on: &machine)
    }
  }

  @inlinable
  func maintainCaches(on machine: inout M) {
    let size = M.W(table.tree.geometry.span(at: new.level))
    if machine.holds(new.isCleaned) { machine.clean(new.physical, sizeInBytes: size) }
    if machine.holds(new.isExecutable) {
      machine.invalidateInstructions(new.physical, sizeInBytes: size)
    }
  }
}
