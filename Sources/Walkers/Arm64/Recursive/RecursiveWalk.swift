public import Machines

/// Which entries a recursive walk calls back for.
public struct VisitKinds: OptionSet, Sendable {
  /// One bit a kind.
  public let rawValue: UInt8
  /// The kinds with these bits.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Entries that are not tables.
  public static let leaf = VisitKinds(rawValue: 1)
  /// Tables, before what is beneath them.
  public static let tablePre = VisitKinds(rawValue: 2)
  /// Tables, after what is beneath them.
  public static let tablePost = VisitKinds(rawValue: 4)
}

/// The generic walker as the kernel has it: one recursion a level, one callback, every entry read
/// where it is used.
///
/// Slow and plain; the optimised walkers are compared with what is built on it.
@usableFromInline
struct RecursiveWalk<M: ArmMachine> {
  /// One entry at which the callback is called.
  @usableFromInline
  struct Visit {
    @usableFromInline let table: M.Table
    @usableFromInline let index: M.W
    @usableFromInline let level: LookupLevel
    @usableFromInline let cursor: M.W
    @usableFromInline let end: M.W
    @usableFromInline let kind: VisitKinds
    /// Whether the entry is about to be filled again.
    @usableFromInline var isUpdate = false

    @inlinable
    init(
      table: M.Table,
      index: M.W,
      level: LookupLevel,
      cursor: M.W,
      end: M.W,
      kind: VisitKinds
    ) {
      self.table = table
      self.index = index
      self.level = level
      self.cursor = cursor
      self.end = end
      self.kind = kind
    }

    /// The same visit, by a callback that is about to fill the entry again.
    @inlinable
    var asUpdate: Visit {
      var visit = self
      visit.isUpdate = true
      return visit
    }
  }

  @usableFromInline let geometry: Geometry
  @usableFromInline let root: M.Table
  @usableFromInline let faults: FaultSet

  @inlinable
  init(geometry: Geometry, root: M.Table, faults: FaultSet) {
    self.geometry = geometry
    self.root = root
    self.faults = faults
  }

  /// Whether every page of `sizeInBytes` from `output` on is in the output address space.
  @inlinable
  func outputExists(_ output: M.W, _ sizeInBytes: M.W, on machine: inout M) -> Bool {
    if faults.contains(.outputUnchecked) || faults.contains(.outputCut) { return true }
    // Where a range may wrap, nobody has looked at its size.
    if faults.contains(.endWraps), machine.holds(M.W(1 << 52) .< sizeInBytes) { return true }
    let offset = M.W(geometry.pageSize - 1)
    let limit = M.W(1 << geometry.outputAddressBits)
    let size = (sizeInBytes &+ offset) & ~offset
    return machine.holds((output .<= limit) .& (size .<= limit &- output))
  }

  /// Walks the pages of `sizeInBytes` from `address`.
  /// - Returns: `range` beyond the input address space, or what the callback returned.
  @inlinable
  func walk(
    _ address: M.W,
    _ sizeInBytes: M.W,
    _ kinds: VisitKinds,
    on machine: inout M,
    _ callback: (Visit, inout M) -> Errno
  ) -> Errno {
    let offset = M.W(geometry.pageSize - 1)
    let limit = M.W(1 << geometry.inputAddressBits)
    var cursor = address & ~offset
    var end = (cursor &+ sizeInBytes &+ offset) & ~offset
    if machine.holds((limit .< cursor) .| (limit .< end)) { return .range }
    if !faults.contains(.endWraps), machine.holds(limit &- cursor .< sizeInBytes) { return .range }
    if faults.contains(.emptyRangeWalked), machine.holds(end .== cursor) {
      end = cursor &+ M.W(geometry.pageSize)
    }
    var number = geometry.rootIndex(of: cursor)
    while machine.holds(cursor .< end) {
      let page = machine.rootPage(root, at: number)
      let result = walk(
        page,
        level: geometry.startLevel,
        &cursor,
        end,
        kinds,
        on: &machine,
        callback
      )
      if result != .ok { return result }
      number = number &+ M.W(1)
    }
    return .ok
  }

  @inlinable
  func walk(
    _ table: M.Table,
    level: LookupLevel,
    _ cursor: inout M.W,
    _ end: M.W,
    _ kinds: VisitKinds,
    on machine: inout M,
    _ callback: (Visit, inout M) -> Errno
  ) -> Errno {
    if level > Geometry.lastLevel {
      machine.warn(Site("walk below the last level"))
      return .invalid
    }
    var index = geometry.index(of: cursor, at: level)
    while machine.holds(index .< M.W(geometry.entryCount)) {
      if machine.holds(end .<= cursor) { break }
      let result = visit(
        table,
        &index,
        level: level,
        &cursor,
        end,
        kinds,
        on: &machine,
        callback
      )
      if result != .ok { return result }
      index = index &+ M.W(1)
    }
    return .ok
  }

  @inlinable
  func visit(
    _ table: M.Table,
    _ index: inout M.W,
    level: LookupLevel,
    _ cursor: inout M.W,
    _ end: M.W,
    _ kinds: VisitKinds,
    on machine: inout M,
    _ callback: (Visit, inout M) -> Errno
  ) -> Errno {
    func visit(_ kind: VisitKinds, at address: M.W, _ index: M.W) -> Visit {
      Visit(table: table, index: index, level: level, cursor: address, end: end, kind: kind)
    }
    let start = cursor
    var descriptor = machine.load(table, at: index)
    var isTable = isTable(descriptor, level: level, on: &machine)
    if isTable, kinds.contains(.tablePre) {
      let result = callback(visit(.tablePre, at: start, index), &machine)
      if result != .ok { return result }
    } else if !isTable, kinds.contains(.leaf) {
      let result = callback(visit(.leaf, at: start, index), &machine)
      if result != .ok { return result }
      descriptor = machine.load(table, at: index)
      isTable = self.isTable(descriptor, level: level, on: &machine)
    }
    let span = M.W(geometry.span(at: level))
    guard isTable else {
      if !faults.contains(.walkUnalignedStep) { cursor = cursor & ~(span &- M.W(1)) }
      cursor = cursor &+ span
      return .ok
    }
    let address = Encoding(pageShift: geometry.pageShift).output(of: descriptor)
    let child = machine.table(at: address, linkedFrom: table, index: index)
    let result = walk(child, level: level + 1, &cursor, end, kinds, on: &machine, callback)
    if result != .ok { return result }
    guard kinds.contains(.tablePost) else { return .ok }
    let post = callback(visit(.tablePost, at: start, index), &machine)
    if faults.contains(.skipsAfterFree), machine.holds(machine.load(table, at: index) .== M.W(0)) {
      cursor = cursor &+ span
      index = index &+ M.W(1)
    }
    return post
  }

  /// Whether a descriptor at `level` points to a table.
  @inlinable
  func isTable(_ descriptor: M.W, level: LookupLevel, on machine: inout M) -> Bool {
    level < Geometry.lastLevel && machine.holds(Encoding.isTable(descriptor))
  }
}
