public import Checking
import Machines
public import Property
import Walkers

/// Draws a case: whose buffers there are, what is done alone, and what threads do at once.
public struct BufferPlan: CasePlan {
  /// What devices do beside an operation: the schedule says.
  public typealias Beside = Void

  /// Who exports a buffer.
  public enum Exporter: UInt8, Sendable, CaseIterable {
    /// System memory, which stays where it is.
    case system
    /// The same, whose mappings are kept.
    case caching
    /// Video memory, which may move.
    case moving

    /// `ExporterOperations`, as bits.
    var operations: UInt64 {
      let all =
        ExporterOperations.map | ExporterOperations.unmap | ExporterOperations.release
        | ExporterOperations.attach | ExporterOperations.access | ExporterOperations.area
        | ExporterOperations.kernel
      return switch self {
      case .system: all
      case .caching: all | ExporterOperations.cachesMappings
      case .moving: all | ExporterOperations.pin | ExporterOperations.unpin
      }
    }
  }

  /// How many threads there are, beside the devices'.
  public var threadCount: Int
  /// Who exports each buffer.
  public var exporters: [Exporter]
  /// Whether the threads share one attachment to the first buffer.
  public var sharesAttachment: Bool
  /// Whether what may fail does so now and then, and signals come.
  public var canFail: Bool
  /// Whether devices that were not attached otherwise can deal with moves.
  public var areDynamic: Bool
  /// Whether both buffers are exported in the beginning.
  public var hasBoth: Bool
  /// Whether exporters have reservations of their own for their buffers.
  public var hasOwnReservations = false
  /// Whether devices reach the memory of others.
  public var reachPeers = true
  /// Whether what devices do fails now and then.
  public var devicesFail = false
  /// Whether loads may return older writes.
  public var isWeak = false
  /// What each exporter cannot do of what it need not: `ExporterOperations`, as bits.
  public var lacks: [UInt64] = [0, 0]
  private var count = 0
  private var hasGiven = false
  /// Whether the second buffer was exported, or may have been.
  private var hasExported = false
  /// What a thread was given last; nil where something was done alone.
  private var last: BufferOperation?

  /// How many buffers there are at most.
  public static let bufferCount = 2
  /// How many pages each has.
  public static let pageCount: UInt64 = 4

  /// About ten: calls of several threads have to meet.
  public static var length: ElementLoop { ElementLoop(1...20, averaging: 10) }
  /// At the end, when everything is given back.
  public static var audits: AuditSchedule { .never }
  /// The name, whoever does it.
  public static func name(of operation: BufferOperation) -> String {
    BufferOperation.names[operation.number]
  }

  /// Draws whose buffers there are.
  public init(_ choices: inout Choices, within limits: NoLimits) {
    threadCount = choices.draw(in: 2...3)
    exporters = [choices.pick(Exporter.allCases), choices.pick(Exporter.allCases)]
    sharesAttachment = choices.flip(oneIn: 4)
    canFail = choices.flip(oneIn: 4)
    areDynamic = choices.flip(oneIn: 2)
    hasBoth = choices.flip(oneIn: 2)
    hasOwnReservations = choices.flip(oneIn: 3)
    reachPeers = !choices.flip(oneIn: 3)
    devicesFail = choices.flip(oneIn: 2)
    isWeak = choices.flip(oneIn: 8)
    lacks = (0..<Self.bufferCount).map { _ in
      choices.flip(oneIn: 5) ? choices.pick(Self.optional.map(\.operation)) : 0
    }
  }

  /// What an exporter need not be able to do.
  private static let optional: [(operation: UInt64, name: String)] = [
    (ExporterOperations.access, "begin_cpu_access"), (ExporterOperations.area, "mmap"),
    (ExporterOperations.kernel, "vmap"), (ExporterOperations.attach, "attach"),
  ]

  /// What an exporter can do.
  func operations(_ buffer: Int) -> UInt64 { exporters[buffer].operations & ~lacks[buffer] }

  /// A case with so many threads, and nothing in it.
  init(
    threadCount: Int = 2,
    exporters: [Exporter] = [.system, .system],
    sharesAttachment: Bool = false,
    canFail: Bool = false,
    areDynamic: Bool = false,
    hasBoth: Bool = false
  ) {
    self.threadCount = threadCount
    self.exporters = exporters
    self.sharesAttachment = sharesAttachment
    self.canFail = canFail
    self.areDynamic = areDynamic
    self.hasBoth = hasBoth
  }

