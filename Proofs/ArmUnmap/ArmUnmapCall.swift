import Machines
import Symbolic
import Walkers

/// One call of an older walker, with symbolic or plain arguments.
enum ArmUnmapCall<W: Word> {
  case map(address: W, physical: W, protection: W, level: LookupLevel)
  case faultIn(address: W, slot: MemorySlot, isWrite: Bool)
  case annotate(address: W)
  case unmap(address: W, sizeInBytes: W, mayYield: Bool)
  case flush(address: W, sizeInBytes: W)
}

extension ArmUnmapCall {
  /// The same call with other words for its words.
  func converted<V: Word>(_ value: (W) -> V) -> ArmUnmapCall<V> {
    switch self {
    case .map(let address, let physical, let protection, let level):
      .map(
        address: value(address),
        physical: value(physical),
        protection: value(protection),
        level: level
      )
    case .faultIn(let address, let slot, let isWrite):
      .faultIn(address: value(address), slot: slot, isWrite: isWrite)
    case .annotate(let address): .annotate(address: value(address))
    case .unmap(let address, let size, let mayYield):
      .unmap(address: value(address), sizeInBytes: value(size), mayYield: mayYield)
    case .flush(let address, let size): .flush(address: value(address), sizeInBytes: value(size))
    }
  }

  /// Makes the call.
  func perform<L: ArmUnmapWalker>(by walker: L, on machine: inout L.M) -> Errno where L.M.W == W {
    switch self {
    case .map(let address, let physical, let protection, let level):
      walker.map(
        address: address,
        physical: physical,
        protection: protection,
        level: level,
        on: &machine
      )
    case .faultIn(let address, let slot, let isWrite):
      walker.faultIn(address: address, slot: slot, isWrite: isWrite, on: &machine)
    case .annotate(let address): walker.annotate(address: address, on: &machine)
    case .unmap(let address, let size, let mayYield):
      walker.unmap(address: address, sizeInBytes: size, mayYield: mayYield, on: &machine)
    case .flush(let address, let size):
      walker.flush(address: address, sizeInBytes: size, on: &machine)
    }
  }
}

extension ArmUnmapCall: CustomStringConvertible where W == UInt64 {
  /// The call as reports print it.
  var description: String {
    switch self {
    case .map(let address, let physical, let protection, let level):
      "map(\(hex(address)), \(hex(physical)), \(hex(protection)), level \(level))"
    case .faultIn(let address, let slot, let isWrite):
      "fault_in(\(hex(address)), \(isWrite ? "write" : "read"), slot \(hex(slot.base)) of "
        + "\(hex(slot.sizeInBytes)) at \(hex(slot.physical))\(slot.isHugeBacked ? ", huge" : ""))"
    case .annotate(let address): "annotate(\(hex(address)))"
    case .unmap(let address, let size, let mayYield):
      "unmap(\(hex(address)), \(hex(size))\(mayYield ? ", may yield" : ""))"
    case .flush(let address, let size): "flush(\(hex(address)), \(hex(size)))"
    }
  }
}

extension ProofSubject {
  /// Makes the call on a tree that is already there.
  func perform<M: ArmMachine>(
    _ call: ArmUnmapCall<M.W>,
    _ configuration: ArmUnmapConfiguration,
    _ geometry: Geometry,
    root: M.Table,
    on machine: inout M
  ) -> Errno {
    let tree = Tree<M>(geometry: geometry, root: root)
    guard case .armUnmap(let unmapping, let faults) = self else {
      return call.perform(by: ArmUnmapTable(configuration: configuration, tree: tree), on: &machine)
    }
    let historic = HistoricUnmap(
      configuration: configuration,
      tree: tree,
      unmapping: unmapping,
      faults: faults
    )
    return call.perform(by: historic, on: &machine)
  }
}
