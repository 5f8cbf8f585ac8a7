import Architecture
import Checking

extension PluginDialect {
  /// The changes of entries that no check of a library with these calls can see.
  ///
  /// What must be reached follows from what there is: a call that is not there changes nothing.
  func unreachable(with calls: Set<Stage2Operation.Kind>) -> Set<System.Transition> {
    var changes: Set<System.Transition> = []
    func leaveOut(_ old: EntryKind, _ new: EntryKind) {
      changes.insert(System.Transition(old: old, new: new))
    }
    if locksEntries {
      // Those are changes of the locked entry.
      for kind in [EntryKind.page, .block, .table] { leaveOut(.invalid, kind) }
    }
    if !calls.contains(.map) {
      for kind in [EntryKind.page, .block] {
        leaveOut(.invalid, kind)
        leaveOut(kind, kind)
        leaveOut(kind, .invalid)
      }
    }
    if !calls.contains(.setOwner) {
      leaveOut(.annotated, .invalid)
      if !locksEntries { leaveOut(.invalid, .annotated) }
    }
    if !calls.contains(.unmap) {
      for kind in [EntryKind.page, .block, .table, .annotated] { leaveOut(kind, .invalid) }
    }
    let attributes: Set<Stage2Operation.Kind> = [
      .writeProtect, .makeYoung, .makeOld, .testClearYoung, .relaxPermissions,
    ]
    if calls.isDisjoint(with: attributes) {
      leaveOut(.page, .page)
      leaveOut(.block, .block)
    }
    return changes
  }
}
