public import Machines

extension Tree {
  /// Frees an unreachable table and everything beneath it, dropping a count for each entry.
  @inlinable
  func free(_ table: M.Table, level: LookupLevel, on machine: inout M) {
    machine.release(table, by: 1 &+ freeChildren(of: table, level: level, on: &machine))
  }

  /// Frees the tables beneath a table.
  /// - Returns: how many of its entries are counted.
  @inlinable
  func freeChildren(of table: M.Table, level: LookupLevel, on machine: inout M) -> Int {
    var counted = 0
    var index = M.W(0)
    repeat {
      let descriptor = machine.load(table, at: index)
      if machine.holds(descriptor .!= M.W(0)) {
        counted &+= 1
        if level < Geometry.lastLevel, machine.holds(Encoding.isTable(descriptor)) {
          let entry = Entry<M>(table: table, index: index, level: level, descriptor: descriptor)
          free(child(of: entry, on: &machine), level: level &+ 1, on: &machine)
        }
      }
      index = index &+ M.W(1)
    } while machine.holds(index .< M.W(geometry.entryCount))
    return counted
  }

  /// Frees everything, the root included.
  @inlinable
  func destroy(on machine: inout M) {
    for number in 0..<geometry.rootPageCount {
      let page = machine.rootPage(root, at: M.W(UInt64(number)))
      let counted = freeChildren(of: page, level: geometry.startLevel, on: &machine)
      if counted > 0 { machine.release(page, by: counted) }
    }
    machine.freeRoot(root, pageCount: geometry.rootPageCount)
  }
}
