public import Machines

extension Fences {
  /// One fence that is signalled when all of a list are: those that are already, and those that come
  /// before another on their line, are left out.
  ///
  /// The list's references stay its own. One that is signalled where none is left.
  /// - Returns: it, with a reference; nil where there is no memory.
  @inlinable
  public static func merge<M: BufferHostMachine>(
    _ machine: inout M,
    _ fences: M.Record,
    context: M.W
  ) -> M.Record? {
    var total = 0
    forEachLeaf(&machine, in: fences) { _, _ in
      total += 1
      return true
    }
    let capacity = FenceList.capacity(&machine, for: M.W(UInt64(total)))
    guard let list = FenceList.make(&machine, capacity: capacity) else { return nil }
    var count = 0
    forEachLeaf(&machine, in: fences) { machine, leaf in
      if count < capacity, !isSignalled(&machine, leaf) { enter(&machine, leaf, list, &count) }
      return true
    }
    if count == 0 || count == 1 {
      let word = count == 1 ? FenceList.slot(&machine, list, 0) : M.W(0)
      FenceList.free(&machine, list)
      return count == 1 ? machine.record(at: word) : stub(&machine)
    }
    if let array = makeArray(&machine, of: list, context: context, number: M.W(1)) {
      return array
    }
    FenceList.forEach(&machine, list) { machine, fence, _ in
      release(&machine, fence)
      return true
    }
    FenceList.free(&machine, list)
    return nil
  }

  /// Puts a fence among others, in place of one that it is later than; with a reference.
  @inlinable
  static func enter<M: BufferHostMachine>(
    _ machine: inout M,
    _ leaf: M.Record,
    _ list: M.Record,
    _ count: inout Int
  ) {
    for index in 0..<count {
      let known = machine.record(at: FenceList.slot(&machine, list, index))
      if isLaterOrSame(&machine, known, as: leaf) { return }
      guard isLaterOrSame(&machine, leaf, as: known) else { continue }
      retain(&machine, leaf)
      FenceList.setSlot(&machine, list, index, to: machine.address(of: leaf))
      return release(&machine, known)
    }
    retain(&machine, leaf)
    FenceList.append(&machine, machine.address(of: leaf), to: list, at: count)
    count += 1
  }

  /// Does something with each fence that is no container of all that a list has.
  @inlinable
  static func forEachLeaf<M: BufferHostMachine>(
    _ machine: inout M,
    in list: M.Record,
    _ body: (inout M, M.Record) -> Bool
  ) {
    FenceList.forEach(&machine, list) { machine, fence, _ in
      forEachLeaf(&machine, fence, body)
    }
  }
}
