public import Machines

/// A hypervisor's own stage-1 table at EL2: the optimised walker.
public struct Hyp<M: ArmMachine> {
  /// What the table was made with.
  public let configuration: HypConfiguration
  /// The levels and the root.
  public let tree: Tree<M>
  @usableFromInline let encoding: Encoding
  @usableFromInline let invalidation: Invalidation

  /// A table around an existing tree, as the proofs need it.
  @inlinable
  public init(configuration: HypConfiguration, tree: Tree<M>) {
    self.configuration = configuration
    self.tree = tree
    encoding = Encoding(pageShift: tree.geometry.pageShift)
    invalidation = Invalidation(.hyp, usesRanges: configuration.hasRangeInvalidation)
  }

  /// Allocates a table that translates nothing; nil when there is no memory.
  ///
  /// The root is not for use before something is mapped; the barrier of that map serves its zeroes.
  @inlinable
  public static func create(_ configuration: HypConfiguration, on machine: inout M) -> Hyp? {
    guard let tree = Tree<M>(geometry: Geometry(configuration), on: &machine) else { return nil }
    return Hyp(configuration: configuration, tree: tree)
  }

  /// Maps `sizeInBytes` from `address` to `physical`, in the largest blocks that fit.
  ///
  /// - Returns: `invalid` for a protection without reading, or with execution of writable or device
  ///   memory, or where a valid entry would change in more than its software bits; `range` where
  ///   input or output leave their address space; `noMemory`. What was mapped before stays.
  @inlinable
  public func map(
    address: M.W,
    sizeInBytes: M.W,
    physical: M.W,
    protection: M.W,
    on machine: inout M
  ) -> Errno {
    guard isAllowed(protection, on: &machine) else { return .invalid }
    guard let (start, end) = tree.range(from: address, sizeInBytes: sizeInBytes, on: &machine),
      let output = tree.outputStart(physical, sizeInBytes: end &- start, on: &machine)
    else { return .range }
    var visitor = HypMap(
      table: self,
      output: output,
      attributes: Encoding.hypAttributes(protection)
    )
    let result = tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
    machine.barrier(.dsbISHST)
    machine.barrier(.isb)
    return result
  }

  @inlinable
  func isAllowed(_ protection: M.W, on machine: inout M) -> Bool {
    let readable = (protection & M.W(Protection.read)) .!= M.W(0)
    let executable = (protection & M.W(Protection.execute)) .!= M.W(0)
    let unfit = (protection & M.W(Protection.write | Protection.device)) .!= M.W(0)
    return machine.holds(readable .& .!(executable .& unfit))
  }

  /// The descriptor, valid or not, at which the walk for `address` ends, and its level.
  /// - Returns: `range` beyond the input address space.
  @inlinable
  public func leaf(at address: M.W, on machine: inout M) -> Leaf<M.W> {
    Leaf(tree.leaf(at: address, on: &machine))
  }

  /// Frees every table; nothing may walk them any more.
  @inlinable
  public func destroy(on machine: inout M) { tree.destroy(on: &machine) }
}

/// The callbacks of a map.
@usableFromInline
struct HypMap<M: ArmMachine>: Visitor {
  @usableFromInline let table: Hyp<M>
  /// The output address of the next byte to map.
  @usableFromInline var output: M.W
  @usableFromInline let attributes: M.W
  /// Entries filled in the current table page and not yet counted.
  @usableFromInline var uncounted = 0

  @inlinable
  init(table: Hyp<M>, output: M.W, attributes: M.W) {
    self.table = table
    self.output = output
    self.attributes = attributes
  }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    let geometry = table.tree.geometry
    let fits =
      entry.level == Geometry.lastLevel
      || entry.level >= geometry.firstBlockLevel
        && machine.holds(
          geometry.leafFits(
            at: entry.level,
            input: cursor,
            output: output,
            remaining: end &- cursor
          )
        )
    let isValid = machine.holds(Encoding.isValid(entry.descriptor))
    guard fits else {
      return isValid ? .stop(.invalid) : link(entry, on: &machine)
    }
    let leaf = table.encoding.leaf(output, attributes: attributes, level: entry.level)
    output = output &+ M.W(geometry.span(at: entry.level))
    if isValid {
      let difference = (entry.descriptor ^ leaf) & ~M.W(Protection.software)
      guard machine.holds(difference .== M.W(0)) else { return .stop(.invalid) }
      guard machine.holds(entry.descriptor .!= leaf) else { return .next }
    } else {
      uncounted &+= 1
    }
    machine.store(leaf, to: entry.table, at: entry.index, order: .release)
    return .next
  }

  /// Puts an empty table in the place of an invalid entry.
  @inlinable
  mutating func link(_ entry: Entry<M>, on machine: inout M) -> Step<M.Table> {
    guard let child = machine.allocateTable(level: entry.level &+ 1) else {
      return .stop(.noMemory)
    }
    leave(entry.table, on: &machine)
    machine.retain(entry.table)
    let descriptor = table.encoding.table(at: machine.address(of: child))
    machine.store(descriptor, to: entry.table, at: entry.index, order: .release)
    return .descend(child)
  }

  @inlinable @inline(__always)
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    leave(entry.table, on: &machine)
    return .descend(child)
  }

  @inlinable @inline(__always)
  mutating func leave(_ table: M.Table, on machine: inout M) {
    guard uncounted > 0 else { return }
    machine.retain(table, by: uncounted)
    uncounted = 0
  }
}
