public import Machines

/// A hypervisor's own stage-1 table the way the kernel wrote it.
///
/// With faults it is the seed, or a museum variant.
public struct RecursiveHyp<M: ArmMachine>: HypWalker {
  /// What the table was made with.
  public let configuration: HypConfiguration
  /// What is wrong with it.
  public let faults: FaultSet
  @usableFromInline let walker: RecursiveWalk<M>
  @usableFromInline let encoding: Encoding

  /// The root page.
  @inlinable
  public var root: M.Table { walker.root }
  /// The shape of the tree.
  @inlinable
  public var geometry: Geometry { walker.geometry }

  /// A table around an existing tree, as the proofs need it.
  @inlinable
  public init(
    configuration: HypConfiguration,
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
    _ configuration: HypConfiguration,
    on machine: inout M
  ) -> RecursiveHyp? {
    create(configuration, faults: [], on: &machine)
  }

  /// Allocates a table that translates nothing, with these faults; nil when there is no memory.
  @inlinable
  public static func create(
    _ configuration: HypConfiguration,
    faults: FaultSet,
    on machine: inout M
  ) -> RecursiveHyp? {
    let geometry = Geometry(configuration)
    guard let root = machine.allocateRoot(pageCount: 1, level: geometry.startLevel) else {
      return nil
    }
    return RecursiveHyp(
      configuration: configuration,
      geometry: geometry,
      root: root,
      faults: faults
    )
  }

  /// The descriptor and level at which a walk ends.
  @inlinable
  public func leaf(at address: M.W, on machine: inout M) -> Leaf<M.W> {
    var leaf = Leaf<M.W>()
    let result = walker.walk(address, M.W(geometry.pageSize), .leaf, on: &machine) {
      visit,
      machine in
      leaf.descriptor = machine.load(visit.table, at: visit.index)
      leaf.level = visit.level
      return .ok
    }
    leaf.result = result
    return leaf
  }

  /// Maps a range, leaf by leaf.
  @inlinable
  public func map(
    address: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    on machine: inout M
  ) -> Errno {
    if machine.holds((protection & M.W(Protection.read)) .== M.W(0)) { return .invalid }
    if machine.holds((protection & M.W(Protection.execute)) .!= M.W(0)) {
      let unfit = protection & M.W(Protection.write | Protection.device)
      if machine.holds(unfit .!= M.W(0)) { return .invalid }
    }
    let offset = M.W(geometry.pageSize - 1)
    var output = physical & ~offset
    guard walker.outputExists(output, sizeInBytes, on: &machine) else { return .range }
    let attributes = attributes(of: protection)
    let result = walker.walk(address, sizeInBytes, .leaf, on: &machine) { visit, machine in
      map(visit, &output, attributes, on: &machine)
    }
    if !faults.contains(.mapWithoutBarrier) { machine.barrier(.dsbISHST) }
    machine.barrier(.isb)
    return result
  }

  /// The attributes for a protection: in the EL2&0 regime EL0 is given nothing by AP[1], bit 6, and
  /// bits 54 and 53 are UXN and PXN.
  @inlinable
  func attributes(of protection: M.W) -> M.W {
    let attributes = Encoding.hypAttributes(protection)
    guard configuration.hasUnprivilegedAccess else { return attributes }
    let unprivileged = attributes & ~M.W(Encoding.stage2Read)
    if faults.contains(.privilegedMayExecute) { return unprivileged }
    return unprivileged | ((attributes & M.W(Encoding.executeNever)) &>> 1)
  }

  @inlinable
  func map(
    _ visit: RecursiveWalk<M>.Visit,
    _ output: inout M.W,
    _ attributes: M.W,
    on machine: inout M
  ) -> Errno {
    let old = machine.load(visit.table, at: visit.index)
    let wasValid = machine.holds(Encoding.isValid(old))
    guard leafFits(visit, output, on: &machine) else {
      if wasValid, !faults.contains(.tableOverHypBlock) { return .invalid }
      return link(visit, on: &machine)
    }
    let address = faults.contains(.highBitsLost) ? output & M.W((1 << 48) - 1) : output
    let new = encoding.leaf(address, attributes: attributes, level: visit.level)
    output = output &+ M.W(geometry.span(at: visit.level))
    if machine.holds(old .== new) { return .ok }
    if wasValid {
      let difference = (old ^ new) & ~M.W(Protection.software)
      if faults.contains(.hypRemapIgnored) {
        machine.warn(Site("hyp map over a valid entry"))
        return .ok
      }
      if !faults.contains(.hypRemapAny), machine.holds(difference .!= M.W(0)) {
        let isLinked = faults.contains(.outputPastHypBlock) && visit.level < Geometry.lastLevel
        return isLinked ? link(visit, on: &machine) : .invalid
      }
    } else if !faults.contains(.hypUncounted) {
      machine.retain(visit.table)
    }
    machine.store(new, to: visit.table, at: visit.index, order: .release)
    return .ok
  }

  @inlinable
  func leafFits(
    _ visit: RecursiveWalk<M>.Visit,
    _ output: M.W,
    on machine: inout M
  ) -> Bool {
    if visit.level < geometry.firstBlockLevel { return false }
    let span = M.W(geometry.span(at: visit.level))
    let offset = span &- M.W(1)
    if !faults.contains(.blockPastEnd), machine.holds(visit.end &- visit.cursor .< span) {
      return false
    }
    if !isNoObstacle(output, on: &machine), machine.holds((output & offset) .!= M.W(0)) {
      return false
    }
    return machine.holds((visit.cursor & offset) .== M.W(0))
  }

  /// Whether the alignment of an output address is not asked for.
  @inlinable
  func isNoObstacle(_ output: M.W, on machine: inout M) -> Bool {
    if faults.contains(.blockIgnoresOutput) { return true }
    // Where outputs are checked, every one exists by now.
    guard faults.contains(.outputUnchecked) else { return false }
    return machine.holds(M.W(1 << geometry.outputAddressBits) .<= output)
  }

  @inlinable
  func link(_ visit: RecursiveWalk<M>.Visit, on machine: inout M) -> Errno {
    if faults.contains(.lostOnENOMEM) { machine.retain(visit.table) }
    guard let child = machine.allocateTable(level: visit.level + 1) else { return .noMemory }
    if !faults.contains(.lostOnENOMEM), !faults.contains(.hypUncounted) {
      machine.retain(visit.table)
    }
    machine.store(
      encoding.table(at: machine.address(of: child)),
      to: visit.table,
      at: visit.index,
      order: faults.contains(.plainLink) ? .relaxed : .release
    )
    return .ok
  }

  /// Frees every table and drops every count.
  @inlinable
  public func destroy(on machine: inout M) {
    let everything = M.W(1 << geometry.inputAddressBits)
    let result = walker.walk(M.W(0), everything, [.leaf, .tablePost], on: &machine) {
      visit,
      machine in
      let descriptor = machine.load(visit.table, at: visit.index)
      guard machine.holds(Encoding.isValid(descriptor)) else { return .ok }
      if !faults.contains(.hypUncounted) { machine.release(visit.table) }
      if visit.kind == .tablePost {
        machine.release(child(of: descriptor, at: visit, on: &machine))
      }
      return .ok
    }
    if result != .ok { machine.warn(Site("destroy did not reach the end")) }
    machine.freeRoot(root, pageCount: 1)
  }

  @inlinable
  func child(
    of descriptor: M.W,
    at visit: RecursiveWalk<M>.Visit,
    on machine: inout M
  ) -> M.Table {
    machine.table(at: encoding.output(of: descriptor), linkedFrom: visit.table, index: visit.index)
  }
}
