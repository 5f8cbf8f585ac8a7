public import Machines

extension Stage2 {
  /// Maps `sizeInBytes` from `ipa` to `physical`, in the largest blocks that fit.
  ///
  /// - Returns: `invalid` for executable device memory, or where an identity map is asked to be
  ///   none; `range` where input or output leave their address space; `again` at the first leaf
  ///   that is already there or differs in permissions only; `noMemory`. What was mapped before
  ///   `again` or `noMemory` stays.
  @inlinable
  public func map(
    ipa: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    on machine: inout M
  ) -> Errno {
    if configuration.isIdentityMap, machine.holds(ipa .!= physical) { return .invalid }
    let forbidden = M.W(Protection.device | Protection.execute)
    guard machine.holds((protection & forbidden) .!= forbidden) else { return .invalid }
    guard let (start, end) = tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine),
      let output = tree.outputStart(physical, sizeInBytes: end &- start, on: &machine)
    else { return .range }
    var visitor = Stage2Map(
      table: self,
      output: output,
      attributes: Encoding.stage2Attributes(protection, forcesWriteBack: forcesWriteBack),
      isCleaned: machine.holds((protection & M.W(Protection.device)) .== M.W(0))
        && !forcesWriteBack,
      isExecutable: machine.holds((protection & M.W(Protection.execute)) .!= M.W(0)),
      forcesPages: forcesPages(protection, on: &machine)
    )
    let result = tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
    machine.barrier(.dsbISHST)
    return result
  }

  /// Whether the caller wants this protection in pages only.
  @inlinable
  func forcesPages(_ protection: M.W, on machine: inout M) -> Bool {
    switch configuration.pageForcing {
    case .never: false
    case .always: true
    case .unless(let exempt): machine.holds(protection .!= M.W(exempt))
    }
  }
}

/// The callbacks of a map.
@usableFromInline
struct Stage2Map<M: ArmMachine>: Visitor {
  @usableFromInline let table: Stage2<M>
  /// The output address of the next byte to map.
  @usableFromInline var output: M.W
  @usableFromInline let attributes: M.W
  @usableFromInline let isCleaned: Bool
  @usableFromInline let isExecutable: Bool
  @usableFromInline let forcesPages: Bool
  /// Entries filled in the current table page and not yet counted.
  @usableFromInline var uncounted = 0

  @inlinable
  init(
    table: Stage2<M>,
    output: M.W,
    attributes: M.W,
    isCleaned: Bool,
    isExecutable: Bool,
    forcesPages: Bool
  ) {
    self.table = table
    self.output = output
    self.attributes = attributes
    self.isCleaned = isCleaned
    self.isExecutable = isExecutable
    self.forcesPages = forcesPages
  }

  /// Whether the rest of the range wants a leaf for the whole of this entry.
  @inlinable @inline(__always)
  func wantsLeaf(at level: LookupLevel, cursor: M.W, end: M.W, on machine: inout M) -> Bool {
    if level == Geometry.lastLevel { return true }
    guard level >= table.tree.geometry.firstBlockLevel, !forcesPages else { return false }
    return machine.holds(
      table.tree.geometry.leafFits(
        at: level,
        input: cursor,
        output: output,
        remaining: end &- cursor
      )
    )
  }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard wantsLeaf(at: entry.level, cursor: cursor, end: end, on: &machine) else {
      return link(entry, cursor: cursor, on: &machine)
    }
    let leaf = table.encoding.leaf(output, attributes: attributes, level: entry.level)
    if machine.holds(entry.descriptor .== M.W(0)) {
      uncounted &+= 1
    } else if machine.holds(Encoding.isValid(entry.descriptor)) {
      let difference = (entry.descriptor ^ leaf) & ~M.W(Encoding.stage2Permissions)
      guard machine.holds(difference .!= M.W(0)) else { return .stop(.again) }
      table.breakLeaf(entry, cursor: cursor, on: &machine)
    }
    install(leaf, at: entry, on: &machine)
    return .next
  }

  /// Makes the memory fit to be seen, then the leaf visible.
  @inlinable @inline(__always)
  mutating func install(_ leaf: M.W, at entry: Entry<M>, on machine: inout M) {
    let span = M.W(table.tree.geometry.span(at: entry.level))
    if isCleaned { machine.clean(output, sizeInBytes: span) }
    if isExecutable { machine.invalidateInstructions(output, sizeInBytes: span) }
    machine.store(leaf, to: entry.table, at: entry.index, order: .release)
    output = output &+ span
  }

  /// Puts an empty table in the place of an invalid entry or of a block.
  @inlinable
  mutating func link(_ entry: Entry<M>, cursor: M.W, on machine: inout M) -> Step<M.Table> {
    guard let child = machine.allocateTable(level: entry.level &+ 1) else {
      return .stop(.noMemory)
    }
    leave(entry.table, on: &machine)
    table.link(child, at: entry, cursor: cursor, on: &machine)
    return .descend(child)
  }

  /// Replaces a table by a block where one fits: break, invalidate all it could have cached, free
  /// what is beneath, make.
  @inlinable @inline(__always)
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard wantsLeaf(at: entry.level, cursor: cursor, end: end, on: &machine) else {
      leave(entry.table, on: &machine)
      return .descend(child)
    }
    return merge(entry, child: child, on: &machine)
  }

  @inlinable
  mutating func merge(
    _ entry: Entry<M>,
    child: M.Table,
    on machine: inout M
  ) -> Step<M.Table> {
    machine.store(M.W(0), to: entry.table, at: entry.index, order: .relaxed)
    table.invalidation.invalidateAll(on: &machine)
    table.tree.free(child, level: entry.level &+ 1, on: &machine)
    let leaf = table.encoding.leaf(output, attributes: attributes, level: entry.level)
    install(leaf, at: entry, on: &machine)
    return .next
  }

  @inlinable @inline(__always)
  mutating func leave(_ table: M.Table, on machine: inout M) {
    guard uncounted > 0 else { return }
    machine.retain(table, by: uncounted)
    uncounted = 0
  }
}
