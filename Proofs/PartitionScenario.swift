import Architecture
import Machines
import Symbolic
import Walkers

/// One call over some frames of a partition-scoped tree of small tables with arbitrary contents.
///
/// Each table has two entries, so that the whole tree translates 16 frames, and the call may be about
/// any of them; a root of one entry makes it 8.
struct PartitionScenario: Sendable {
  /// Which call.
  enum Operation: Sendable, Hashable {
    /// Frames are taken from the guest.
    case unmap(frames: Int)
    /// The log of a slot of this many frames is handed out.
    case harvest(frames: Int)
    /// It is forgotten that a frame was accessed.
    case age
    /// A leaf of a level is installed.
    case install(level: Int)
    /// The tables are freed.
    case free

    /// Whether what it takes away is logged.
    var hasLog: Bool {
      switch self {
      case .unmap, .harvest, .install: true
      case .age, .free: false
      }
    }
  }

  let operation: Operation
  var isDD1 = false

  /// Trees of two entries a table.
  var configuration: PartitionConfiguration {
    var configuration = PartitionConfiguration(pageShift: 12, isDD1: isDD1)
    configuration.lastBits = 1
    configuration.middleBits = 1
    // Three frames cross every kind of boundary that there is below the root's.
    configuration.rootBits = frameCountInRange == 3 ? 0 : 1
    return configuration
  }

  /// How many frames a call over a range is about; nil for other calls.
  private var frameCountInRange: Int? {
    switch operation {
    case .unmap(let frames), .harvest(let frames): frames
    case .age, .install, .free: nil
    }
  }

  /// How many frames the tree translates.
  var frameLimit: UInt64 { 1 << (configuration.addressBits - configuration.pageShift) }

  /// How many frames the call is about.
  var frameCount: UInt64 {
    switch operation {
    case .unmap(let frames), .harvest(let frames): UInt64(frames)
    case .age: 1
    case .install(let level):
      1 << (configuration.shift(of: level) - configuration.pageShift)
    case .free: frameLimit
    }
  }

  /// The slot, if the call's frames begin with `first`: for a harvest just these, otherwise all.
  func slot(first: UInt64) -> GuestSlot {
    var (start, count) = (UInt64(0), frameLimit)
    if case .harvest = operation { (start, count) = (first, frameCount) }
    return GuestSlot(
      number: 0,
      firstFrame: start,
      frameCount: count,
      hostAddress: 0,
      hasLog: true
    )
  }

  var call: String {
    switch operation {
    case .unmap(let frames): "unmap.\(frames)-frame\(frames == 1 ? "" : "s")"
    case .harvest(let frames): "harvest.\(frames)-frame\(frames == 1 ? "" : "s")"
    case .age: "age"
    case .install(let level): "install.level-\(level)"
    case .free: "free"
    }
  }

  /// The theorems that are proved on this scenario's paths.
  var theorems: [Theorem] {
    clauses.map { clause in
      Theorem(
        subject: "partition.\(call)\(isDD1 ? ".dd1" : "")",
        clause: clause,
        actor: call,
        bounds:
          "any of \(frameLimit) frames, four levels of tables with two entries of arbitrary contents"
          + (isDD1 ? ", POWER9 DD1" : ", hardware that sets bits at any moment"),
        scale: .small
      )
    }
  }

  /// What the call does on every path.
  private var clauses: [Clause] {
    let always = Clause.memory + [.neverWarns, .forgetsTaken]
    let logs: [Clause] = [.logsChanges, .logsInside]
    switch operation {
    case .unmap:
      return always + logs + [.logsNoOther, .ordersChanges, .changesNoOther, .leavesNoFrame]
    case .harvest:
      return always + logs + [.logsNoOther, .ordersChanges, .keepsTranslation, .changesNoOther]
        + (isDD1 ? [.makesAfterForgetting] : [])
    case .age:
      return always + [.keepsTranslation, .changesNoOther]
        + (isDD1 ? [.ordersChanges, .makesAfterForgetting] : [])
    case .install(let level):
      return always + logs
        + [
          .ordersChanges, .keepsTranslation, .makesAfterForgetting, .failsUntouched, .mapsRequested,
          .mapsAtLevel, .givesUp,
        ] + (level > 0 ? [.freesUnlinked] : [])
    case .free:
      return always + [.ordersChanges, .freesForgotten, .keepsLinked, .freesUnlinked, .freesAll]
    }
  }

