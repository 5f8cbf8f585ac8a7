public import Checking
import Machines
public import Property

/// Draws a case: how large the host's pages are, what is done alone, and what threads do at once.
public struct PartitionThreadsPlan: CasePlan {
  /// Who there is beside, while something is done: the schedule says.
  public typealias Beside = Void

  /// How many threads there are.
  public var threadCount: Int
  /// The base-2 logarithm of the host's compound pages in bytes: 12 to 14.
  public var unitShift: UInt64 = 12
  /// Whether the host maps them by small pages in the beginning.
  public var isSplit = false
  /// Whether what is written is logged.
  public var hasLog = true
  /// Whether the CPUs set reference and change bits themselves.
  public var setsBits = true
  /// Whether the host's entries say that pages were written.
  public var isDirty = false
  /// Whether tables may not be had.
  public var canFail = false
  /// The frame that the case is mostly about.
  var favourite: UInt64 = 0
  private var count = 0
  private var hasGiven = false

  /// About six.
  public static var length: ElementLoop { ElementLoop(1...10, averaging: 5) }
  /// At the end of every run.
  public static var audits: AuditSchedule { .never }
  /// The name, whoever does it.
  public static func name(of operation: PartitionThreadsOperation) -> String {
    PartitionThreadsOperation.names[operation.number]
  }

  /// Draws who there is.
  public init(_ choices: inout Choices, within limits: NoLimits) {
    threadCount = choices.draw(in: 2...3)
    unitShift = choices.flip(oneIn: 2) ? choices.draw(in: 13...14) : 12
    isSplit = unitShift > 12 && choices.flip(oneIn: 2)
    hasLog = !choices.flip(oneIn: 6)
    setsBits = !choices.flip(oneIn: 4)
    isDirty = choices.flip(oneIn: 3)
    canFail = choices.flip(oneIn: 8)
    favourite = choices.draw(below: PartitionSlotWord.frameCount)
  }

  /// A case with so many threads, and nothing in it.
  init(threadCount: Int) { self.threadCount = threadCount }

  /// How the tree is made: four levels of two entries each.
  var configuration: PartitionConfiguration {
    var configuration = PartitionConfiguration(pageShift: 12)
    configuration.lastBits = 1
    configuration.middleBits = 1
    configuration.rootBits = 1
    return configuration
  }

  /// The frames whose writes are logged, a bit each.
  var loggedFrames: UInt64 { hasLog ? 1 << PartitionSlotWord.frameCount - 1 : 0 }

  /// Who there is, in words.
  public var configurationText: String {
    "\(threadCount) threads, the host's pages of \(1 << (unitShift - 10)) KiB"
      + (isSplit ? ", split" : "") + (isDirty ? ", dirty" : "") + (hasLog ? "" : ", no log")
      + (setsBits ? "" : ", R and C set by software") + (canFail ? ", tables may not be had" : "")
  }

  /// The next operation: alone, or one thread's beside others.
  public mutating func operation(_ choices: inout Choices) -> PartitionThreadsOperation {
    count += 1
    let isAlone = count < 3 ? !choices.flip(oneIn: 2) : !choices.flip(5, in: 6)
    let thread = isAlone ? nil : Int(choices.draw(below: UInt64(threadCount)))
    hasGiven = thread != nil
    let number = choices.draw(weights: weights)
    return PartitionThreadsOperation(thread: thread, kind: kind(number, &choices))
  }

  /// Whoever was given something ends; then a vCPU accesses a frame and nobody interferes.
  public mutating func closing(_ choices: inout Choices) -> [PartitionThreadsOperation] {
    let access = PartitionThreadsOperation.Kind.access(frame: favourite, isWrite: true)
    return (hasGiven ? [.join, access] : [access]).map {
      PartitionThreadsOperation(thread: nil, kind: $0)
    }
  }

  private static let firstWeights = Weights([8, 0, 0, 0, 0, 0, 0, 0, 0])
  private var weights: Weights {
    switch count {
    case 1: Self.firstWeights
    // Large leaves take the place of tables once small pages were put together.
    case 2 where isSplit: Self.joinWeights
    // Hardware sets bits again once somebody has cleared them.
    case 2: Self.clearWeights
    default: Self.weights
    }
  }

  private static let joinWeights = Weights([2, 1, 12, 1, 3, 2, 0, 0, 0])
  private static let clearWeights = Weights([3, 1, 2, 1, 6, 4, 0, 0, 0])
  private static let weights = Weights([9, 4, 2, 3, 6, 6, 2, 7, 1])

  private func kind(_ number: Int, _ choices: inout Choices) -> PartitionThreadsOperation.Kind {
    switch number {
    case 0: return .access(frame: frame(&choices), isWrite: choices.flip(2, in: 3))
    case 1, 2:
      let area = choices.flip(oneIn: 5) ? 1 : 0
      let hostAddress = PartitionSlotWord(word: UInt64(area)).hostAddress + frame(&choices) << 12
      let unit = PartitionSlotWord.place(of: hostAddress, shift: unitShift).unit
      return number == 1 ? .move(area: area, unit: unit) : .resize(area: area, unit: unit)
    case 3: return .changeSlot(area: choices.pick([1, nil, 0]))
    case 4: return .harvest
    case 5: return .age(frame: frame(&choices))
    case 6:
      let frame = frame(&choices)
      let isWrite = choices.flip(oneIn: 2)
      return .fault(frame: frame, isWrite: isWrite, isRecorded: choices.flip(oneIn: 2))
    case 7: return .touch(frame: frame(&choices), isWrite: choices.flip(2, in: 3))
    default: return .isYoung(frame: frame(&choices))
    }
  }

  private func frame(_ choices: inout Choices) -> UInt64 {
    choices.flip(oneIn: 3) ? choices.draw(below: PartitionSlotWord.frameCount) : favourite
  }
}
