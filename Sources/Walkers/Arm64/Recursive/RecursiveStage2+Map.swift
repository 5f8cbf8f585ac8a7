public import Machines

extension RecursiveStage2 {
  /// What a map or a change of owner carries from callback to callback.
  @usableFromInline
  struct Mapping {
    /// The output address of the next byte; all ones for a change of owner.
    @usableFromInline var output: M.W
    @usableFromInline var attributes = M.W(0)
    @usableFromInline var owner = M.W(0)
    /// Where the walk began.
    @usableFromInline var start = M.W(0)
    /// Whether this is a change of owner.
    @usableFromInline var annotates = false
    @usableFromInline var forcesPages = false
    /// The level of the detached table that is being freed, and that table.
    @usableFromInline var anchor: (level: LookupLevel, table: M.Table)?

    @inlinable
    init(output: M.W) { self.output = output }
  }

  /// Maps a range, leaf by leaf.
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
    if machine.holds((protection & forbidden) .== forbidden) { return .invalid }
    if configuration.hasExecutionByPrivilege, isExecutableDevice(protection, on: &machine) {
      return .invalid
    }
    let offset = M.W(geometry.pageSize - 1)
    let output = physical & ~offset
    guard walker.outputExists(output, sizeInBytes, on: &machine) else { return .range }
    var mapping = Mapping(output: output)
    mapping.start = ipa & ~offset
    mapping.attributes = execution(
      of: protection,
      in: Encoding.stage2Attributes(protection, forcesWriteBack: forcesWriteBack)
    )
    switch configuration.pageForcing {
    case .never: break
    case .always: mapping.forcesPages = true
    case .unless(let exempt): mapping.forcesPages = machine.holds(protection .!= M.W(exempt))
    }
    let result = walk(ipa, sizeInBytes, &mapping, on: &machine)
    if !faults.contains(.mapWithoutBarrier) { machine.barrier(.dsbISHST) }
    return result
  }

  /// Annotates a range, page by page.
  @inlinable
  public func setOwner(ipa: M.W, sizeInBytes: M.W, owner: M.W, on machine: inout M) -> Errno {
    if machine.holds(M.W(1) .< owner) { return .invalid }
    var mapping = Mapping(output: ~M.W(0))
    mapping.owner = owner
    mapping.annotates = true
    mapping.forcesPages = !faults.contains(.ownersInBlocks)
    return walk(ipa, sizeInBytes, &mapping, on: &machine)
  }

  @inlinable
  func walk(
    _ ipa: M.W,
    _ sizeInBytes: M.W,
    _ mapping: inout Mapping,
    on machine: inout M
  ) -> Errno {
    walker.walk(ipa, sizeInBytes, [.tablePre, .leaf, .tablePost], on: &machine) { visit, machine in
      switch visit.kind {
      case .tablePre: detach(visit, &mapping, on: &machine)
      case .leaf: fill(visit, &mapping, on: &machine)
      default: attach(visit, &mapping, on: &machine)
      }
    }
  }

  /// Before a table: if a block fits in its place, takes it out and makes it the anchor.
  @inlinable
  func detach(
    _ visit: RecursiveWalk<M>.Visit,
    _ mapping: inout Mapping,
    on machine: inout M
  ) -> Errno {
    guard mapping.anchor == nil, leafFits(visit, mapping, on: &machine) else { return .ok }
    let descriptor = machine.load(visit.table, at: visit.index)
    let child = child(of: descriptor, at: visit, on: &machine)
    machine.store(M.W(0), to: visit.table, at: visit.index, order: .relaxed)
    invalidateTable(visit, mapping, on: &machine)
    guard faults.contains(.preorderVisitFreedSubtree) else {
      mapping.anchor = (visit.level, child)
      return .ok
    }
    Tree<M>(geometry: geometry, root: root).free(child, level: visit.level + 1, on: &machine)
    machine.release(visit.table)
    return fill(visit, &mapping, on: &machine)
  }

  /// Invalidates everything that a table which is replaced by a block led to.
  @inlinable
  func invalidateTable(
    _ visit: RecursiveWalk<M>.Visit,
    _ mapping: Mapping,
    on machine: inout M
  ) {
    if faults.contains(.breakNotInvalidated) { return }
    if faults.contains(.tableInvalidatedOnce) {
      return invalidate(visit.cursor, level: nil, on: &machine)
    }
    guard faults.contains(.rangeFromWalkStart), configuration.hasRangeInvalidation else {
      return invalidateAll(on: &machine)
    }
    let span = M.W(geometry.span(at: visit.level))
    invalidateRange(from: mapping.start, sizeInBytes: span, on: &machine)
  }

  /// At a leaf: fills it, or puts a table in its place, or drops its count beneath an anchor.
  @inlinable
  func fill(
    _ visit: RecursiveWalk<M>.Visit,
    _ mapping: inout Mapping,
    on machine: inout M
  ) -> Errno {
    let descriptor = machine.load(visit.table, at: visit.index)
    if mapping.anchor != nil {
      if isCounted(descriptor, on: &machine) { machine.release(visit.table) }
      return .ok
    }
    if leafFits(visit, mapping, on: &machine) {
      return install(over: descriptor, visit, &mapping, on: &machine)
    }
    if visit.level == Geometry.lastLevel {
      machine.warn(Site("no leaf fits at the last level"))
      return .invalid
    }
    if faults.contains(.lostOnENOMEM) { machine.retain(visit.table) }
    guard let child = machine.allocateTable(level: visit.level + 1) else { return .noMemory }
    if isCounted(descriptor, on: &machine) {
      breakEntry(descriptor, visit.asUpdate, on: &machine)
    }
    if !faults.contains(.lostOnENOMEM) { machine.retain(visit.table) }
    machine.store(
      encoding.table(at: machine.address(of: child)),
      to: visit.table,
      at: visit.index,
      order: faults.contains(.plainLink) ? .relaxed : .release
    )
    if faults.contains(.makeBeforeInvalidate), machine.holds(Encoding.isValid(descriptor)) {
      invalidate(descriptor, visit, on: &machine)
    }
    return .ok
  }

  /// After a table: frees it if it is detached, and at the anchor makes the block.
  @inlinable
  func attach(
    _ visit: RecursiveWalk<M>.Visit,
    _ mapping: inout Mapping,
    on machine: inout M
  ) -> Errno {
    guard let anchor = mapping.anchor else { return .ok }
    guard anchor.level == visit.level else {
      let descriptor = machine.load(visit.table, at: visit.index)
      machine.release(child(of: descriptor, at: visit, on: &machine))
      machine.release(visit.table)
      return .ok
    }
    mapping.anchor = nil
    let result = fill(visit, &mapping, on: &machine)
    if !faults.contains(.removedTableRootNotFreed) { machine.release(anchor.table) }
    machine.release(visit.table)
    return result
  }

  @inlinable
  func leafFits(
    _ visit: RecursiveWalk<M>.Visit,
    _ mapping: Mapping,
    on machine: inout M
  ) -> Bool {
    if visit.level == Geometry.lastLevel { return true }
    if mapping.forcesPages || visit.level < geometry.firstBlockLevel { return false }
    let span = M.W(geometry.span(at: visit.level))
    let offset = span &- M.W(1)
    if !faults.contains(.blockPastEnd), machine.holds(visit.end &- visit.cursor .< span) {
      return false
    }
    if !faults.contains(.blockIgnoresOutput), !isSentinel(mapping, on: &machine),
      machine.holds((mapping.output & offset) .!= M.W(0))
    {
      return false
    }
    return machine.holds((visit.cursor & offset) .== M.W(0))
  }

  /// Whether the walk annotates instead of mapping.
  @inlinable
  func isSentinel(_ mapping: Mapping, on machine: inout M) -> Bool {
    if mapping.annotates, !faults.contains(.sentinelWraps) { return true }
    guard faults.contains(.sentinelWraps) || faults.contains(.outputUnchecked) else { return false }
    return machine.holds(M.W(1 << geometry.outputAddressBits) .<= mapping.output)
  }

  @inlinable
  func install(
    over old: M.W,
    _ visit: RecursiveWalk<M>.Visit,
    _ mapping: inout Mapping,
    on machine: inout M
  ) -> Errno {
    let annotates = isSentinel(mapping, on: &machine)
    let output =
      faults.contains(.highBitsLost) ? mapping.output & M.W((1 << 48) - 1) : mapping.output
    let new =
      annotates
      ? Encoding.annotation(owner: mapping.owner)
      : encoding.leaf(output, attributes: mapping.attributes, level: visit.level)
    let wasValid = machine.holds(Encoding.isValid(old))
    if isCounted(old, on: &machine) {
      let difference = (old ^ new) & ~M.W(Encoding.stage2Permissions | executionBits)
      if wasValid, !annotates, !faults.contains(.breakForPermissions),
        machine.holds(difference .== M.W(0))
      {
        if configuration.mapsForFaults { return .again }
        if !faults.contains(.outputNotAdvanced) {
          mapping.output = mapping.output &+ M.W(geometry.span(at: visit.level))
        }
        return .ok
      }
      breakEntry(old, visit.asUpdate, on: &machine)
    }
    let isMaintained = !annotates || faults.contains(.maintenanceForInvalid)
    let maintainsLate = faults.contains(.cleanAfterInstall)
    if isMaintained, !maintainsLate { maintain(new, visit, on: &machine) }
    machine.store(new, to: visit.table, at: visit.index, order: .release)
    if isMaintained, maintainsLate { maintain(new, visit, on: &machine) }
    if faults.contains(.makeBeforeInvalidate), wasValid { invalidate(old, visit, on: &machine) }
    if isCounted(new, on: &machine) { machine.retain(visit.table) }
    if !annotates || faults.contains(.sentinelWraps) {
      mapping.output = mapping.output &+ M.W(geometry.span(at: visit.level))
    }
    return .ok
  }

  /// The cache maintenance that a leaf needs before the hardware may use it.
  @inlinable
  func maintain(
    _ new: M.W,
    _ visit: RecursiveWalk<M>.Visit,
    on machine: inout M
  ) {
    let span = M.W(geometry.span(at: visit.level))
    let output = encoding.output(of: new)
    if machine.holds(isCacheable(new)), !faults.contains(.mapNotCleaned) {
      machine.clean(output, sizeInBytes: span)
    }
    if machine.holds(isExecutable(new)), !faults.contains(.execNotInvalidated) {
      machine.invalidateInstructions(output, sizeInBytes: span)
    }
  }
}
