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
  /// They are.
  @inlinable public static var locksMappings: Bool { true }
}