  /// Whose they are, in words.
  public var configurationText: String {
    var text = "\(threadCount) threads, exporters \(exporters[0]) and \(exporters[1])"
    if sharesAttachment { text += ", one attachment to buffer 0 for all" }
    if areDynamic { text += ", importers that can deal with moves" }
    if hasBoth { text += ", both there from the beginning" }
    if hasOwnReservations { text += ", reservations of the exporters' own" }
    if !reachPeers { text += ", devices that do not reach video memory" }
    if devicesFail { text += ", devices that fail" }
    if isWeak { text += ", memory weak" }
    for (operation, name) in Self.optional {
      for buffer in lacks.indices where lacks[buffer] == operation {
        text += ", no \(name) of buffer \(buffer)"
      }
    }
    if canFail { text += ", what may fail does" }
    return text
  }

  /// The next operation: alone, or one thread's beside others.
  public mutating func operation(_ choices: inout Choices) -> BufferOperation {
    count += 1
    let isAlone = count < 3 ? !choices.flip(oneIn: 4) : !choices.flip(3, in: 4)
    let thread = isAlone ? nil : Int(choices.draw(below: UInt64(threadCount)))
    hasGiven = thread != nil
    let kind = partner(thread, &choices) ?? kind(choices.draw(weights: Self.weights), &choices)
    let operation = BufferOperation(thread: thread, kind: kind)
    last = thread == nil ? nil : operation
    return operation
  }

  /// What is to meet the last that another thread was given, as often as not: both locks in the other order, who
  /// polls for the same, who attaches what cannot deal with moves to a buffer that moves, who guesses the
  /// descriptor that is being made, who asks without the lock for fences that are being added; and who adds the
  /// fences of a timeline to a buffer's.
  private func partner(_ thread: Int?, _ choices: inout Choices) -> BufferOperation.Kind? {
    guard let last, let thread else { return nil }
    if case .timeline(let buffer, _, _, _, isOfFile: true) = last.kind, choices.flip(oneIn: 2) {
      return .importSync(buffer: buffer, flags: UserFlags.both, isOwn: false)
    }
    guard thread != last.thread else { return nil }
    switch last.kind {
    case .submitBoth(let first, _) where hasBoth || hasExported:
      guard choices.flip(oneIn: 2) else { return nil }
      return .submitBoth(first: 1 - first, choices.pick(Self.usages.dropLast()))
    case .poll(_, _, waits: true):
      return choices.flip(oneIn: 2) ? last.kind : nil
    case .move(let buffer, isQueued: true):
      return choices.flip(oneIn: 2) ? .attach(buffer: buffer, isDynamic: false) : nil
    case .submit(let buffer, _) where choices.flip(oneIn: 3):
      return .poll(buffer: buffer, choices.pick(Self.events), waits: false)
    case .evict(let buffer) where choices.flip(oneIn: 3):
      return .wait(buffer: buffer, .bookkeep, .timed)
    case .exportSync where choices.flip(oneIn: 3): return .guess(closes: choices.flip(oneIn: 2))
    default: return nil
    }
  }

  /// Whoever was given something ends.
  public mutating func closing(_ choices: inout Choices) -> [BufferOperation] {
    hasGiven ? [BufferOperation(thread: nil, kind: .join)] : []
  }

  private static let weights = Weights([
    3, 4, 4, 2, 4, 1, 1, 3, 2, 1, 3, 2, 4, 14, 4, 3, 4, 2, 3, 4, 6, 4, 4, 3, 6, 2, 3, 2, 3, 2, 2,
  ])
  private static let bufferWeights = Weights([4, 1])
  private static let usages: [FenceUsage] = [.write, .read, .bookkeep, .kernel]
  private static let events: [PollEvents] = [.readable, .writable, [.readable, .writable], []]

