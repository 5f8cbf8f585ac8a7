/// A machine whose tables several walkers walk at once.
///
/// A walk is a section: a table that one comes to is not freed before it has left. Which lock a call
/// needs besides, its caller takes.
public protocol SharedTableMachine: ArmMachine {
  /// Enters a walk.
  mutating func enterWalk()
  /// Leaves the walk.
  mutating func leaveWalk()
  /// Takes note of a table for use at `level` to which no entry leads any more: the caller frees it, with
  /// all beneath it, once everybody has left the walks that they are in.
  mutating func unlink(_ table: Table, level: LookupLevel)
}
