import Architecture
import Machines
import Oracles

/// A tiny walker by hand: a tree under judgement, and the single steps from which a test puts its
/// sequence together.
///
/// The stage-2 tree has 4 KiB granules and 40 bits: two concatenated root tables at level 1. In its
/// first 2 MiB a level-3 table is linked; the level-2 table is `middle`, the level-3 one `last`.
struct Litmus {
  var machine: TracingMachine<Judges>
  let regime: TranslationRegime
  var root: UInt64 = 0
  var middle: UInt64 = 0
  var last: UInt64 = 0

  static let blockSize: UInt64 = 2 << 20

  /// A tree for guests.
  init(
    _ configuration: Stage2Configuration = Stage2Configuration(
      hasForceWriteBack: true,
      hasRangeInvalidation: true
    ),
    countsPages: Bool = true
  ) {
    self.init(TranslationRegime(configuration), countsPages: countsPages)
  }

  /// A tree for the hypervisor: level 1 at the root.
  static func hypervisor() -> Litmus {
    Litmus(TranslationRegime(HypConfiguration(inputAddressBits: 39)), countsPages: true)
  }

  private init(_ regime: TranslationRegime, countsPages: Bool) {
    self.regime = regime
    let memory = PhysicalMemory(granule: regime.granule, base: 0x4000_0000, capacity: 64)
    let judges = Judges(regime: regime, memory: memory, countsPages: countsPages)
    machine = TracingMachine(memory: memory, listener: judges)
    call(.map) {
      $0.makeRoot()
      $0.middle = $0.link(at: 0, of: $0.root, level: 2)
      $0.last = $0.link(at: 0, of: $0.middle, level: 3)
      $0.machine.barrier(.dsbISHST)
    }
  }

  /// The root that the regime demands.
  mutating func makeRoot() {
    let pageCount = regime.rootTableCount
    let level = regime.startLevel
    guard let root = machine.allocateRoot(pageCount: pageCount, level: level) else {
      preconditionFailure("the window is used up")
    }
    self.root = root
  }

  var violations: [Violation] { machine.listener.violations }
  var rules: [Rule] { violations.map(\.rule) }

  /// One call, from its contract to its return.
  mutating func call(_ contract: CallContract = .coherent, _ body: (inout Litmus) -> Void) {
    machine.listener.beginCall(contract)
    body(&self)
    machine.listener.endCall()
  }

  /// A zeroed table, linked and counted.
  mutating func link(
    at index: UInt64,
    of parent: UInt64,
    level: LookupLevel,
    order: MemoryOrder = .release
  ) -> UInt64 {
    guard let table = machine.allocateTable(level: level) else {
      preconditionFailure("the window is used up")
    }
    machine.store(table | 0b11, to: parent, at: index, order: order)
    machine.retain(parent)
    return table
  }

  /// Writes an entry that was zero, and counts it.
  mutating func put(_ raw: UInt64, _ index: UInt64, of table: UInt64) {
    machine.store(raw, to: table, at: index, order: .release)
    machine.retain(table)
  }

  /// Clears an entry that was not zero, and takes it off the count.
  mutating func clear(_ index: UInt64, of table: UInt64) {
    machine.store(0, to: table, at: index, order: .relaxed)
    machine.release(table)
  }

  /// The whole maintenance for one address, from the first barrier to the last.
  mutating func invalidate(_ address: UInt64, hint: LookupLevel? = nil, isBroadcast: Bool = true) {
    machine.barrier(.dsbISHST)
    let isStage2 = regime.stage == .stage2
    machine.invalidate(
      TLBInvalidation(
        isStage2 ? .ipas2e1 : .vae2,
        address: address,
        sizeInBytes: 4096,
        levelHint: hint,
        isBroadcast: isBroadcast
      )
    )
    machine.barrier(.dsbISH)
    guard isStage2 else { return }
    machine.invalidate(TLBInvalidation(.vmalle1, isBroadcast: isBroadcast))
    machine.barrier(.dsbISH)
  }

  /// The whole maintenance for everything.
  mutating func invalidateEverything() {
    machine.barrier(.dsbISHST)
    machine.invalidate(TLBInvalidation(.vmalls12e1))
    machine.barrier(.dsbISH)
  }

  /// Maps a page, after so many bytes of its memory were cleaned.
  mutating func mapCleaned(_ sizeInBytes: UInt64 = 4096) {
    call(.map) {
      $0.machine.clean(0x8000_0000, sizeInBytes: sizeInBytes)
      $0.put($0.page(0x8000_0000), 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
  }

  /// Maps pages by a call of its own, `execute` and cleaning left out (the tree has FWB).
  mutating func mapPages(_ indexes: Range<UInt64>, to base: UInt64 = 0x8000_0000) {
    call(.map) {
      for index in indexes { $0.put($0.page(base + index << 12), index, of: $0.last) }
      $0.machine.barrier(.dsbISHST)
    }
  }

  /// A page descriptor: normal memory, readable and writable, not executable.
  func page(_ outputAddress: UInt64) -> UInt64 { outputAddress | attributes | 0b11 }

  /// A block descriptor of the same kind.
  func block(_ outputAddress: UInt64) -> UInt64 { outputAddress | attributes | 0b01 }

  private var attributes: UInt64 {
    let shared: UInt64 = 0b11 << 8 | 1 << 10 | 1 << 54
    if regime.stage == .el2Stage1 { return shared | 0b01 << 6 }
    return shared | 0b11 << 6 | (regime.forcesWriteBack ? 0b0110 << 2 : 0b1111 << 2)
  }
}

/// Bits of a stage-2 leaf.
enum Bits {
  static let read: UInt64 = 1 << 6
  static let write: UInt64 = 1 << 7
  static let accessed: UInt64 = 1 << 10
  static let executeNever: UInt64 = 1 << 54
  static let software: UInt64 = 1 << 55
}
