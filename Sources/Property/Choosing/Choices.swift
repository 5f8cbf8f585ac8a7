/// The choice sequence: the only source of randomness of a case.
///
/// It draws afresh and records, or replays given values. A case *is* its choices: replaying the
/// recorded values makes the same case, and editing them makes a similar one that the generator
/// could have made too. A replayed value that is too great is clipped to what is allowed, and where
/// the values run out each draw yields 0, the simplest, so that every edit means something.
///
/// One value serves all cases of a worker: `reset` keeps the storage. A draw costs a few
/// nanoseconds and allocates nothing once the storage has grown.
public struct Choices: Sendable {
  /// How many choices a case may record, unless told otherwise.
  public static let defaultLimit = 100_000

  @usableFromInline var recorded: [Choice] = []
  @usableFromInline var recordedSpans: [ChoiceSpan] = []
  @usableFromInline var innermostSpan: Int32 = -1
  @usableFromInline var script: [UInt64] = []
  @usableFromInline var random: CaseRandom
  @usableFromInline var isScripted: Bool
  @usableFromInline let limit: Int
  /// How many choices the case is taken to have beside its own, by who shrinks it: for what is not
  /// simple though it takes few choices.
  public var surcharge = 0

  /// Starts a case that draws afresh.
  public init(seed: Seed, case caseIndex: UInt64, limit: Int = Choices.defaultLimit) {
    precondition(limit >= 0 && limit < Int32.max, "a limit of \(limit) choices")
    self.limit = limit
    random = CaseRandom(seed: seed, case: caseIndex)
    isScripted = false
    recorded.reserveCapacity(min(limit, 1024))
    recordedSpans.reserveCapacity(min(limit, 256))
  }

  /// Starts a case that replays the values given.
  public init(replaying values: [UInt64], limit: Int = Choices.defaultLimit) {
    self.init(seed: 0, case: 0, limit: limit)
    reset(replaying: values)
  }

  /// Starts another case that draws afresh, in the same storage.
  public mutating func reset(seed: Seed, case caseIndex: UInt64) {
    forget()
    random = CaseRandom(seed: seed, case: caseIndex)
    isScripted = false
  }

  /// Starts another case that replays the values given, in the same storage.
  public mutating func reset(replaying values: [UInt64]) {
    forget()
    script = values
    isScripted = true
  }

  private mutating func forget() {
    recorded.removeAll(keepingCapacity: true)
    recordedSpans.removeAll(keepingCapacity: true)
    innermostSpan = -1
    surcharge = 0
  }

  /// How many choices the case has consumed.
  @inlinable
  public var count: Int { recorded.count }

  /// The values consumed: replaying them makes the same case.
  public var values: [UInt64] { recorded.map(\.value) }

  /// What was consumed, with spans still open taken to end here.
  public var recording: Recording {
    var spans = recordedSpans
    var open = Int(innermostSpan)
    while open >= 0 {
      spans[open].end = Int32(recorded.count)
      open = Int(spans[open].parentIndex)
    }
    return Recording(choices: recorded, spans: spans, surcharge: surcharge)
  }

  /// Makes and records one choice of 0 to `maximum`, both included; every draw ends here.
  ///
  /// - Parameters:
  ///   - maximum: The greatest value allowed.
  ///   - fresh: Draws the value where the case is not a replay, with any distribution.
  /// - Returns: The value, or 0 where the limit is reached.
  @inlinable
  public mutating func choose(
    through maximum: UInt64,
    fresh: (inout CaseRandom) -> UInt64
  ) -> UInt64 {
    let position = recorded.count
    guard position < limit else { return 0 }
    let value: UInt64
    if isScripted {
      value = position < script.count ? min(script[position], maximum) : 0
    } else {
      value = fresh(&random)
      precondition(value <= maximum, "a fresh choice exceeds its maximum")
    }
    recorded.append(Choice(value: value, maximum: maximum))
    return value
  }

  /// Records a value that is not up for choice, so that edits elsewhere find everything in place.
  @inlinable
  public mutating func dictate(_ value: UInt64) {
    guard recorded.count < limit else { return }
    recorded.append(Choice(value: value, maximum: 0))
  }
}
