public import Machines
public import Property

/// What the calls of two subjects cost, by operation.
public struct CallCosts: CaseStatistics {
  /// What is counted.
  public enum Kind: Int, Sendable, CaseIterable {
    case loads, stores
    case addressInvalidations, rangeInvalidations, fullInvalidations
    case barriers, cleanedBytes, instructionBytes, allocations, frees

    /// In the words of a table.
    public var name: String {
      switch self {
      case .loads: "loads"
      case .stores: "stores"
      case .addressInvalidations: "TLBI by address"
      case .rangeInvalidations: "TLBI by range"
      case .fullInvalidations: "TLBI of everything"
      case .barriers: "barriers"
      case .cleanedBytes: "bytes cleaned"
      case .instructionBytes: "bytes of instructions invalidated"
      case .allocations: "tables allocated"
      case .frees: "tables freed"
      }
    }
  }

  private static let operationLimit = CheckStatistics.operationLimit
  private static let kindCount = Kind.allCases.count

  private var calls = [UInt64](repeating: 0, count: operationLimit)
  private var counts = [UInt64](repeating: 0, count: operationLimit * 2 * kindCount)

  /// No calls.
  public init() {}

  /// Adds the other's.
  public mutating func merge(_ other: CallCosts) {
    for index in calls.indices { calls[index] += other.calls[index] }
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// How many calls of an operation both subjects made.
  public func callCount(ofOperation operation: Int) -> UInt64 { calls[operation] }

  /// What all calls of an operation cost a subject, the first (0) or the second (1).
  public func count(_ kind: Kind, ofOperation operation: Int, subject: Int) -> UInt64 {
    counts[index(operation, subject, kind)]
  }

  private func index(_ operation: Int, _ subject: Int, _ kind: Kind) -> Int {
    (operation * 2 + subject) * CallCosts.kindCount + kind.rawValue
  }

  /// Adds one call that both made, by its events.
  mutating func add(operation: Int, _ first: CallEvents, _ second: CallEvents) {
    calls[operation] += 1
    for (subject, events) in [first, second].enumerated() {
      for kind in Kind.allCases {
        counts[index(operation, subject, kind)] += events.counts[kind.rawValue]
      }
    }
  }
}

/// The events of one call, counted.
public struct CallEvents: Sendable {
  /// By `CallCosts.Kind`.
  private(set) var counts = [UInt64](repeating: 0, count: CallCosts.Kind.allCases.count)

  /// Those that were told, and loads that were not.
  public init(_ events: [Event], hiddenLoads: Int = 0) {
    add(.loads, UInt64(hiddenLoads))
    for event in events { add(event) }
  }

  /// Those of a call on records, which has no tables.
  public init(loads: UInt64, stores: UInt64, barriers: UInt64) {
    add(.loads, loads)
    add(.stores, stores)
    add(.barriers, barriers)
  }

  private mutating func add(_ kind: CallCosts.Kind, _ amount: UInt64 = 1) {
    counts[kind.rawValue] += amount
  }

  private mutating func add(_ event: Event) {
    switch event {
    case .load: add(.loads)
    case .store, .exchange: add(.stores)
    case .allocate(_, let pageCount, _): add(.allocations, UInt64(pageCount))
    case .release(_, _, let remaining): if remaining == 0 { add(.frees) }
    case .freeRoot(_, let pageCount): add(.frees, UInt64(pageCount))
    case .barrier, .powerBarrier: add(.barriers)
    case .clean(_, let size): add(.cleanedBytes, size)
    case .invalidateInstructions(_, let size): add(.instructionBytes, size)
    case .invalidate(let invalidation):
      switch invalidation.operation {
      case .ipas2e1, .ipas2le1, .vae2, .vale2: add(.addressInvalidations)
      case .ripas2e1, .rvae2: add(.rangeInvalidations)
      case .vmalle1, .vmalls12e1, .alle2: add(.fullInvalidations)
      }
    case .invalidateRadix(let invalidation):
      add(invalidation.target == .translations ? .addressInvalidations : .fullInvalidations)
    case .refuse, .retain, .deferFree, .readSection, .yield, .warn, .lost, .runaway,
      .hardwareStore:
      break
    }
  }
}
