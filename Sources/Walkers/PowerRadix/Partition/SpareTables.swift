public import Machines

/// Tables that were made before the lock was taken, for the levels that may need one.
@usableFromInline
struct SpareTables<M: PowerMachine> {
  @usableFromInline var level0: M.Table?
  @usableFromInline var level1: M.Table?
  @usableFromInline var level2: M.Table?
  /// There was no memory for one of them.
  @usableFromInline var isShort = false

  /// One for each level from below `upper` down to `lower`, as far as there is memory.
  @inlinable
  init(below upper: RadixLevel, downTo lower: RadixLevel, on machine: inout M) {
    for missing in stride(from: upper &- 1, through: lower, by: -1) {
      self[missing] = machine.allocateTable(level: missing.depth)
      if self[missing] == nil { isShort = true }
    }
  }

  @inlinable
  subscript(level: RadixLevel) -> M.Table? {
    get { level == 0 ? level0 : level == 1 ? level1 : level2 }
    set {
      switch level {
      case 0: level0 = newValue
      case 1: level1 = newValue
      default: level2 = newValue
      }
    }
  }

  /// Gives back what was not used.
  @inlinable
  func free(on machine: inout M) {
    for level in RadixLevel.last...2 {
      if let table = self[level] { machine.release(table) }
    }
  }
}
