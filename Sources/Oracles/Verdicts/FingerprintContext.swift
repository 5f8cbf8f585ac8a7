public import Machines

/// What is known of a walker besides its events: in which call it is, and in which of its functions
/// each event was made.
///
/// A violation's fingerprint ends with what it says, so that two faults with the same effect are told
/// apart.
public protocol FingerprintContext: AnyObject, Sendable {
  /// The call, the part of its range that is concerned, and the functions that made the deciding
  /// event, as the end of a fingerprint.
  ///
  /// - Parameters:
  ///   - rule: The rule that was broken.
  ///   - entryAddress: The physical address of the descriptor or of the page concerned, if any.
  ///   - inputAddress: The first byte of the input range concerned, if any.
  ///   - level: The level of the descriptor concerned, if any.
  ///   - ordinal: The number of the event that decided; nil where none is known.
  /// - Returns: What the fingerprint says beside rule and cause; empty for nothing.
  func qualify(
    _ rule: Rule,
    entryAddress: UInt64?,
    inputAddress: UInt64?,
    level: LookupLevel?,
    decidedAt ordinal: Int?
  ) -> String
  /// The condition that the walker warned of last, in its own words; empty for none.
  var condition: String { get }
}
