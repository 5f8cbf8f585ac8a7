public import Machines

extension SharedStage2 {
  /// Maps leaf by leaf, each from the root: a fault has one.
  @inlinable
  public func map<M: SharedTableMachine>(
    ipa: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    in table: Stage2<M>,
    on machine: inout M
  ) -> Errno {
    if table.configuration.isIdentityMap, machine.holds(ipa .!= physical) { return .invalid }
    let forbidden = M.W(Protection.device | Protection.execute)
    guard machine.holds((protection & forbidden) .!= forbidden) else { return .invalid }
    guard
      let (start, end) = table.tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine),
      let output = table.tree.outputStart(physical, sizeInBytes: end &- start, on: &machine)
    else { return .range }
    var map = SharedMap(
      table: table,
      cursor: start,
      end: end,
      output: output,
      attributes: Encoding.stage2Attributes(protection, forcesWriteBack: table.forcesWriteBack),
      isCleaned: machine.holds((protection & M.W(Protection.device)) .== M.W(0))
        && !table.forcesWriteBack,
      isExecutable: machine.holds((protection & M.W(Protection.execute)) .!= M.W(0)),
      forcesPages: table.forcesPages(protection, on: &machine)
    )
    machine.enterWalk()
    var result = Errno.ok
    while result == .ok, machine.holds(map.cursor .< end) { result = map.mapLeaf(on: &machine) }
    machine.barrier(.dsbISHST)
    machine.leaveWalk()
    return result
  }
}

/// A map in progress.
@usableFromInline
struct SharedMap<M: SharedTableMachine> {
  @usableFromInline let table: Stage2<M>
  /// The first byte that is not yet mapped, and the first after the range.
  @usableFromInline var cursor: M.W
  @usableFromInline let end: M.W
  /// The output address of the next byte to map.
  @usableFromInline var output: M.W
  @usableFromInline let attributes: M.W
  @usableFromInline let isCleaned: Bool
  @usableFromInline let isExecutable: Bool
  @usableFromInline let forcesPages: Bool

  @inlinable
  init(
    table: Stage2<M>,
    cursor: M.W,
    end: M.W,
    output: M.W,
    attributes: M.W,
    isCleaned: Bool,
    isExecutable: Bool,
    forcesPages: Bool
  ) {
    self.table = table
    self.cursor = cursor
    self.end = end
    self.output = output
    self.attributes = attributes
    self.isCleaned = isCleaned
    self.isExecutable = isExecutable
    self.forcesPages = forcesPages
  }

  /// Whether the rest of the range wants a leaf for the whole of an entry.
  @inlinable @inline(__always)
  func wantsLeaf(at level: LookupLevel, on machine: inout M) -> Bool {
    if level == Geometry.lastLevel { return true }
    let geometry = table.tree.geometry
    guard level >= geometry.firstBlockLevel, !forcesPages else { return false }
    return machine.holds(
      geometry.leafFits(at: level, input: cursor, output: output, remaining: end &- cursor)
    )
  }

  /// Walks from the root to where the next leaf belongs, and puts it there.
  @inlinable
  mutating func mapLeaf(on machine: inout M) -> Errno {
    let geometry = table.tree.geometry
    var page = machine.rootPage(table.tree.root, at: geometry.rootIndex(of: cursor))
    var level = geometry.startLevel
    while true {
      let index = geometry.index(of: cursor, at: level)
      let entry = Entry<M>(
        table: page,
        index: index,
        level: level,
        descriptor: machine.load(page, at: index)
      )
      if wantsLeaf(at: level, on: &machine) { return install(at: entry, on: &machine) }
      if machine.holds(Encoding.isTable(entry.descriptor)) {
        page = table.tree.child(of: entry, on: &machine)
      } else {
        switch link(at: entry, on: &machine) {
        case .descend(let child): page = child
        case .stop(let result): return result
        case .next: return .again
        }
      }
      level &+= 1
    }
  }

  /// Puts the next leaf into an entry.
  @inlinable
  mutating func install(at entry: Entry<M>, on machine: inout M) -> Errno {
    let leaf = table.encoding.leaf(output, attributes: attributes, level: entry.level)
    let result =
      machine.holds(entry.descriptor .== M.W(0))
      ? fill(leaf, at: entry, on: &machine) : replace(by: leaf, at: entry, on: &machine)
    guard result == .ok else { return result }
    let span = M.W(table.tree.geometry.span(at: entry.level))
    output = output &+ span
    cursor = cursor &+ span
    return .ok
  }

