import Checking
import Machines
import Property

/// Draws guests with their slots, and what happens to them.
struct PartitionGenerator: CasePlan {
  /// How the tables are made.
  let configuration: PartitionConfiguration
  /// The slots.
  let slots: [SlotPlan]
  /// Frames that most of the case is about, with their slots.
  private let hotFrames: [(slot: Int, frame: UInt64)]

  private static let kindWeights = Weights([10, 6, 3, 3, 1, 5, 1, 2, 3, 1, 1, 1, 3, 1])
  private static let momentCauses = Weights([8, 4, 1, 1, 1])

  /// A slot, as it is drawn.
  struct SlotPlan: Sendable, Hashable {
    let firstFrame: UInt64
    let frameCount: UInt64
    let hasLog: Bool
    let unitShift: UInt64
    let isDevice: Bool
    let isWritable: Bool
    let isPopulated: Bool
    /// Whether the host's own entries that are there permit stores, and whether they were written.
    let isStorable: Bool
    let isDirty: Bool
    /// Whether host addresses and guest real addresses have the same high bits.
    let isIdentical: Bool
    /// How far host addresses are from being aligned as guest real ones, in bytes.
    let skew: UInt64
    /// The number of the device's first frame.
    let deviceFrame: UInt64
    /// How the device's memory behaves: non-idempotent, or tolerant of more.
    let attributes: UInt64
  }

  static var length: ElementLoop { ElementLoop(0...60, averaging: 20) }
  static var audits: AuditSchedule { .atEnd }

  static func name(of operation: PartitionOperation) -> String { operation.kind.name }

  init(_ choices: inout Choices, within limits: NoLimits = NoLimits()) {
    let is64K = choices.flip(1, in: 3)
    var configuration = PartitionConfiguration(
      pageShift: is64K ? 16 : 12,
      isDD1: choices.flip(oneIn: 6)
    )
    if choices.flip(1, in: 2) { configuration.partition = 0xa53 }
    self.configuration = configuration
    let shift = configuration.pageShift
    let count = choices.flip(1, in: 4) ? 2 : 1
    var slots: [SlotPlan] = []
    for number in 0..<UInt64(count) {
      slots.append(PartitionGenerator.slot(number, after: slots.last, shift, &choices))
    }
    self.slots = slots
    hotFrames = (0..<2).map { _ in
      let slot = Int(choices.draw(below: UInt64(slots.count)))
      return (slot, PartitionGenerator.frame(of: slots[slot], shift, &choices))
    }
  }

  private static func slot(
    _ number: UInt64,
    after last: SlotPlan?,
    _ shift: UInt64,
    _ choices: inout Choices
  ) -> SlotPlan {
    let perLarge = UInt64(1) << (21 - shift)
    var unitShift = shift
    switch choices.draw(through: 7) {
    case 0...3: unitShift = 21
    // A slot of more than 1 GiB has many frames of 4 KiB.
    case 4: unitShift = shift == 16 ? 30 : 16
    case 5: unitShift = shift == 16 ? 30 : 21
    default: break
    }
    var count = perLarge
    switch choices.draw(through: 6) {
    case 0: count = perLarge
    case 1: count = 2 * perLarge
    case 2: count = perLarge + perLarge / 2
    case 3: count = perLarge - 1
    case 4: count = 1 + choices.draw(through: 69)
    case 5: count = 2 * perLarge + 1 + choices.draw(through: 69)
    default: count = 1
    }
    if unitShift == 30 { count = 1 << 14 + (choices.flip(1, in: 2) ? 3 : 0) }
    // Slots lie apart, within their own region anywhere near an edge of a level; or where the last ends.
    var first = number << (40 - shift)
    // A leaf of 1 GiB fits at the region's beginning alone.
    let isAtBeginning = unitShift == 30 && choices.flip(1, in: 2)
    switch isAtBeginning ? 0 : choices.draw(through: 5) {
    case 1: first += perLarge
    case 2: first += 1 + choices.draw(through: 69)
    case 3: first += 1 << (39 - shift) - perLarge
    case 4: first += 1 << (30 - shift) - min(count, perLarge)
    case 5:
      let end = last.map { $0.firstFrame + $0.frameCount } ?? 1 << (52 - shift) - count
      if end + count <= 1 << (52 - shift) { first = end }
    default: break
    }
    let skews: [UInt64] = [0, 0, 0, 0, 0, 0, 1 << shift, 1 << 16, 1 << 20]
    return SlotPlan(
      firstFrame: first,
      frameCount: count,
      hasLog: !choices.flip(oneIn: 5),
      unitShift: unitShift,
      isDevice: choices.flip(oneIn: 8),
      isWritable: !choices.flip(oneIn: 8),
      isPopulated: choices.flip(1, in: 2),
      isStorable: !choices.flip(1, in: 4),
      isDirty: choices.flip(1, in: 4),
      isIdentical: choices.flip(1, in: 3),
      skew: choices.pick(skews),
      deviceFrame: choices.flip(1, in: 2) ? 0 : 0x4_0000,
      attributes: choices.flip(1, in: 2) ? 0x30 : 0x20
    )
  }