  private mutating func kind(_ number: Int, _ choices: inout Choices) -> BufferOperation.Kind {
    if number == 0 {
      hasExported = true
      let isSound = !choices.flip(oneIn: 4)
      return .export(isSound ? .none : choices.pick(BufferOperation.Flaw.allCases))
    }
    if number == 5 { return .list }
    if number == 29 { return .guess(closes: choices.flip(oneIn: 2)) }
    if number == 14 { return .run(count: Int(choices.draw(in: 1...3))) }
    let buffer = hasBoth || hasExported ? choices.draw(weights: Self.bufferWeights) : 0
    switch number {
    case 1: return .close(buffer: buffer)
    case 2: return .put(buffer: buffer)
    case 3:
      let length: UInt64 = [5, 31, 32][Int(choices.draw(below: 3))]
      return .setName(buffer: buffer, name: choices.draw(in: 1...4), length: length)
    case 4: return .readName(buffer: buffer, isKept: choices.flip(oneIn: 2))
    case 6:
      let offset: UInt64 = choices.flip(oneIn: 4) ? 1 : 0
      return .seek(buffer: buffer, offset: offset, whence: Int(choices.draw(below: 3)))
    case 7: return .attach(buffer: buffer, isDynamic: choices.flip(oneIn: 2))
    case 8: return .detach(buffer: buffer)
    case 9: return .pin(buffer: buffer, !choices.flip(oneIn: 3))
    case 10: return .map(buffer: buffer, choices.pick(BufferDirection.allCases))
    case 11: return .unmap(buffer: buffer)
    case 12: return .move(buffer: buffer, isQueued: choices.flip(oneIn: 2))
    case 13: return .submit(buffer: buffer, choices.pick(Self.usages.dropLast()))
    default: return Self.laterKind(number, buffer, &choices)
    }
  }

  private static func laterKind(
    _ number: Int,
    _ buffer: Int,
    _ choices: inout Choices
  ) -> BufferOperation.Kind {
    switch number {
    case 15:
      let usage = choices.pick(usages)
      return .wait(buffer: buffer, usage, choices.pick(BufferOperation.Patience.allCases))
    case 16:
      let flags: UInt64 = choices.flip(oneIn: 6) ? choices.draw(below: 16) : 0
      return .access(
        buffer: buffer,
        flags: flags == 0 ? choices.draw(in: 1...3) : flags,
        isImpatient: choices.flip(oneIn: 4)
      )
    case 17: return area(buffer, &choices)
    case 18: return .mapKernel(buffer: buffer)
    case 19: return .unmapKernel(buffer: buffer)
    case 20:
      return .poll(buffer: buffer, choices.pick(events), waits: choices.flip(oneIn: 2))
    case 21, 22:
      let isOdd = choices.flip(oneIn: 8)
      let flags: UInt64 = isOdd ? [0, 4, 7][Int(choices.draw(below: 3))] : choices.draw(in: 1...3)
      if number == 21 { return .exportSync(buffer: buffer, flags: flags) }
      return .importSync(buffer: buffer, flags: flags, isOwn: choices.flip(oneIn: 12))
    case 23:
      return .callback(
        buffer: buffer,
        isRemoved: choices.flip(oneIn: 2),
        count: Int(choices.draw(in: 1...3)),
        isOfFile: choices.flip(oneIn: 3)
      )
    case 25: return .evict(buffer: buffer)
    case 30: return .leave(buffer: buffer)
    case 26: return .status(buffer: buffer, waits: !choices.flip(oneIn: 3))
    case 27:
      let usage: FenceUsage = choices.flip(oneIn: 2) ? .bookkeep : .read
      let isTooMany = choices.flip(oneIn: 8)
      let count = isTooMany ? FenceListRecord.limit + 1 : Int(choices.draw(in: 2...9))
      // Now and then as much as takes several chunks.
      let room = choices.flip(oneIn: 10) ? choices.pick([65, 129]) : 0
      return .submitMany(buffer: buffer, count: count, room: room, usage)
    case 28:
      return .timeline(
        buffer: buffer,
        count: Int(choices.draw(in: 1...3)),
        step: choices.flip(oneIn: 4)
          ? -Int(choices.draw(below: 3)) : Int(choices.draw(in: 1...2)),
        asked: choices.flip(oneIn: 2) ? choices.draw(in: 1...2) : choices.draw(below: 8),
        isOfFile: choices.flip(oneIn: 3)
      )
    default:
      // Locks that are taken in either order meet.
      let first = Int(choices.draw(below: UInt64(bufferCount)))
      return .submitBoth(first: first, choices.pick(usages.dropLast()))
    }
  }

  private static func area(_ buffer: Int, _ choices: inout Choices) -> BufferOperation.Kind {
    let counts: [UInt64] = [1, 2, pageCount, pageCount + 1]
    let pages = choices.pick(counts)
    let offsets: [UInt64] = [0, 1, pageCount - 1, pageCount, 0 &- 1, 0 &- pages, 1 &- pages]
    let offset = choices.pick(offsets)
    let isOwn = choices.flip(oneIn: 2)
    return .mapArea(buffer: buffer, offset: offset, pageCount: pages, isOwn: isOwn)
  }
}
