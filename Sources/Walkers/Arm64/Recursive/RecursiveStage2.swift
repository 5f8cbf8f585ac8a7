public import Machines

/// A guest's stage-2 table the way the kernel wrote it: every call one walk with one callback,
/// every entry broken, invalidated and counted by itself.
///
/// With faults it is the seed, or a museum variant.
public struct RecursiveStage2<M: ArmMachine>: Stage2Walker {
  /// What the table was made with.
  public let configuration: Stage2Configuration
  /// What is wrong with it.
  public let faults: FaultSet
  @usableFromInline let walker: RecursiveWalk<M>
  @usableFromInline let encoding: Encoding

  /// The first root page.
  @inlinable
  public var root: M.Table { walker.root }
  /// The shape of the tree.
  @inlinable
  public var geometry: Geometry { walker.geometry }

  /// A table around an existing tree, as the proofs need it.
  @inlinable
  public init(
    configuration: Stage2Configuration,
    geometry: Geometry,
    root: M.Table,
    faults: FaultSet = []
  ) {
    self.configuration = configuration
    self.faults = faults
    walker = RecursiveWalk(geometry: geometry, root: root, faults: faults)
    encoding = Encoding(pageShift: geometry.pageShift)
  }

  /// Allocates a table that translates nothing; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: Stage2Configuration,
    on machine: inout M
  ) -> RecursiveStage2? {
    create(configuration, faults: [], on: &machine)
  }

  /// Allocates a table that translates nothing, with these faults; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: Stage2Configuration,
    faults: FaultSet,
    on machine: inout M
  ) -> RecursiveStage2? {
    let geometry = Geometry(configuration)
    guard
      let root = machine.allocateRoot(
        pageCount: geometry.rootPageCount,
        level: geometry.startLevel
      )
    else { return nil }
    if faults.contains(.rootTailsUncounted) {
      // A pool that hands out one page of higher order counts its first page alone.
      for number in 1..<max(geometry.rootPageCount, 1) {
        machine.retain(machine.rootPage(root, at: M.W(UInt64(number))), by: -1)
      }
    }
    if !faults.contains(.rootWithoutBarrier) { machine.barrier(.dsbISHST) }
    return RecursiveStage2(
      configuration: configuration,
      geometry: geometry,
      root: root,
      faults: faults
    )
  }

  @inlinable
  var forcesWriteBack: Bool {
    configuration.hasForceWriteBack && !configuration.disablesForceWriteBack
  }

  /// Whether the invalidations of an unmap wait for its end, tables' too.
  @inlinable
  var defersInvalidation: Bool {
    faults.contains(.tablesFreedBeforeInvalidation) && configuration.hasForceWriteBack
      && configuration.hasRangeInvalidation
  }

  /// Whether the invalidations of an unmapped range's leaves wait for its end, as one of the range.
  @inlinable
  var defersLeaves: Bool {
    faults.contains(.partialPageNotInvalidated) && configuration.hasForceWriteBack
      && !configuration.disablesForceWriteBack && configuration.hasRangeInvalidation
  }

  /// Drops annotations and leaves, one by one, and frees empty tables.
  @inlinable
  public func unmap(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    var uncleaned: [(output: M.W, sizeInBytes: M.W)] = []
    let result = walker.walk(ipa, sizeInBytes, [.leaf, .tablePost], on: &machine) {
      visit,
      machine in
      unmap(visit, &uncleaned, on: &machine)
    }
    if faults.contains(.barrierAtEnd) || defersInvalidation { invalidateAll(on: &machine) }
    if defersLeaves, result == .ok {
      let offset = M.W(geometry.pageSize - 1)
      invalidateRange(from: ipa & ~offset, sizeInBytes: sizeInBytes & ~offset, on: &machine)
    }
    for memory in uncleaned { machine.clean(memory.output, sizeInBytes: memory.sizeInBytes) }
    return result
  }

  @inlinable
  func unmap(
    _ visit: RecursiveWalk<M>.Visit,
    _ uncleaned: inout [(output: M.W, sizeInBytes: M.W)],
    on machine: inout M
  ) -> Errno {
    let descriptor = machine.load(visit.table, at: visit.index)
    guard machine.holds(Encoding.isValid(descriptor)) else {
      if isCounted(descriptor, on: &machine) {
        machine.store(M.W(0), to: visit.table, at: visit.index, order: .relaxed)
        machine.release(visit.table)
      } else if faults.contains(.ownerNotCounted) {
        machine.store(M.W(0), to: visit.table, at: visit.index, order: .relaxed)
      }
      return .ok
    }
    guard visit.kind == .tablePost else {
      return unmapLeaf(descriptor, visit, &uncleaned, on: &machine)
    }
    if faults.contains(.tablesKept) || faults.contains(.barrierAtEnd) { return .ok }
    let child = child(of: descriptor, at: visit, on: &machine)
    let count = machine.count(of: child)
    let isEmpty =
      faults.contains(.freesTableInUse)
      ? count .<= M.W(2) : count .== M.W(faults.contains(.keepsEmptyTable) ? 0 : 1)
    guard machine.holds(isEmpty) else { return .ok }
    if faults.contains(.countDroppedEarly) { machine.release(child) }
    breakEntry(descriptor, visit, on: &machine)
    if !faults.contains(.countDroppedEarly) { machine.release(child) }
    return .ok
  }

  @inlinable
  func unmapLeaf(
    _ descriptor: M.W,
    _ visit: RecursiveWalk<M>.Visit,
    _ uncleaned: inout [(output: M.W, sizeInBytes: M.W)],
    on machine: inout M
  ) -> Errno {
    let span = M.W(geometry.span(at: visit.level))
    if faults.contains(.keepsPartialBlock), visit.level < Geometry.lastLevel,
      machine.holds(visit.end &- visit.cursor .< span)
    {
      return .ok
    }
    let mustClean = machine.holds(isCacheable(descriptor)) && !forcesWriteBack
    breakEntry(descriptor, visit, on: &machine)
    if mustClean, faults.contains(.barrierAtEnd) || defersInvalidation {
      uncleaned.append((encoding.output(of: descriptor), span))
    } else if mustClean, !faults.contains(.unmapNotCleaned) {
      machine.clean(encoding.output(of: descriptor), sizeInBytes: span)
    }
    return .ok
  }

  /// Cleans the data cache of cacheable leaves.
  @inlinable
  public func flush(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    if forcesWriteBack { return .ok }
    return walker.walk(ipa, sizeInBytes, .leaf, on: &machine) { visit, machine in
      let descriptor = machine.load(visit.table, at: visit.index)
      if machine.holds(Encoding.isValid(descriptor)), machine.holds(isCacheable(descriptor)) {
        machine.clean(
          encoding.output(of: descriptor),
          sizeInBytes: M.W(geometry.span(at: visit.level))
        )
      }
      return .ok
    }
  }

  /// The descriptor and level at which a walk ends.
  @inlinable
  public func leaf(at ipa: M.W, on machine: inout M) -> Leaf<M.W> {
    var leaf = Leaf<M.W>()
    let result = walker.walk(ipa, M.W(geometry.pageSize), .leaf, on: &machine) { visit, machine in
      leaf.descriptor = machine.load(visit.table, at: visit.index)
      leaf.level = visit.level
      return .ok
    }
    leaf.result = result
    return leaf
  }

  /// Drops every count, entry by entry, and frees the root.
  @inlinable
  public func destroy(on machine: inout M) {
    let everything = M.W(1 << geometry.inputAddressBits)
    let result = walker.walk(M.W(0), everything, [.leaf, .tablePost], on: &machine) {
      visit,
      machine in
      let descriptor = machine.load(visit.table, at: visit.index)
      let isCounted =
        faults.contains(.destroySkipsAnnotated)
        ? machine.holds(Encoding.isValid(descriptor)) : isCounted(descriptor, on: &machine)
      guard isCounted else { return .ok }
      machine.release(visit.table)
      if visit.kind == .tablePost {
        machine.release(child(of: descriptor, at: visit, on: &machine))
      }
      return .ok
    }
    if result != .ok { machine.warn(Site("destroy did not reach the end")) }
    machine.freeRoot(root, pageCount: geometry.rootPageCount)
  }
}
