import Architecture
import Machines
import Symbolic

/// What a call is made with on one path; the path forks for each that there is.
struct PartitionSituation {
  /// The first frame that it is about.
  let first: UInt64
  /// The slot that has it.
  let slot: GuestSlot
  /// What the host answers.
  var answers = HostAnswers()
  /// The fault that is handled.
  var fault: PartitionFault?
  /// Whether memory may be refused.
  var refusesAllocations = true
}

extension PathExplorer {
  /// One of some choices; the path forks for each.
  fileprivate func pick<T>(_ name: String, _ choices: [T]) -> T {
    let number = choices.indices.dropLast().first {
      decide(context.proposition("\(name) \($0)"))
    }
    return choices[number ?? choices.count - 1]
  }
}

extension PartitionScenario {
  /// Whether something may wait in the log.
  var hasWaiting: Bool { operation == .harvest(frames: 1) }

  /// What the call is made with on the explorer's path.
  func situation(_ explorer: PathExplorer) -> PartitionSituation {
    if case .fault(let fault) = operation { return situation(fault, explorer) }
    let first = firstFrame(explorer)
    var situation = PartitionSituation(first: first, slot: slot(first: first))
    if case .install = operation {
      situation.answers.hasChanged = explorer.pick("invalidation", [true, false])
    }
    if hasWaiting { situation.answers.waiting = explorer.pick("waiting", [0, 1]) }
    return situation
  }

  private func firstFrame(_ explorer: PathExplorer) -> UInt64 {
    let frame = explorer.context.variable("frame")
    let choices = firstFrames
    explorer.assume(.any(choices.map { frame .== BitVector($0) }))
    return choices.first { explorer.decide(frame .== BitVector($0)) } ?? 0
  }

  private func situation(_ fault: Fault, _ explorer: PathExplorer) -> PartitionSituation {
    switch fault {
    case .elsewhere: elsewhere(explorer)
    case .page: page(explorer)
    case .device: device(explorer)
    case .record: record(explorer)
    }
  }

  /// A fault in the scenario's frame; the bits that say nothing about the frame are set.
  private func fault(_ cause: PartitionFault.Cause, isWrite: Bool) -> PartitionFault {
    let frame = firstFrames[0]
    let address = 0xf << 60 | frame << configuration.pageShift | 0xfff
    return PartitionFault(address: address, isWrite: isWrite, cause: cause)
  }

  private func situation(
    in frames: Range<UInt64> = 2..<14,
    shiftedBy pages: UInt64 = 0,
    _ fault: PartitionFault
  ) -> PartitionSituation {
    let first = firstFrames[0]
    let host = 0x7f00_0000_0000 + (frames.lowerBound + pages) << configuration.pageShift
    let slot = GuestSlot(frames: frames, hostAddress: host)
    var situation = PartitionSituation(first: first, slot: slot, fault: fault)
    situation.answers.slot = slot
    situation.refusesAllocations = false
    return situation
  }

  /// A fault that has no cause in the tables, or of a frame that no slot has.
  private func elsewhere(_ explorer: PathExplorer) -> PartitionSituation {
    let causes: [PartitionFault.Cause] = [
      .unsupported, .badAccess, .translation, .tableWalk, .referenceOrChange,
    ]
    let isWrite = explorer.pick("store", [true, false])
    var situation = situation(fault(explorer.pick("cause", causes), isWrite: isWrite))
    situation.answers.slot = nil
    return situation
  }