  private static func frame(
    of slot: SlotPlan,
    _ shift: UInt64,
    _ choices: inout Choices
  ) -> UInt64 {
    let last = slot.frameCount - 1
    let offset: UInt64 =
      switch choices.draw(through: 4) {
      case 0: 0
      case 1: last
      case 2: min(last, 1 << (21 - shift))
      case 3: min(last, 1 << (21 - shift) - 1)
      default: choices.draw(through: last)
      }
    return slot.firstFrame + offset
  }

  var configurationText: String {
    let size = configuration.pageShift == 12 ? "4K" : "64K"
    let slots = slots.enumerated().map { number, slot in
      let backing =
        slot.isDevice
        ? "a device\(slot.deviceFrame == 0 ? " at real address 0" : "")"
        : "host pages of 2^\(slot.unitShift) bytes\(slot.isPopulated ? ", there already" : "")"
      return "slot \(number): \(slot.frameCount) frames from \(hex(slot.firstFrame)), \(backing)"
        + (slot.skew == 0 ? "" : ", \(hex(slot.skew)) bytes out of line")
        + (slot.isWritable ? "" : ", read-only") + (slot.hasLog ? ", logged" : "")
    }
    return "\(size) pages\(configuration.isDD1 ? ", DD1" : ""); " + slots.joined(separator: "; ")
  }

  /// The next operation.
  func operation(_ choices: inout Choices) -> PartitionOperation {
    let hot = hotFrames[Int(choices.draw(through: 1))]
    let slot = hot.slot
    switch choices.draw(weights: PartitionGenerator.kindWeights) {
    case 0:
      return .access(
        address: address(hot, &choices),
        isWrite: choices.flip(1, in: 2),
        setsBits: !choices.flip(1, in: 4)
      )
    case 1: return fault(hot, &choices)
    case 2: return .unmap(slot: slot, frames: frames(hot, &choices))
    case 3: return .age(frame: near(hot, &choices))
    case 4: return .testAge(frame: near(hot, &choices))
    case 5: return .harvest(slot: slot)
    case 6: return .clean(slot: slot, frames: frames(hot, &choices))
    case 7: return .move(slot: slot, frames: frames(hot, &choices))
    case 8: return .resize(slot: slot, frames: frames(hot, &choices))
    case 9: return .remove(slot: slot)
    case 10: return sweep(hot, &choices)
    case 11: return .protect(slot: slot, frames: frames(hot, &choices))
    case 12: return install(hot, &choices)
    default:
      let isShort = choices.flip(1, in: 3)
      return .prepare(
        frame: near(hot, &choices),
        allocations: isShort ? Int(choices.draw(through: 2)) : nil
      )
    }
  }

  private func sweep(
    _ hot: (slot: Int, frame: UInt64),
    _ choices: inout Choices
  ) -> PartitionOperation {
    let slot = slots[hot.slot]
    let end = slot.firstFrame + slot.frameCount
    let length = 2 + choices.draw(through: 68)
    var first = near(hot, &choices)
    // As often at the slot's end, or across a table's.
    if choices.flip(1, in: 3) { first = max(slot.firstFrame, end - min(length, slot.frameCount)) }
    return .sweep(
      frames: first..<min(end, first + length),
      pageShift: configuration.pageShift,
      isWrite: !choices.flip(1, in: 4),
      setsBits: !choices.flip(1, in: 4)
    )
  }

