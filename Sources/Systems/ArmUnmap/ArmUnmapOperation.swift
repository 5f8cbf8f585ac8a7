public import Machines

/// One call of the kernel's older walkers.
public enum ArmUnmapOperation: Sendable, Hashable {
  /// Maps one page, or one block of a level; `allocations` table allocations succeed.
  case map(
    address: UInt64,
    physical: UInt64,
    protection: UInt64,
    level: LookupLevel,
    allocations: Int?
  )
  /// Annotates a page; `allocations` table allocations succeed.
  case annotate(address: UInt64, allocations: Int?)
  /// Maps what a guest's access needs; `allocations` table allocations succeed.
  case faultIn(address: UInt64, slot: MemorySlot, isWrite: Bool, allocations: Int?)
  /// Unmaps a range; if `mayYield`, others may run in the middle, and make these calls, one whenever
  /// they are let run.
  case unmap(address: UInt64, sizeInBytes: UInt64, mayYield: Bool, others: [ArmUnmapOperation])
  /// Cleans the data cache.
  case flush(address: UInt64, sizeInBytes: UInt64)
  /// Clears the access flag of a leaf.
  case age(address: UInt64)
  /// Frees everything; of what comes later only the host's notices do anything.
  case destroy

  /// The calls, by the names that reports have for them.
  public enum Kind: Int, Sendable, CaseIterable {
    /// A `map` of a page.
    case mapPage
    /// A `map` of a block.
    case mapHuge
    /// See the operation of the same name.
    case annotate
    /// See the operation of the same name.
    case faultIn
    /// See the operation of the same name.
    case unmap
    /// See the operation of the same name.
    case flush
    /// See the operation of the same name.
    case age
    /// See the operation of the same name.
    case destroy

    /// The name of the call.
    public var name: String {
      switch self {
      case .mapPage: "map_page"
      case .mapHuge: "map_huge"
      case .annotate: "annotate"
      case .faultIn: "fault_in"
      case .unmap: "unmap_range"
      case .flush: "flush_memslot"
      case .age: "age"
      case .destroy: "destroy"
      }
    }
  }

  /// Which call it is.
  public var kind: Kind {
    switch self {
    case .map(_, _, _, let level, _): level == 3 ? .mapPage : .mapHuge
    case .annotate: .annotate
    case .faultIn: .faultIn
    case .unmap: .unmap
    case .flush: .flush
    case .age: .age
    case .destroy: .destroy
    }
  }

  /// Whether the call may come when everything was freed: the host tells of its own memory, whatever
  /// has become of the guest.
  var mayFollowDestroy: Bool { kind == .unmap || kind == .age }

  /// The first input address of the call.
  var address: UInt64 {
    switch self {
    case .map(let address, _, _, _, _), .annotate(let address, _), .faultIn(let address, _, _, _),
      .unmap(let address, _, _, _), .flush(let address, _), .age(let address):
      address
    case .destroy: 0
    }
  }

  /// The size of the call's range in bytes.
  var size: UInt64? {
    switch self {
    case .unmap(_, let size, _, _), .flush(_, let size): size
    default: nil
    }
  }

  /// How many table allocations succeed.
  var allocations: Int? {
    switch self {
    case .map(_, _, _, _, let allocations), .annotate(_, let allocations),
      .faultIn(_, _, _, let allocations):
      allocations
    default: nil
    }
  }
}

extension ArmUnmapOperation: CustomStringConvertible {
  /// The call as it would be written.
  public var description: String {
    switch self {
    case .map(let address, let physical, let protection, let level, let allocations):
      "\(kind.name)(addr: \(hex(address)), phys: \(hex(physical)), prot: "
        + "\(protectionText(protection))\(level == 3 ? "" : ", level: \(level)"))"
        + allowanceText(allocations)
    case .annotate(let address, let allocations):
      "annotate(addr: \(hex(address)))\(allowanceText(allocations))"
    case .faultIn(let address, let slot, let isWrite, let allocations):
      "fault_in(ipa: \(hex(address)), \(isWrite ? "write" : "read"), slot: \(hex(slot.base)) + "
        + "\(hex(slot.sizeInBytes)) at \(hex(slot.physical))"
        + "\(slot.isHugeBacked ? " in huge pages" : ""))\(allowanceText(allocations))"
    case .unmap(let address, let size, let mayYield, let others):
      "unmap_range(addr: \(hex(address)), size: \(hex(size))\(mayYield ? ", may block" : ""))"
        + (others.isEmpty
          ? "" : ", meanwhile " + others.map(\.description).joined(separator: ", then "))
    case .flush(let address, let size):
      "flush_memslot(ipa: \(hex(address)), size: \(hex(size)))"
    case .age(let address): "age(ipa: \(hex(address)))"
    case .destroy: "destroy()"
    }
  }
}
