/// A fault of partition-scoped translation, as the hypervisor is told of it.
public struct PartitionFault: Sendable, Hashable {
  /// Why there is a fault, as DSISR has it.
  public enum Cause: Sendable, Hashable {
    /// There is no translation, or none that permits the access.
    case translation
    /// A reference or change bit has to be set.
    case referenceOrChange
    /// The guest's own tables lie where there is no translation.
    case tableWalk
    /// The access is one that the memory does not permit.
    case badAccess
    /// The CPU cannot do what the tables ask for.
    case unsupported
  }

  /// The guest real address, its low 12 bits not given.
  public var address: UInt64
  /// The access is a store.
  public var isWrite: Bool
  /// Why there is a fault.
  public var cause: Cause

  /// A fault.
  public init(address: UInt64, isWrite: Bool, cause: Cause) {
    self.address = address
    self.isWrite = isWrite
    self.cause = cause
  }
}

/// What becomes of the guest after a fault.
public enum PartitionOutcome: Sendable, Hashable {
  /// It tries again.
  case resume
  /// It gets an interrupt of its own.
  case reflect
  /// Its access is emulated, being one to a device that does not exist.
  case emulate
  /// The hypervisor gives up.
  case failed(Errno)
}
