public import Machines

/// One entry that a walk has come to.
public struct Entry<M: ArmMachine> {
  /// The table page that holds it.
  public let table: M.Table
  /// Its index in that page.
  public let index: M.W
  /// Its level.
  public let level: LookupLevel
  /// The descriptor found there.
  public let descriptor: M.W

  /// The entry at `index` of `table`, where `descriptor` was found.
  @inlinable @inline(__always)
  init(table: M.Table, index: M.W, level: LookupLevel, descriptor: M.W) {
    self.table = table
    self.index = index
    self.level = level
    self.descriptor = descriptor
  }
}

/// What a callback wants the walk to do next.
public enum Step<Table> {
  /// Go on with the next entry.
  case next
  /// Walk this table, found or just installed at the entry.
  case descend(Table)
  /// End the whole walk with this result.
  case stop(Errno)
}

/// The callbacks of a walk, each given the entry and the part of the range still to do.
///
/// `cursor` is the first byte not yet walked; it lies in the entry, not always at its start.
/// `end` is the first byte after the range.
public protocol Visitor<M> {
  /// The machine walked on.
  associatedtype M: ArmMachine

  /// An entry that is not a table: a block, a page or an invalid descriptor.
  mutating func leaf(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table>
  /// A table, before what is beneath it.
  mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table>
  /// A table, after what is beneath it was walked; `cursor` is where the walk entered it.
  mutating func tablePost(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    on machine: inout M
  ) -> Step<M.Table>
  /// The walk leaves a table page, at its last entry or because it stops.
  mutating func leave(_ table: M.Table, on machine: inout M)
}

extension Visitor {
  /// Descends.
  @inlinable @inline(__always)
  public mutating func tablePre(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    end: M.W,
    on machine: inout M
  ) -> Step<M.Table> { .descend(child) }
  /// Goes on.
  @inlinable @inline(__always)
  public mutating func tablePost(
    _ entry: Entry<M>,
    child: M.Table,
    cursor: M.W,
    on machine: inout M
  ) -> Step<M.Table> { .next }
  /// Does nothing.
  @inlinable @inline(__always)
  public mutating func leave(_ table: M.Table, on machine: inout M) {}
}

/// A page-table tree that can be walked.
public struct Tree<M: ArmMachine> {
  /// Its shape.
  public let geometry: Geometry
  /// Its first root page.
  public let root: M.Table

  /// The tree with this shape and root.
  @inlinable
  public init(geometry: Geometry, root: M.Table) {
    self.geometry = geometry
    self.root = root
  }

  /// A tree with a zeroed root; nil when there is no memory.
  @inlinable
  init?(geometry: Geometry, on machine: inout M) {
    guard
      let root = machine.allocateRoot(
        pageCount: geometry.rootPageCount,
        level: geometry.startLevel
      )
    else { return nil }
    self.init(geometry: geometry, root: root)
  }

  /// The pages of a range, or nil where it goes past the input address space or wraps.
  ///
  /// The offset of `address` in its page is ignored, and the size is rounded up.
  @inlinable @inline(__always)
  func range(
    from address: M.W,
    sizeInBytes: M.W,
    on machine: inout M
  ) -> (start: M.W, end: M.W)? {
    let offset = M.W(geometry.pageSize &- 1)
    let limit = M.W(1 &<< geometry.inputAddressBits)
    let start = address & ~offset
    guard machine.holds((start .<= limit) .& (sizeInBytes .<= limit &- start)) else { return nil }
    return (start, (start &+ sizeInBytes &+ offset) & ~offset)
  }

  /// The page that `physical` is in; nil where `sizeInBytes` from there leave the output space.
  @inlinable
  func outputStart(_ physical: M.W, sizeInBytes: M.W, on machine: inout M) -> M.W? {
    let limit = M.W(1 &<< geometry.outputAddressBits)
    let start = physical & ~M.W(geometry.pageSize &- 1)
    let fits = (start .<= limit) .& (sizeInBytes .<= limit &- start)
    return machine.holds(fits) ? start : nil
  }

  /// Walks the page-aligned range from `start` to `end` (not included), both inside the input
  /// address space.
  /// - Returns: `ok`, or what a callback stopped with.
  @inlinable @inline(__always)
  func walk<V: Visitor>(
    from start: M.W,
    to end: M.W,
    visiting visitor: inout V,
    on machine: inout M
  ) -> Errno where V.M == M {
    var cursor = start
    if machine.holds(end &- start .== M.W(geometry.pageSize)) {
      let page = machine.rootPage(root, at: geometry.rootIndex(of: cursor))
      return walkPage(
        page,
        level: geometry.startLevel,
        cursor: cursor,
        end: end,
        visiting: &visitor,
        on: &machine
      )
    }
    while machine.holds(cursor .< end) {
      let page = machine.rootPage(root, at: geometry.rootIndex(of: cursor))
      let result = walk(
        page,
        level: geometry.startLevel,
        cursor: &cursor,
        end: end,
        visiting: &visitor,
        on: &machine
      )
      guard result == .ok else { return result }
    }
    return .ok
  }

