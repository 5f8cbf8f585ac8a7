/// What every machine has: words, decisions, and a way to say that something went wrong.
///
/// Code under test is generic over its machine and does nothing except through it, so the same source is
/// benchmarked, observed, starved of memory, run under every schedule and proved. What else it may ask for
/// is in the protocols of its kind: tables (`TableMachine`) of Arm (`ArmMachine`) or Power
/// (`PowerMachine`), and records (`RecordMachine`).
public protocol Machine {
  /// The word that code computes with.
  associatedtype W: Word

  /// Decides a condition; the only way from a `Condition` to a Swift `Bool`.
  mutating func holds(_ condition: W.Condition) -> Bool
  /// Lets others run.
  mutating func yield()
  /// Reports a condition that the code's author thought impossible.
  mutating func warn(_ site: Site)
}

extension Machine {
  /// Nobody else wants to run.
  @inlinable @inline(__always)
  public mutating func yield() {}
}

/// A place in a walker's source that reports an impossible condition.
public struct Site: Sendable, CustomStringConvertible {
  /// What was found, in a few words.
  public let name: StaticString
  /// The line of the walker's source; 0 where the name says enough.
  public let line: UInt32
  /// The site called `name`.
  @inlinable
  public init(_ name: StaticString, line: UInt32 = 0) {
    self.name = name
    self.line = line
  }
  /// What was found, in a few words.
  public var description: String { line == 0 ? "\(name)" : "\(name) at line \(line)" }
}
