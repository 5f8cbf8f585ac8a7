/// Shared buffers as the kernel came to write them: everything under the reservation's lock, fences in a
/// list.
///
/// With faults it is a museum variant.
public struct ListedSharedBuffers: SharedBufferWalker {
  /// What is wrong with it.
  public let faults: FaultsOf<BufferFault>

  /// Buffers with these faults.
  @inlinable
  public init(faults: FaultsOf<BufferFault> = []) { self.faults = faults }

  /// In a list.
  @inlinable public var reservations: ListedReservations { ListedReservations() }
  /// They do, without a fault.
  @inlinable public var locksMappings: Bool { !faults.contains(.mapsUnlocked) }
  /// They are.
  @inlinable public var locksKernelMappings: Bool { true }
}
