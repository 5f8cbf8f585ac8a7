import Architecture
public import Checking
import Machines
public import Property
import Walkers

/// Draws a case: how deep the tables are, what is done alone, and what threads do at once.
public struct Stage2ThreadsPlan: CasePlan {
  /// Who there is beside, while something is done: the schedule says.
  public typealias Beside = Void

  /// How many threads there are.
  public var threadCount: Int
  /// How many levels tables have: 2 or 3, of two entries each.
  public var levelCount: Int
  /// Whether tables may not be had.
  public var canFail: Bool
  /// The page that the case is mostly about.
  var favourite = 0
  private var count = 0
  private var hasGiven = false
  /// What was done or given last.
  private var last: Stage2ThreadsOperation?

  /// About six.
  public static var length: ElementLoop { ElementLoop(1...10, averaging: 5) }
  /// At the end of every run.
  public static var audits: AuditSchedule { .never }
  /// The name, whoever does it.
  public static func name(of operation: Stage2ThreadsOperation) -> String {
    Stage2ThreadsOperation.names[operation.number]
  }

  /// Draws who there is.
  public init(_ choices: inout Choices, within limits: NoLimits) {
    threadCount = choices.draw(in: 2...3)
    levelCount = choices.flip(oneIn: 3) ? 3 : 2
    canFail = choices.flip(oneIn: 6)
    favourite = Int(choices.draw(below: UInt64(pageCount)))
  }

  /// A case with so many threads and levels, and nothing in it.
  init(threadCount: Int, levelCount: Int) {
    self.threadCount = threadCount
    self.levelCount = levelCount
    canFail = false
  }

  /// How many pages the tables can map.
  var pageCount: Int { 1 << levelCount }
  /// How the walkers see the tables.
  var geometry: Geometry {
    Geometry(
      pageShift: 12,
      bitsPerLevel: 1,
      startLevel: 4 - levelCount,
      inputAddressBits: 12 + UInt64(levelCount),
      outputAddressBits: 48,
      firstBlockLevel: 4 - levelCount
    )
  }
  /// How the hardware does.
  var shape: SmallTables {
    SmallTables(bitsPerLevel: 1, startLevel: LookupLevel(4 - levelCount))
  }

  /// Who there is, in words.
  public var configurationText: String {
    "\(threadCount) threads, \(levelCount) levels of two entries"
      + (canFail ? ", tables may not be had" : "")
  }

  /// The next operation: alone, or one thread's beside others.
  public mutating func operation(_ choices: inout Choices) -> Stage2ThreadsOperation {
    count += 1
    let isAlone = count < 3 ? !choices.flip(oneIn: 2) : !choices.flip(5, in: 6)
    let thread = isAlone ? nil : Int(choices.draw(below: UInt64(threadCount)))
    hasGiven = thread != nil
    let weights = count == 1 ? Self.firstWeights : Self.weights
    let kind = partner(thread, &choices) ?? kind(choices.draw(weights: weights), &choices)
    let operation = Stage2ThreadsOperation(thread: thread, kind: kind)
    last = operation
    return operation
  }

  /// What is to meet the last that another was given, now and then: a leaf that is aged is made young, and
  /// permits more meanwhile, so that who is told of an exchange that did not succeed has said what is not so.
  private func partner(_ thread: Int?, _ choices: inout Choices) -> Stage2ThreadsOperation.Kind? {
    guard let last, let thread, last.thread != thread else { return nil }
    switch last.kind {
    case .age(let page) where choices.flip(oneIn: 2): return .makeYoung(page: page)
    case .makeYoung(let page) where choices.flip(oneIn: 2): return relaxation(of: page, &choices)
    default: return nil
    }
  }

  private func relaxation(of page: Int, _ choices: inout Choices) -> Stage2ThreadsOperation.Kind {
    let protection = choices.pick([Protection.write, Protection.execute])
    return .relax(page: page, protection: Protection.read | protection)
  }

  /// Whoever was given something ends.
  public mutating func closing(_ choices: inout Choices) -> [Stage2ThreadsOperation] {
    hasGiven ? [Stage2ThreadsOperation(thread: nil, kind: .join)] : []
  }

  private static let firstWeights = Weights([8, 0, 0, 0, 0, 0, 0])
  private static let weights = Weights([8, 5, 3, 3, 2, 4, 1])

  /// Where host pages are: two for each guest page.
  static let outputs: [UInt64] = [0x4000_0000, 0x8000_0000]

  private func kind(_ number: Int, _ choices: inout Choices) -> Stage2ThreadsOperation.Kind {
    var page = favourite
    if choices.flip(oneIn: 3) { page = Int(choices.draw(below: UInt64(pageCount))) }
    switch number {
    case 0:
      let count = 1 << (choices.flip(oneIn: 3) ? Int(choices.draw(in: 1...levelCount - 1)) : 0)
      page -= page % count
      let output = Self.outputs[choices.flip(oneIn: 3) ? 1 : 0] + UInt64(page) << 12
      let protection = choices.pick([
        Protection.read, Protection.read | Protection.write,
        Protection.read | Protection.write | Protection.execute,
      ])
      return .map(page: page, pageCount: count, output: output, protection: protection)
    case 1: return relaxation(of: page, &choices)
    case 2: return .makeYoung(page: page)
    case 3: return .age(page: page)
    case 4: return .isYoung(page: page)
    case 5: return .unmap(pages: pages(page, &choices))
    default: return .writeProtect(pages: pages(page, &choices))
    }
  }

  private func pages(_ page: Int, _ choices: inout Choices) -> Range<Int> {
    choices.flip(oneIn: 3) ? 0..<pageCount : page..<page + 1
  }
}