  /// What some path must go through for the proof to be about anything.
  var intended: Set<String> {
    switch operation {
    case .unmap:
      ["hole", "leaf at level 0", "leaf at level 1", "leaf at level 2", "log", "hardware"]
    case .harvest:
      Set(["leaf at level 0", "leaf at level 1", "leaf at level 2", "log"])
        .union(hasHardware ? ["hardware"] : [])
    case .age: ["hole", "leaf at level 0", "leaf at level 1", "leaf at level 2"]
    case .install(let level):
      level == 0
        ? ["0", "-EAGAIN", "-ENOMEM", "link", "leaf at level 2"]
        : ["0", "-EAGAIN", "-ENOMEM", "-EBUSY", "link"]
    case .free: ["free", "link taken"]
    }
  }

  /// Whether hardware sets bits meanwhile.
  ///
  /// On a DD1 entries are invalid while they are changed.
  var hasHardware: Bool { !isDD1 && operation != .free }
}

extension PartitionScenario {
  /// The last lookup level as machines count them.
  static let lastLevel = 3

  /// The manual's number of a level that machines count from the root.
  static func level(_ machineLevel: Int) -> Int { lastLevel - machineLevel }

  static func has(_ entry: BitVector, _ field: PowerField) -> Formula {
    (entry & BitVector(field.mask)) .!= BitVector(0)
  }

  private static let kindMask = RadixField.valid.mask | RadixField.leaf.mask

  static func isLeaf(_ entry: BitVector) -> Formula {
    (entry & BitVector(kindMask)) .== BitVector(kindMask)
  }

  static func isTable(_ entry: BitVector) -> Formula {
    (entry & BitVector(kindMask)) .== BitVector(RadixField.valid.mask)
  }

  /// Where tables that are handed out lie; none lies there before.
  private static let freshBase: UInt64 = 1 << 46

  /// What entries are assumed to be: what earlier calls can have left there.
  private func isWellFormed(_ entry: BitVector, _ machineLevel: Int) -> Formula {
    let level = PartitionScenario.level(machineLevel)
    let isEmpty = entry .== BitVector(0)
    // A table has a page of its own, below those that are handed out later.
    let elsewhere = BitVector(PartitionScenario.freshBase | RadixField.nextBase.mask & 0xfff)
    let table = PartitionScenario.isTable(entry) .& ((entry & elsewhere) .== BitVector(0))
    if level == 3 { return isEmpty .| table }
    let offset = RadixField.realPage.mask & (1 << configuration.shift(of: level) - 1)
    let isAligned = (entry & BitVector(offset)) .== BitVector(0)
    let isOwn = (entry & BitVector(~RadixField.partitionLeaf)) .== BitVector(0)
    let leaf = PartitionScenario.isLeaf(entry) .& isAligned .& isOwn
    return level == 0 ? isEmpty .| leaf : isEmpty .| leaf .| table
  }

  /// The symbolic machine's view of the tables.
  var shape: TableTreeShape {
    let scenario = self
    var shape = TableTreeShape(
      indexBits: 1,
      pageShift: 12,
      startLevel: 0,
      lastLevel: PartitionScenario.lastLevel,
      freshBase: PartitionScenario.freshBase,
      linkedAddress: { $0 & BitVector(RadixField.nextBase.mask) },
      isLink: { $1 < PartitionScenario.lastLevel ? PartitionScenario.isTable($0) : Formula(false) },
      isWellFormed: { scenario.isWellFormed($0, $1) }
    )
    shape.countsEntries = false
    return shape
  }

  /// How its tables are laid out in plain memory.
  var format: TableFormat {
    let configuration = configuration
    return TableFormat(
      pageShift: 12,
      rootPageCount: 1,
      entryCount: 2,
      addressField: RadixField.nextBase.mask,
      isTable: {
        $1 < PartitionScenario.lastLevel ? PartitionScenario.isTable($0) : Formula(false)
      },
      isLink: { entry, level in
        level < PartitionScenario.lastLevel && RadixField.isTable(entry)
      },
      shift: { configuration.shift(of: PartitionScenario.level($0)) }
    )
  }
}
