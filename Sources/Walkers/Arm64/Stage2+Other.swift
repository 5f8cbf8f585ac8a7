public import Machines

extension Stage2 {
  /// Cleans the data cache of the cacheable leaves of a range; nothing where write-back is forced.
  /// - Returns: `range` where the range leaves the input address space.
  @inlinable
  public func flush(ipa: M.W, sizeInBytes: M.W, on machine: inout M) -> Errno {
    if forcesWriteBack { return .ok }
    guard let (start, end) = tree.range(from: ipa, sizeInBytes: sizeInBytes, on: &machine)
    else { return .range }
    var visitor = Stage2Flush(table: self)
    return tree.walk(from: start, to: end, visiting: &visitor, on: &machine)
  }

  /// The descriptor, valid or not, at which the walk for `ipa` ends, and its level.
  /// - Returns: `range` beyond the input address space.
  @inlinable
  public func leaf(at ipa: M.W, on machine: inout M) -> Leaf<M.W> {
    Leaf(tree.leaf(at: ipa, on: &machine))
  }

  /// Frees every table; nothing may walk them any more.
  @inlinable
  public func destroy(on machine: inout M) { tree.destroy(on: &machine) }
}

/// The callbacks of a cache clean.
@usableFromInline
struct Stage2Flush<M: ArmMachine>: Visitor {
  @usableFromInline let table: Stage2<M>

  @inlinable
  init(table: Stage2<M>) { self.table = table }

  @inlinable @inline(__always)
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> {
    guard machine.holds(Encoding.isValid(entry.descriptor)),
      machine.holds(table.isCacheable(entry.descriptor))
    else { return .next }
    let span = table.tree.geometry.span(at: entry.level)
    machine.clean(table.encoding.output(of: entry.descriptor), sizeInBytes: M.W(span))
    return .next
  }
}