  /// Fills an empty entry: nothing has to be broken.
  @inlinable @inline(__always)
  func fill(_ leaf: M.W, at entry: Entry<M>, on machine: inout M) -> Errno {
    prepareMemory(at: entry.level, on: &machine)
    machine.retain(entry.table)
    let found = machine.compareExchange(M.W(0), with: leaf, in: entry.table, at: entry.index)
    if machine.holds(found .== M.W(0)) { return .ok }
    machine.release(entry.table)
    return .again
  }

  /// Breaks what is at an entry, and puts a leaf there; the entry stays counted.
  @inlinable
  func replace(by leaf: M.W, at entry: Entry<M>, on machine: inout M) -> Errno {
    let isLeaf = Encoding.isLeaf(entry.descriptor, level: entry.level, on: &machine)
    if isLeaf {
      let difference = (entry.descriptor ^ leaf) & ~M.W(Encoding.stage2Permissions)
      guard machine.holds(difference .!= M.W(0)) else { return .again }
    }
    guard lock(entry, on: &machine) else { return .again }
    let isTable = !isLeaf && machine.holds(Encoding.isValid(entry.descriptor))
    if isLeaf {
      table.invalidation.invalidate(cursor, level: entry.level, on: &machine)
    } else if isTable {
      table.invalidation.invalidate(
        from: cursor,
        to: cursor &+ M.W(table.tree.geometry.span(at: entry.level)),
        span: table.tree.geometry.pageSize,
        level: nil,
        on: &machine
      )
    }
    prepareMemory(at: entry.level, on: &machine)
    machine.store(leaf, to: entry.table, at: entry.index, order: .release)
    if isTable {
      machine.unlink(table.tree.child(of: entry, on: &machine), level: entry.level &+ 1)
    }
    return .ok
  }

  /// Puts an empty table into an entry, or goes on in the one that another fault was faster with.
  @inlinable
  func link(at entry: Entry<M>, on machine: inout M) -> Step<M.Table> {
    if machine.holds(entry.descriptor .== M.W(Encoding.locked)) { return .stop(.again) }
    guard let child = machine.allocateTable(level: entry.level &+ 1) else {
      return .stop(.noMemory)
    }
    let descriptor = table.encoding.table(at: machine.address(of: child))
    if machine.holds(Encoding.isValid(entry.descriptor)) {
      guard lock(entry, on: &machine) else {
        machine.release(child)
        return .stop(.again)
      }
      let span = table.tree.geometry.span(at: entry.level)
      let start = cursor & ~M.W(span &- 1)
      table.invalidation.invalidate(start, level: entry.level, on: &machine)
      machine.store(descriptor, to: entry.table, at: entry.index, order: .release)
      return .descend(child)
    }
    let isEmpty = machine.holds(entry.descriptor .== M.W(0))
    if isEmpty { machine.retain(entry.table) }
    let found = machine.compareExchange(
      entry.descriptor,
      with: descriptor,
      in: entry.table,
      at: entry.index
    )
    if machine.holds(found .== entry.descriptor) { return .descend(child) }
    if isEmpty { machine.release(entry.table) }
    machine.release(child)
    guard machine.holds(Encoding.isTable(found)) else { return .stop(.again) }
    let other = Entry<M>(
      table: entry.table,
      index: entry.index,
      level: entry.level,
      descriptor: found
    )
    return .descend(table.tree.child(of: other, on: &machine))
  }

  /// Takes an entry for this walk, as it was found; whoever sees that it is taken leaves it alone.
  @inlinable
  func lock(_ entry: Entry<M>, on machine: inout M) -> Bool {
    let locked = M.W(Encoding.locked)
    guard machine.holds(entry.descriptor .!= locked) else { return false }
    let found = machine.compareExchange(
      entry.descriptor,
      with: locked,
      in: entry.table,
      at: entry.index
    )
    return machine.holds(found .== entry.descriptor)
  }

  /// Makes the memory of the next leaf fit to be seen.
  @inlinable @inline(__always)
  func prepareMemory(at level: LookupLevel, on machine: inout M) {
    let span = M.W(table.tree.geometry.span(at: level))
    if isCleaned { machine.clean(output, sizeInBytes: span) }
    if isExecutable { machine.invalidateInstructions(output, sizeInBytes: span) }
  }
}
