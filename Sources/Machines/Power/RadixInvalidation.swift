/// One `tlbie` of radix translation.
///
/// The walker encodes the operand, and the architecture decodes it. Reference: Power ISA 3.0B, Book
/// III, "TLB Management Instructions".
public struct RadixInvalidation<W: Word>: Sendable {
  /// What is invalidated, the RIC field.
  public enum Target: UInt64, Sendable, Hashable, CaseIterable {
    /// Translations.
    case translations = 0
    /// The page-walk cache.
    case walkCache = 1
    /// Both.
    case everything = 2
  }

  /// What is invalidated.
  public var target: Target
  /// Whether process-scoped translations are meant, the PRS field; partition-scoped ones otherwise.
  public var isProcessScoped: Bool
  /// What RB holds: the page's address, and in its low bits which entries and what page size.
  public var operand: W
  /// What RS holds: the partition, LPID.
  public var partition: W

  /// A `tlbie` of partition-scoped entries unless told otherwise.
  @inlinable
  public init(
    _ target: Target,
    operand: W,
    partition: W,
    isProcessScoped: Bool = false
  ) {
    self.target = target
    self.operand = operand
    self.partition = partition
    self.isProcessScoped = isProcessScoped
  }
}

extension RadixInvalidation: Equatable where W: Equatable {}