  /// A fault of a frame that the host has a page for: of any size and place in it, in a slot that has all
  /// of a large leaf or not.
  private func page(_ explorer: PathExplorer) -> PartitionSituation {
    // Frames of the slot, pages between guest and host, sizes of the host's page and entry.
    let places: [(Range<UInt64>, UInt64, UInt64, UInt64)] = [
      (2..<14, 0, 12, 12), (2..<14, 0, 13, 13), (2..<14, 0, 14, 16), (2..<14, 2, 14, 14),
      (2..<14, 1, 14, 14), (4..<6, 0, 14, 14), (5..<16, 0, 16, 16), (2..<6, 0, 16, 14),
      (2..<14, 0, 14, 13),
    ]
    let number = onlyPlace ?? explorer.pick("place", Array(places.indices))
    let (frames, pages, shift, entryShift) = places[number]
    // The first places, which differ in the level alone, see every access and entry.
    let isWrite = number > 2 || explorer.pick("store", [true, false])
    var situation = situation(in: frames, shiftedBy: pages, fault(.translation, isWrite: isWrite))
    situation.answers.page = page(at: situation, shift: shift)
    let kinds: [(isWritable: Bool, isDirty: Bool)?] =
      number > 2 || isWrite
      ? [(true, false)] : [nil, (true, true), (true, false), (false, true)]
    situation.answers.entry = explorer.pick("entry", kinds).map {
      HostEntry($0.isWritable, true, $0.isDirty, shift: entryShift)
    }
    if number == 0, isWrite {
      situation.answers.hasChanged = explorer.pick("invalidation", [true, false])
      situation.refusesAllocations = true
    }
    return situation
  }

  private func page(at situation: PartitionSituation, shift: UInt64) -> HostPage {
    let inside = hostAddress(situation) & (1 << shift - 1)
    return HostPage(realAddress: 0x7_2345_0000 + inside, shift: shift)
  }

  /// A fault of a frame that the host has no page for, but a device's memory or nothing.
  private func device(_ explorer: PathExplorer) -> PartitionSituation {
    let isWrite = explorer.pick("store", [true, false])
    var situation = situation(fault(.translation, isWrite: isWrite))
    let other = ~RadixField.realPage.mask
    situation.answers.device = explorer.pick(
      "device",
      [
        nil, HostDevice(realAddress: 0, isWritable: true, protection: other),
        HostDevice(realAddress: 0x2_3456_7000, isWritable: false, protection: 0x20),
      ]
    )
    situation.answers.hasChanged = explorer.pick("invalidation", [true, false])
    return situation
  }

  /// A fault for want of a reference or change bit.
  private func record(_ explorer: PathExplorer) -> PartitionSituation {
    let isWrite = explorer.pick("store", [true, false])
    var situation = situation(fault(.referenceOrChange, isWrite: isWrite))
    let kinds: [(isYoung: Bool, isDirty: Bool)?] = [
      nil, (true, true), (true, false), (false, true),
    ]
    situation.answers.entry = explorer.pick("entry", kinds).map {
      HostEntry(true, $0.isYoung, $0.isDirty, shift: 12)
    }
    situation.answers.hasChanged = explorer.pick("invalidation", [true, false])
    return situation
  }

  /// Where the host has what is behind the frame.
  func hostAddress(_ situation: PartitionSituation) -> UInt64 {
    situation.slot.hostAddress
      + (situation.first - situation.slot.firstFrame) << configuration.pageShift
  }

  /// The highest level at which a leaf maps nothing but what the slot, the host's page and the host's
  /// entry reach.
  func highestLevel(_ situation: PartitionSituation) -> RadixLevel {
    let (slot, answers) = (situation.slot, situation.answers)
    guard let page = answers.page, let entry = answers.entry else { return 0 }
    return (RadixLevel(1)...2).last { level in
      let count: UInt64 = 1 << level.levelsBeneath
      let start = situation.first / count * count
      let isInside = slot.frames.lowerBound <= start && start + count <= slot.frames.upperBound
      let size = count << configuration.pageShift
      let distance = hostAddress(situation) &- situation.first << configuration.pageShift
      return isInside && distance % size == 0 && 1 << min(page.shift, entry.shift) >= size
    } ?? 0
  }
}

extension HostEntry {
  fileprivate init(_ isWritable: Bool, _ isYoung: Bool, _ isDirty: Bool, shift: UInt64) {
    self.init(isWritable: isWritable, isYoung: isYoung, isDirty: isDirty, shift: shift)
  }
}
