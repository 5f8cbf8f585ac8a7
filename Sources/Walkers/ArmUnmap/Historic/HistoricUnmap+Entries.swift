public import Machines

/// One entry of a table, by where it is: what the kernel holds a `pgd_t *` and its kin for.
@usableFromInline
struct EntryPointer<M: ArmMachine> {
  /// The table page that holds it.
  @usableFromInline let table: M.Table
  /// Its index in that page.
  @usableFromInline var index: M.W
  /// Its level.
  @usableFromInline let level: LookupLevel

  @inlinable
  init(table: M.Table, index: M.W, level: LookupLevel) {
    self.table = table
    self.index = index
    self.level = level
  }
}

// Reading and changing entries, with the counts and invalidations that belong to it.

extension HistoricUnmap {
  /// The entry of the root for an address.
  @inlinable
  func top(_ address: M.W, on machine: inout M) -> EntryPointer<M> {
    let geometry = tree.geometry
    // Without a check of the range the index wraps, as a mask makes it.
    let isUnchecked = faults.contains(.rangeUnchecked)
    let address = isUnchecked ? address & M.W(1 &<< geometry.inputAddressBits &- 1) : address
    return EntryPointer(
      table: machine.rootPage(tree.root, at: geometry.rootIndex(of: address)),
      index: geometry.index(of: address, at: geometry.startLevel),
      level: geometry.startLevel
    )
  }

  /// The entry for an address in the table that `pointer` leads to, or would lead to if it were a table
  /// entry.
  @inlinable
  func below(
    _ pointer: EntryPointer<M>,
    _ descriptor: M.W,
    _ address: M.W,
    on machine: inout M
  ) -> EntryPointer<M> {
    EntryPointer(
      table: machine.table(
        at: encoding.output(of: descriptor),
        linkedFrom: pointer.table,
        index: pointer.index
      ),
      index: tree.geometry.index(of: address, at: pointer.level &+ 1),
      level: pointer.level &+ 1
    )
  }

  @inlinable
  func load(_ pointer: EntryPointer<M>, on machine: inout M) -> M.W {
    machine.load(pointer.table, at: pointer.index)
  }

  @inlinable
  func store(
    _ descriptor: M.W,
    at pointer: EntryPointer<M>,
    order: MemoryOrder = .relaxed,
    on machine: inout M
  ) {
    machine.store(descriptor, to: pointer.table, at: pointer.index, order: order)
  }

  /// Whether a descriptor found at `level` leads to a table.
  @inlinable
  func isTable(_ descriptor: M.W, at level: LookupLevel, on machine: inout M) -> Bool {
    level < Geometry.lastLevel && machine.holds(Encoding.isTable(descriptor))
  }

  /// The page at which an entry is counted.
  @inlinable
  func countedPage(of pointer: EntryPointer<M>) -> M.Table {
    pointer.level == tree.geometry.startLevel && faults.contains(.rootCountedOnce)
      ? tree.root : pointer.table
  }

  @inlinable
  func retain(_ pointer: EntryPointer<M>, on machine: inout M) {
    machine.retain(countedPage(of: pointer))
  }

  @inlinable
  func release(_ pointer: EntryPointer<M>, on machine: inout M) {
    machine.release(countedPage(of: pointer))
  }

  /// Invalidates what any TLB may hold of one address; `level` is that of the broken leaf, nil for a
  /// table.
  @inlinable
  func invalidate(_ address: M.W, level: LookupLevel?, on machine: inout M) {
    if configuration.isHyp, faults.contains(.hypNotInvalidated) { return }
    invalidation.invalidate(address, level: level, on: &machine)
  }

  /// Clears the entry of a leaf or an annotation, and cleans the memory that it gave a guest.
  @inlinable
  func clearLeaf(
    _ pointer: EntryPointer<M>,
    _ descriptor: M.W,
    _ address: M.W,
    on machine: inout M
  ) {
    store(M.W(0), at: pointer, on: &machine)
    invalidate(address, level: pointer.level, on: &machine)
    release(pointer, on: &machine)
    guard cleansUnmapped else { return }
    if machine.holds(Encoding.isValid(descriptor) .& isCacheable(descriptor)) {
      machine.clean(
        encoding.output(of: descriptor),
        sizeInBytes: M.W(tree.geometry.span(at: pointer.level))
      )
    }
  }

  /// Whether memory is cleaned from the data cache when it goes back to the host.
  @inlinable
  var cleansUnmapped: Bool { !configuration.isHyp && !faults.contains(.unmapNotCleaned) }

  /// Clears a table's entry and frees the table, which must be empty.
  @inlinable
  func clearTable(
    _ pointer: EntryPointer<M>,
    _ child: M.Table,
    _ address: M.W,
    on machine: inout M
  ) {
    store(M.W(0), at: pointer, on: &machine)
    invalidate(address, level: nil, on: &machine)
    machine.release(child)
    release(pointer, on: &machine)
  }

  /// The end of what the entry at `level` over `address` spans, or of the range where that is first.
  ///
  /// Of numbers less 1, so that an end of 0 is the end of the 64-bit space.
  @inlinable
  func end(ofEntryAt level: LookupLevel, _ address: M.W, _ end: M.W) -> M.W {
    let boundary = tree.geometry.next(after: address, at: level)
    return M.W.select(boundary &- M.W(1) .< end &- M.W(1), boundary, end)
  }
}
