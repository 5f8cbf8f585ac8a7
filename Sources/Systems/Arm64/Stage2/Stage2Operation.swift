import Machines

/// One call of a guest stage-2 library, or of its caller's duties.
public enum Stage2Operation: Sendable, Hashable {
  /// Maps a range; `allocations` table allocations succeed.
  case map(
    ipa: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    allocations: Int?
  )
  /// Unmaps a range.
  case unmap(ipa: UInt64, sizeInBytes: UInt64)
  /// Annotates a range with its owner; `allocations` table allocations succeed.
  case setOwner(ipa: UInt64, sizeInBytes: UInt64, owner: UInt64, allocations: Int?)
  /// Takes write permission from a range.
  case writeProtect(ipa: UInt64, sizeInBytes: UInt64)
  /// Sets the access flag.
  case makeYoung(ipa: UInt64)
  /// Clears the access flag.
  case makeOld(ipa: UInt64)
  /// Reads the access flag.
  case isYoung(ipa: UInt64)
  /// Adds permissions.
  case relaxPermissions(ipa: UInt64, protection: UInt64)
  /// Cleans the data cache.
  case flush(ipa: UInt64, sizeInBytes: UInt64)
  /// Looks an entry up.
  case leaf(ipa: UInt64)
  /// The caller pays what it owes: invalidates the VMID.
  case invalidateAll
  /// Splits the blocks of a range, a level at a time, with so many pages in the cache for it;
  /// `allocations` table allocations succeed.
  case split(ipa: UInt64, sizeInBytes: UInt64, cachedPages: Int, allocations: Int?)
  /// Reads the access flags of a range, and clears them if `clears`.
  case testClearYoung(ipa: UInt64, sizeInBytes: UInt64, clears: Bool)
  /// The tables are freed that were given away to be freed later.
  case quiesce
  /// Adds permissions, or for nil sets the access flag, while another CPU deals with a fault at the
  /// same address, and adds permissions `rival` after so many looks at the entry.
  case rivalled(ipa: UInt64, adding: UInt64?, rival: UInt64, after: Int)

  /// The calls, by the names that their users know.
  public enum Kind: Int, Sendable, CaseIterable {
    /// See the operation of the same name.
    case map
    /// See the operation of the same name.
    case unmap
    /// See the operation of the same name.
    case setOwner
    /// See the operation of the same name.
    case writeProtect
    /// See the operation of the same name.
    case makeYoung
    /// See the operation of the same name.
    case makeOld
    /// See the operation of the same name.
    case isYoung
    /// See the operation of the same name.
    case relaxPermissions
    /// See the operation of the same name.
    case flush
    /// See the operation of the same name.
    case leaf
    /// See the operation of the same name.
    case invalidateAll
    /// See the operation of the same name.
    case split
    /// See the operation of the same name.
    case testClearYoung
    /// See the operation of the same name.
    case quiesce

    /// The calls that every library of this kind is expected to have.
    static let ordinary = Set(allCases).subtracting([.split, .testClearYoung, .quiesce])

    /// The name of the call.
    public var name: String {
      switch self {
      case .map: "map"
      case .unmap: "unmap"
      case .setOwner: "set_owner"
      case .writeProtect: "wrprotect"
      case .makeYoung: "mkyoung"
      case .makeOld: "mkold"
      case .isYoung: "is_young"
      case .relaxPermissions: "relax_perms"
      case .flush: "flush"
      case .leaf: "get_leaf"
      case .invalidateAll: "tlbi_all"
      case .split: "split"
      case .testClearYoung: "test_clear_young"
      case .quiesce: "quiesce"
      }
    }
  }

  /// Which call it is.
  public var kind: Kind {
    switch self {
    case .map: .map
    case .unmap: .unmap
    case .setOwner: .setOwner
    case .writeProtect: .writeProtect
    case .makeYoung: .makeYoung
    case .makeOld: .makeOld
    case .isYoung: .isYoung
    case .relaxPermissions: .relaxPermissions
    case .flush: .flush
    case .leaf: .leaf
    case .invalidateAll: .invalidateAll
    case .split: .split
    case .testClearYoung: .testClearYoung
    case .quiesce: .quiesce
    case .rivalled(_, let protection, _, _): protection == nil ? .makeYoung : .relaxPermissions
    }
  }
}

extension Stage2Operation: CustomStringConvertible {
  /// The call as it would be written.
  public var description: String {
    switch self {
    case .map(let ipa, let size, let physical, let protection, let allocations):
      "map(ipa: \(hex(ipa)), size: \(hex(size)), phys: \(hex(physical)), prot: "
        + "\(protectionText(protection)))\(allowanceText(allocations))"
    case .unmap(let ipa, let size): "unmap(ipa: \(hex(ipa)), size: \(hex(size)))"
    case .setOwner(let ipa, let size, let owner, let allocations):
      "set_owner(ipa: \(hex(ipa)), size: \(hex(size)), owner: \(owner))"
        + allowanceText(allocations)
    case .writeProtect(let ipa, let size): "wrprotect(ipa: \(hex(ipa)), size: \(hex(size)))"
    case .makeYoung(let ipa): "mkyoung(ipa: \(hex(ipa)))"
    case .makeOld(let ipa): "mkold(ipa: \(hex(ipa)))"
    case .isYoung(let ipa): "is_young(ipa: \(hex(ipa)))"
    case .relaxPermissions(let ipa, let protection):
      "relax_perms(ipa: \(hex(ipa)), prot: \(protectionText(protection)))"
    case .flush(let ipa, let size): "flush(ipa: \(hex(ipa)), size: \(hex(size)))"
    case .leaf(let ipa): "get_leaf(ipa: \(hex(ipa)))"
    case .invalidateAll: "tlbi vmalls12e1is, by the caller"
    case .split(let ipa, let size, let pages, let allocations):
      "split(ipa: \(hex(ipa)), size: \(hex(size)), cached pages: \(pages))"
        + allowanceText(allocations)
    case .testClearYoung(let ipa, let size, let clears):
      "test_clear_young(ipa: \(hex(ipa)), size: \(hex(size)), clear: \(clears))"
    case .quiesce: "quiesce(): what was to be freed later is freed"
    case .rivalled(let ipa, let protection, let rival, let count):
      (protection.map { "relax_perms(ipa: \(hex(ipa)), prot: \(protectionText($0)))" }
        ?? "mkyoung(ipa: \(hex(ipa)))")
        + ", while another CPU's fault adds \(protectionText(rival)) after look \(count)"
    }
  }
}

/// A number as addresses are written.
func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// A protection as its letters: `RWX`, `PX` and `UX` for execution at EL1 and at EL0 alone, `device`,
/// the software bits as `sw:5`.
func protectionText(_ protection: UInt64) -> String {
  var parts: [String] = []
  var letters = ""
  if protection & Protection.read != 0 { letters += "R" }
  if protection & Protection.write != 0 { letters += "W" }
  if protection & Protection.execute != 0 { letters += "X" }
  if !letters.isEmpty { parts.append(letters) }
  if protection & Protection.executePrivileged != 0 { parts.append("PX") }
  if protection & Protection.executeUnprivileged != 0 { parts.append("UX") }
  if protection & Protection.device != 0 { parts.append("device") }
  let software = (protection & Protection.software) >> 55
  if software != 0 { parts.append("sw:\(software)") }
  return parts.isEmpty ? "none" : parts.joined(separator: "+")
}

func allowanceText(_ allocations: Int?) -> String {
  allocations.map { " with \($0) free table\($0 == 1 ? "" : "s")" } ?? ""
}
