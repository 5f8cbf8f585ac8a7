public import Machines

/// One breach of one rule, where it was seen.
public struct Violation: Sendable, Hashable {
  /// The rule that was broken.
  public var rule: Rule
  /// What happened, in plain words.
  public var message: String
  /// The physical address of the descriptor concerned, or of the table page; nil if there is none.
  public var entryAddress: UInt64?
  /// The first byte of the input range concerned; nil if there is none.
  public var inputAddress: UInt64?
  /// The level of the descriptor concerned; nil if there is none.
  public var level: LookupLevel?
  /// When it was seen: the number of the event, counted from 1 since the last reset.
  public var eventOrdinal: Int
  /// The same for every instance of one fault: the rule, how the entry changed and where in the
  /// tree; never an address or a seed.
  public var fingerprint: String
}

extension Violation: CustomStringConvertible {
  /// The rule's name and what happened.
  public var description: String { "\(rule.name): \(message)" }
}

/// The violations found, the first few of them.
@usableFromInline
struct Findings: Sendable {
  /// How many are kept.
  private let limit: Int
  /// The first ones, in the order of events.
  private(set) var violations: [Violation] = []
  /// How many there were.
  private(set) var count = 0
  /// The number of the current event.
  @usableFromInline var now = 0
  /// Says in which call and function something was done; nil where fingerprints do without.
  var context: (any FingerprintContext)?
  /// Whether violations of one fingerprint are one.
  var tellsOnce = false
  /// Whether the call is over: what is found is decided by no event of this moment.
  var isReturning = false
  /// Fingerprints of what is known and accepted: counted, and no violation.
  var accepted: Set<String> = []
  /// How often each of them was seen.
  private(set) var acceptedCounts: [String: UInt64] = [:]

  init(limit: Int = 16) { self.limit = limit }

  /// How often each accepted one was seen since the last call of this.
  mutating func takeAcceptedCounts() -> [String: UInt64] {
    defer { acceptedCounts.removeAll() }
    return acceptedCounts
  }

  mutating func reset() {
    violations.removeAll(keepingCapacity: true)
    count = 0
    now = 0
    isReturning = false
  }

  /// Adds one.
  ///
  /// `detail` is the part of the fingerprint beyond the rule and the place in the tree; `ordinal` the
  /// number of the event that decided, where it is not the current one.
  mutating func add(
    _ rule: Rule,
    _ message: @autoclosure () -> String,
    at place: Place? = nil,
    detail: @autoclosure () -> String = "",
    decidedAt ordinal: Int? = nil
  ) {
    guard violations.count < limit || !accepted.isEmpty else {
      count += 1
      return
    }
    var fingerprint = rule.name
    let detail = detail()
    if !detail.isEmpty { fingerprint += "/" + detail }
    if let level = place?.level { fingerprint += level == .last ? "/last-level" : "/upper-level" }
    if let context {
      fingerprint += context.qualify(
        rule,
        entryAddress: place?.entryAddress,
        inputAddress: place?.inputAddress,
        level: place?.level,
        decidedAt: ordinal ?? (isReturning ? nil : now)
      )
    }
    // After a loss there is nothing left to go on with, nor with a root that begins at another level.
    let endsCase = rule == .lost || rule == .rootMismatch && detail == TableLifetime.rootMade
    if !endsCase, accepted.contains(fingerprint) {
      acceptedCounts[fingerprint, default: 0] += 1
      return
    }
    count += 1
    guard violations.count < limit else { return }
    // With a context one fault may be found of many entries, and is told once.
    if tellsOnce || context != nil, violations.contains(where: { $0.fingerprint == fingerprint }) {
      return
    }
    violations.append(
      Violation(
        rule: rule,
        message: message(),
        entryAddress: place?.entryAddress,
        inputAddress: place?.inputAddress,
        level: place?.level,
        eventOrdinal: now,
        fingerprint: fingerprint
      )
    )
  }
}

/// Where in the tables something was seen.
struct Place: Sendable {
  var entryAddress: UInt64
  var inputAddress: UInt64?
  var level: LookupLevel?
}

extension UInt64 {
  /// In hexadecimal, as addresses are printed.
  var hexadecimal: String { "0x" + String(self, radix: 16) }
}