  /// Walks the way to one page, in which each table has one entry to visit.
  ///
  /// The same as the walk of a range would do, without what a range needs.
  @inlinable
  func walkPage<V: Visitor>(
    _ table: M.Table,
    level: LookupLevel,
    cursor: M.W,
    end: M.W,
    visiting visitor: inout V,
    on machine: inout M
  ) -> Errno where V.M == M {
    let index = geometry.index(of: cursor, at: level)
    let descriptor = machine.load(table, at: index)
    let entry = Entry<M>(table: table, index: index, level: level, descriptor: descriptor)
    let step: Step<M.Table>
    if level < Geometry.lastLevel, machine.holds(Encoding.isTable(descriptor)) {
      let child = child(of: entry, on: &machine)
      step = visitor.tablePre(entry, child: child, cursor: cursor, end: end, on: &machine)
    } else {
      step = visitor.leaf(entry, cursor: cursor, end: end, on: &machine)
    }
    var result = Errno.ok
    switch step {
    case .next: break
    case .stop(let reason): result = reason
    case .descend(let child):
      result = walkPage(
        child,
        level: level &+ 1,
        cursor: cursor,
        end: end,
        visiting: &visitor,
        on: &machine
      )
      if result == .ok,
        case .stop(let reason) = visitor.tablePost(
          entry,
          child: child,
          cursor: cursor,
          on: &machine
        )
      {
        result = reason
      }
    }
    visitor.leave(table, on: &machine)
    return result
  }

  /// Walks the part of the range that `table` resolves, and moves `cursor` past it.
  @inlinable
  func walk<V: Visitor>(
    _ table: M.Table,
    level: LookupLevel,
    cursor: inout M.W,
    end: M.W,
    visiting visitor: inout V,
    on machine: inout M
  ) -> Errno where V.M == M {
    let span = geometry.span(at: level)
    let lastByte = cursor | M.W(span &<< geometry.bitsPerLevel &- 1)
    let last = geometry.index(of: M.W.select(end .<= lastByte, end &- M.W(1), lastByte), at: level)
    var index = geometry.index(of: cursor, at: level)
    while true {
      let descriptor = machine.load(table, at: index)
      let entry = Entry<M>(table: table, index: index, level: level, descriptor: descriptor)
      let next = geometry.next(after: cursor, at: level)
      let result = visit(
        entry,
        cursor: cursor,
        end: end,
        visiting: &visitor,
        on: &machine
      )
      guard result == .ok else {
        visitor.leave(table, on: &machine)
        return result
      }
      cursor = next
      if machine.holds(index .== last) { break }
      index = index &+ M.W(1)
    }
    visitor.leave(table, on: &machine)
    return .ok
  }

  /// Calls back for one entry, and walks what is beneath it.
  @inlinable @inline(__always)
  func visit<V: Visitor>(
    _ entry: Entry<M>,
    cursor: M.W,
    end: M.W,
    visiting visitor: inout V,
    on machine: inout M
  ) -> Errno where V.M == M {
    let step: Step<M.Table>
    if entry.level < Geometry.lastLevel, machine.holds(Encoding.isTable(entry.descriptor)) {
      let child = child(of: entry, on: &machine)
      step = visitor.tablePre(entry, child: child, cursor: cursor, end: end, on: &machine)
    } else {
      step = visitor.leaf(entry, cursor: cursor, end: end, on: &machine)
    }
    switch step {
    case .next: return .ok
    case .stop(let result): return result
    case .descend(let child):
      var inner = cursor
      let result = walk(
        child,
        level: entry.level &+ 1,
        cursor: &inner,
        end: end,
        visiting: &visitor,
        on: &machine
      )
      guard result == .ok else { return result }
      guard
        case .stop(let result) = visitor.tablePost(
          entry,
          child: child,
          cursor: cursor,
          on: &machine
        )
      else { return .ok }
      return result
    }
  }

  /// The table that an entry's descriptor points to.
  @inlinable @inline(__always)
  func child(of entry: Entry<M>, on machine: inout M) -> M.Table {
    let address = Encoding(pageShift: geometry.pageShift).output(of: entry.descriptor)
    return machine.table(at: address, linkedFrom: entry.table, index: entry.index)
  }
}
