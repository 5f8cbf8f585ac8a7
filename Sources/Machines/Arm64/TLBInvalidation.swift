/// One TLB maintenance instruction.
///
/// Reference: Arm ARM DDI 0487, "TLB maintenance instructions".
public struct TLBInvalidation<W: Word>: Sendable {
  /// The instruction, without its shareability suffix, spelled as the manual does.
  public enum Operation: UInt8, Sendable, Hashable, CaseIterable {
    /// Stage 2 by IPA, every level.
    case ipas2e1
    /// Stage 2 by IPA, last level only.
    case ipas2le1
    /// Stage 2 by range of IPA, every level.
    case ripas2e1
    /// Stage 1, and stages 1 and 2 combined, of the current VMID.
    case vmalle1
    /// Stages 1 and 2 of the current VMID.
    case vmalls12e1
    /// EL2 stage 1 by VA, every level.
    case vae2
    /// EL2 stage 1 by VA, last level only.
    case vale2
    /// EL2 stage 1 by range of VA, every level.
    case rvae2
    /// EL2 stage 1, everything.
    case alle2
  }

  /// The instruction.
  public var operation: Operation
  /// First byte of the input address range; 0 where the operation takes no address.
  public var address: W
  /// Length in bytes: of the range, or of the granule; 0 where the operation takes no address.
  public var sizeInBytes: W
  /// The level of the leaf that is promised to be all there is (the TTL field); nil for none.
  public var levelHint: LookupLevel?
  /// Whether every CPU of the inner shareable domain takes part (the `is` forms).
  public var isBroadcast: Bool

  /// One TLB maintenance instruction, broadcast and without a hint unless told otherwise.
  @inlinable
  public init(
    _ operation: Operation,
    address: W = W(0),
    sizeInBytes: W = W(0),
    levelHint: LookupLevel? = nil,
    isBroadcast: Bool = true
  ) {
    self.operation = operation
    self.address = address
    self.sizeInBytes = sizeInBytes
    self.levelHint = levelHint
    self.isBroadcast = isBroadcast
  }
}

extension TLBInvalidation: Equatable where W: Equatable {}