  private func install(
    _ hot: (slot: Int, frame: UInt64),
    _ choices: inout Choices
  ) -> PartitionOperation {
    let rights: [UInt64] = [0x7, 0x5, 0x6, 0x4]
    let marks: [UInt64] = [0x180, 0x100, 0x80, 0]
    let (right, mark) = (choices.pick(rights), choices.pick(marks))
    return .install(
      LeafRequest(
        slot: hot.slot,
        frame: near(hot, &choices),
        level: RadixLevel(Int(2 - choices.draw(through: 2))),
        bits: right | mark,
        isStale: choices.flip(oneIn: 6),
        // One is too few where a leaf of 1 GiB goes.
        allocations: choices.flip(1, in: 3)
          ? choices.pick(slots[hot.slot].unitShift == 30 ? [0, 1, 1, 2] : [0, 0, 1, 2]) : nil
      )
    )
  }

  /// A freed tree maps nothing, and is freed again for nothing.
  func closing(_ choices: inout Choices) -> [PartitionOperation] {
    if choices.flip(1, in: 2) { return [.free] }
    let frame = slots[0].firstFrame
    return [.free, .free, .testAge(frame: frame), .age(frame: frame)]
  }

  /// An access that the hardware makes during a call; nil mostly.
  func beside(
    _ operation: PartitionOperation,
    within limits: NoLimits,
    _ choices: inout Choices
  ) -> RunningGuest.Access? {
    let isLikely =
      switch operation.kind {
      case .harvest, .age, .unmap: choices.flip(1, in: 2)
      default: choices.flip(oneIn: 6)
      }
    guard isLikely else { return nil }
    let hot = hotFrames[Int(choices.draw(through: 1))]
    return RunningGuest.Access(
      delay: choices.drawScaled(through: 40),
      address: address(hot, &choices),
      isWrite: !choices.flip(1, in: 4)
    )
  }

  private func fault(
    _ hot: (slot: Int, frame: UInt64),
    _ choices: inout Choices
  ) -> PartitionOperation {
    let fault = anyFault(hot, &choices)
    let allocations = choices.flip(1, in: 4) ? choices.pick([0, 0, 1, 2]) : nil
    let point = InterferencePoint(rawValue: choices.draw(through: 3)) ?? .slot
    let interference: Interference? =
      switch choices.draw(through: 7) {
      case 3: .collapse
      case 4: .move(frames: frames(hot, &choices))
      case 5: .remove(slot: hot.slot)
      case 6: .fault(anyFault(hot, &choices))
      case 7: .fault(PartitionFault(address: fault.address, isWrite: true, cause: .translation))
      default: nil
      }
    return .fault(fault, allocations: allocations, point: point, interference: interference)
  }

  private func anyFault(
    _ hot: (slot: Int, frame: UInt64),
    _ choices: inout Choices
  ) -> PartitionFault {
    var address = address(hot, &choices)
    if choices.flip(oneIn: 12) { address = 1 << 51 + choices.draw(through: 1) << 30 }
    if choices.flip(oneIn: 12) { address |= 0x9 << 60 }
    let cause: PartitionFault.Cause =
      switch choices.draw(weights: PartitionGenerator.momentCauses) {
      case 0: .translation
      case 1: .referenceOrChange
      case 2: .tableWalk
      case 3: .badAccess
      default: .unsupported
      }
    return PartitionFault(address: address, isWrite: choices.flip(1, in: 2), cause: cause)
  }

  private func address(_ hot: (slot: Int, frame: UInt64), _ choices: inout Choices) -> UInt64 {
    near(hot, &choices) << configuration.pageShift
      + (choices.flip(1, in: 4) ? choices.draw(through: 0xfff) << 3 % (1 << 12) : 0)
  }

  /// A frame of the slot that is mostly the hot one.
  private func near(_ hot: (slot: Int, frame: UInt64), _ choices: inout Choices) -> UInt64 {
    let slot = slots[hot.slot]
    let (first, last) = (slot.firstFrame, slot.firstFrame + slot.frameCount - 1)
    switch choices.draw(through: 5) {
    case 3: return min(last, hot.frame + 1)
    case 4: return choices.draw(in: first...last)
    case 5: return min(last, hot.frame | (1 << (21 - configuration.pageShift) - 1))
    default: return hot.frame
    }
  }

  private func frames(
    _ hot: (slot: Int, frame: UInt64),
    _ choices: inout Choices
  ) -> Range<UInt64> {
    let slot = slots[hot.slot]
    let end = slot.firstFrame + slot.frameCount
    let first = near(hot, &choices)
    switch choices.draw(through: 3) {
    case 2: return first..<min(end, first + 1 + choices.draw(through: 129))
    case 3: return slot.firstFrame..<end
    default: return first..<first + 1
    }
  }
}
