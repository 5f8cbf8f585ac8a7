import Architecture
import Machines
import Schedules

extension PartitionCaseThread {
  /// How many faults a vCPU takes for one access, at most.
  private static var faultLimit: Int { 3 }

  /// A vCPU accesses a frame: the hardware, and the handlers of its faults.
  /// - Returns: `again` where it was left to try again.
  func access(_ frame: UInt64, isWrite: Bool) -> Errno {
    for _ in 0..<Self.faultLimit {
      guard let cause = touch(frame, isWrite: isWrite) else { return .ok }
      let result = handle(frame, isWrite, cause)
      if result != .ok { return result }
    }
    return touch(frame, isWrite: isWrite) == nil ? .ok : .again
  }

  /// The hardware accesses a frame: walks, and sets reference and change at once if the leaf is as it was.
  ///
  /// What a TLB held already needs no walk, and is judged wherever it might be held; so a walk stands for
  /// one that no invalidation waits for.
  /// - Returns: Why there is a fault; nil for none.
  func touch(_ frame: UInt64, isWrite: Bool) -> PartitionFault.Cause? {
    base.call(Site("touch"))
    let cause = walk(frame, isWrite)
    base.returned(Site("touch"))
    return cause
  }

  private func walk(_ frame: UInt64, _ isWrite: Bool) -> PartitionFault.Cause? {
    let wanted = RadixField.reference.mask | (isWrite ? RadixField.change.mask : 0)
    for _ in 0..<3 {
      guard let (table, field, leaf) = leaf(of: frame),
        leaf & (isWrite ? RadixField.write : RadixField.read).mask != 0
      else { return .translation }
      if leaf & wanted == wanted { return nil }
      guard plan.setsBits else { return .referenceOrChange }
      let found = base.compareExchange(leaf, with: leaf | wanted, field, of: table, .full)
      if found == leaf { return nil }
      state.pointee.situations.count(.hardwareMetChange)
    }
    return .translation
  }

  /// Where a walk for a frame ends at a leaf, and the leaf; nil where it does not.
  private func leaf(of frame: UInt64) -> (table: UInt64, field: Field, entry: UInt64)? {
    var table = state.pointee.root
    for level in [UInt64](arrayLiteral: 3, 2, 1, 0) {
      let field = RadixTableRecord.entry(frame >> level & 1)
      let entry = base.read(field, of: table, .acquire)
      if RadixField.isLeaf(entry) { return (table, field, entry) }
      guard RadixField.isTable(entry) else { return nil }
      table = (entry & RadixField.nextBase.mask) >> 12
    }
    return nil
  }
}
