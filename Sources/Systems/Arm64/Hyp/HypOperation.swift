/// One call of a hypervisor stage-1 library.
public enum HypOperation: Sendable, Hashable {
  /// Maps a range; `allocations` table allocations succeed.
  case map(
    address: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    allocations: Int?
  )
  /// Unmaps a range.
  case unmap(address: UInt64, sizeInBytes: UInt64)
  /// Looks an entry up.
  case leaf(address: UInt64)

  /// The calls, by the names that their users know.
  public enum Kind: Int, Sendable, CaseIterable {
    /// See the operation of the same name.
    case map
    /// See the operation of the same name.
    case unmap
    /// See the operation of the same name.
    case leaf

    /// The name of the call.
    public var name: String {
      switch self {
      case .map: "hyp_map"
      case .unmap: "hyp_unmap"
      case .leaf: "get_leaf"
      }
    }
  }

  /// Which call it is.
  public var kind: Kind {
    switch self {
    case .map: .map
    case .unmap: .unmap
    case .leaf: .leaf
    }
  }
}

extension HypOperation: CustomStringConvertible {
  /// The call as it would be written.
  public var description: String {
    switch self {
    case .map(let address, let size, let physical, let protection, let allocations):
      "hyp_map(va: \(hex(address)), size: \(hex(size)), phys: \(hex(physical)), prot: "
        + "\(protectionText(protection)))\(allowanceText(allocations))"
    case .unmap(let address, let size):
      "hyp_unmap(va: \(hex(address)), size: \(hex(size)))"
    case .leaf(let address): "get_leaf(va: \(hex(address)))"
    }
  }
}
