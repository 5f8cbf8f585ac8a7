import Architecture
import Checking
import Machines
import Oracles
import Walkers

extension PartitionSession {
  /// A frame that was taken from the guest and that it still has.
  func stillMapped(_ frames: Range<UInt64>) -> Finding? {
    let leaves = machine.base.listener.judges.leaves.values
    let kept = leaves.filter { self.frames(of: $0).overlaps(frames) }.min { $0.base < $1.base }
    return kept.map { .stillMapped($0.base, $0.entry) }
  }

  /// That every leaf maps what its slot has, and no more: those that were written, and all of them
  /// where the host is not what it was.
  mutating func compareLeaves() -> Finding? {
    for leaf in machine.base.listener.judges.takeChangedLeaves() {
      if let finding = compare(leaf) { return finding }
    }
    guard comparedVersion != host.version else { return nil }
    comparedVersion = host.version
    let leaves = machine.base.listener.judges.leaves.values.sorted { $0.base < $1.base }
    for leaf in leaves {
      if let finding = compare(leaf) { return finding }
    }
    return nil
  }

  private func compare(_ leaf: RadixJudges.Leaf) -> Finding? {
    let frames = frames(of: leaf)
    guard let number = host.slotNumber(of: frames.lowerBound),
      frames.clamped(to: host.slots[number].slot.frames) == frames
    else {
      return .beyondSlot(leaf.base, shift: leaf.shift, leaf.entry)
    }
    let real = leaf.entry & RadixField.realPage.mask
    let isWritable = RadixField.write.value(in: leaf.entry) == 1
    let isDevice = host.slots[number].device
    for frame in isDevice ? [frames.lowerBound] : host.borders(frames, slot: number) {
      let address = host.hostAddress(of: frame, slot: number)
      let expected = host.realAddress(of: address, slot: number)
      let found = real + (frame - frames.lowerBound) << host.pageShift
      if expected != found {
        return .wrongAccess(
          frame << host.pageShift,
          "is mapped to \(hex(found)), and the host has it at \(hex(expected))"
        )
      }
      guard isWritable, !isDevice, let place = host.locate(address) else { continue }
      if !host.page(place).mayBeStored { return .wronglyWritable(leaf.base, leaf.entry) }
    }
    if leaf.entry & RadixField.attributes.mask != host.slots[number].attributes {
      return .wrongAttributes(leaf.base, leaf.entry)
    }
    if isDevice, leaf.entry & RadixField.execute.mask != 0 {
      return .wrongRights(leaf.base, leaf.entry, isDevice: true)
    }
    return isWritable && !host.slots[number].isWritable
      ? .wronglyWritable(leaf.base, leaf.entry) : nil
  }
}
