import Architecture
import Machines
import Oracles
import Walkers

/// The machine that partition-scoped tables are checked on.
typealias RadixMachine = FailingMachine<TracingMachine<RadixListener>>

/// Something that happens between two questions of a fault handler.
enum Interference: Sendable, Hashable {
  /// The host moves pages elsewhere.
  case move(frames: Range<UInt64>)
  /// User space removes the slot.
  case remove(slot: Int)
  /// Another CPU faults.
  case fault(PartitionFault)
  /// The host's entry is gone when it is looked up, because pages are being put together.
  case collapse
}

/// When it happens.
enum Moment: UInt64, Sendable, Hashable, CaseIterable {
  /// Before the slot is looked up, before the page is held, before the host's entry is looked up, and
  /// before the lock is taken.
  case slot, page, entry, lock
}

/// The host of a checked guest: its slots, the pages behind them, and the dirty log.
struct PretendHost: PartitionHost {
  typealias M = RadixMachine

  /// A compound page of the host's, and its own entry for it.
  struct Unit {
    /// How often it was moved.
    var moves: UInt64 = 0
    /// The host's entry; nil where there is none.
    var entry: HostEntry?
    /// It has to be written back.
    var isDirty = false
    /// The guest wrote to it since it was last clean.
    var isWritten = false
    /// The host has it as pages of the smallest size for now, at the same place.
    var isSplit = false
  }

  /// A slot with what stands behind it.
  struct Backed {
    let slot: GuestSlot
    /// The host address that units are counted from, and the real address of the first.
    let area: UInt64
    let realAddress: UInt64
    /// The base-2 logarithm of a unit in bytes.
    let unitShift: UInt64
    let device: Bool
    let isWritable: Bool
    /// The host's entry for a unit that was never touched.
    let initialEntry: HostEntry?
    var isRemoved = false
    var units: [UInt64: Unit] = [:]
    var log: [UInt64]
    var map: [UInt64]
  }

  /// The bits that the host's own entries for devices have: what they permit the host, that they are
  /// the host kernel's, that they are I/O, and what software keeps in them.
  static let deviceProtection: UInt64 = 0x6 | 0x8 | 0x20 | 1 << 57

  let pageShift: UInt64
  var slots: [Backed]
  /// The tables, which others change too.
  var table: PartitionTable<RadixMachine>
  /// How many invalidations there were.
  private(set) var invalidations: UInt64 = 0
  private(set) var isLocked = false
  /// What is to happen, and when.
  var pending: (moment: Moment, interference: Interference)?
  /// Whether the host's entry is gone at the next look.
  private var isCollapsing = false
  /// How often a fault was given up because of an invalidation.
  var retries = 0
  /// What the host saw that may not be.
  var finding: Finding?
  /// Pages that are held.
  private(set) var held = 0

  init(pageShift: UInt64, slots: [Backed], table: PartitionTable<RadixMachine>) {
    self.pageShift = pageShift
    self.slots = slots
    self.table = table
  }

  /// Where a host address is in its slot's memory.
  private func locate(_ address: UInt64) -> (slot: Int, unit: UInt64)? {
    for (number, backed) in slots.enumerated() {
      let end = backed.slot.hostAddress + backed.slot.frameCount << pageShift
      if (backed.slot.hostAddress..<end).contains(address) {
        return (number, (address - backed.area) >> backed.unitShift)
      }
    }
    return nil
  }

  /// Where the byte at a host address of a slot really is.
  ///
  /// Units change places by pairs, so that no two of them that follow one another in the host's
  /// addresses do so in real ones.
  func realAddress(of address: UInt64, slot number: Int) -> UInt64 {
    let backed = slots[number]
    let number = (address - backed.area) >> backed.unitShift
    if backed.device { return backed.realAddress + (address - backed.slot.hostAddress) }
    let moves = backed.units[number]?.moves ?? 0
    let place = (number ^ 1 + moves << 8) << backed.unitShift
    return backed.realAddress + place + address % (1 << backed.unitShift)
  }

  /// The slot that has a guest frame; nil for none.
  func slotNumber(of frame: UInt64) -> Int? {
    slots.firstIndex { !$0.isRemoved && $0.slot.frames.contains(frame) }
  }

  /// Where a guest frame really is; nil where no slot has it.
  func realAddress(ofFrame frame: UInt64) -> (address: UInt64, slot: Int)? {
    guard let number = slotNumber(of: frame) else { return nil }
    let slot = slots[number].slot
    let address = slot.hostAddress + (frame - slot.firstFrame) << pageShift
    return (realAddress(of: address, slot: number), number)
  }

  private func unit(_ number: UInt64, slot: Int) -> Unit {
    slots[slot].units[number] ?? Unit(entry: slots[slot].initialEntry)
  }

  // MARK: What the handler asks

  mutating func invalidationCount(on machine: inout M) -> UInt64 {
    let count = invalidations
    happen(.slot, on: &machine)
    return count
  }

  mutating func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? {
    let slot = slotNumber(of: frame).map { slots[$0].slot }
    happen(.page, on: &machine)
    return slot
  }

  mutating func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? {
    guard let (number, unitNumber) = locate(address), !slots[number].device,
      slots[number].isWritable || !forWrite
    else { return nil }
    var unit = unit(unitNumber, slot: number)
    // The fast path, on an entry that permits the access, marks nothing dirty.
    var entry = unit.entry ?? HostEntry(isWritable: false, isYoung: true, isDirty: false)
    if forWrite, !entry.isWritable {
      entry.isWritable = true
      entry.isDirty = true
    }
    entry.isYoung = true
    unit.entry = entry
    slots[number].units[unitNumber] = unit
    held += 1
    let page = HostPage(
      realAddress: realAddress(of: address, slot: number),
      shift: unit.isSplit ? pageShift : slots[number].unitShift
    )
    happen(.entry, on: &machine)
    return page
  }

  mutating func unpin(_ page: HostPage) { held -= 1 }

  mutating func device(at address: UInt64, on machine: inout M) -> HostDevice? {
    guard let (number, _) = locate(address), slots[number].device else { return nil }
    return HostDevice(
      realAddress: realAddress(of: address, slot: number),
      isWritable: slots[number].isWritable,
      protection: PretendHost.deviceProtection
    )
  }

  mutating func entry(at address: UInt64, on machine: inout M) -> HostEntry? {
    if isCollapsing {
      isCollapsing = false
      return nil
    }
    guard let (number, unitNumber) = locate(address) else { return nil }
    return unit(unitNumber, slot: number).entry
  }

  mutating func setDirty(_ page: HostPage) {
    for number in slots.indices where !slots[number].device {
      let shift = slots[number].unitShift
      for unitNumber in slots[number].units.keys {
        let real = realAddress(of: slots[number].area + unitNumber << shift, slot: number)
        if real >> shift == page.realAddress >> shift {
          slots[number].units[unitNumber]?.isDirty = true
        }
      }
    }
  }

  mutating func lock(on machine: inout M) {
    happen(.lock, on: &machine)
    if isLocked { note("the lock of the tables is taken twice", "lock") }
    isLocked = true
    machine.base.listener.judges.isLocked = true
  }

  mutating func unlock(on machine: inout M) {
    if !isLocked { note("the lock of the tables is given back, and was not taken", "lock") }
    isLocked = false
    machine.base.listener.judges.isLocked = false
  }

  mutating func mustRetry(since count: UInt64) -> Bool {
    if !isLocked { note("invalidations are looked for without the lock", "lock") }
    if count != invalidations { retries += 1 }
    return count != invalidations
  }

  mutating func countInvalidation() { invalidations += 1 }

  /// The host's entry is gone at the next look.
  mutating func collapse() { isCollapsing = true }

  // MARK: The log

  mutating func mark(_ bits: UInt64, slot: Int, word: Int) {
    guard isInside(bits, word, slots[slot].log.count, slots[slot].slot) else { return }
    slots[slot].log[word] |= bits
  }

  mutating func take(slot: Int, word: Int) -> UInt64 {
    guard isInside(0, word, slots[slot].log.count, slots[slot].slot) else { return 0 }
    defer { slots[slot].log[word] = 0 }
    return slots[slot].log[word]
  }

  mutating func report(_ bits: UInt64, slot: Int, word: Int) {
    guard isInside(bits, word, slots[slot].map.count, slots[slot].slot) else { return }
    slots[slot].map[word] |= bits
  }

  private mutating func isInside(
    _ bits: UInt64,
    _ word: Int,
    _ count: Int,
    _ slot: GuestSlot
  ) -> Bool {
    let last = slot.frameCount % 64
    let isBeyond = word == count - 1 && last != 0 && bits >> last != 0
    if (0..<count).contains(word), !isBeyond { return true }
    note(
      "bits \(hex(bits)) are set in word \(word) of the bitmap of \(slot.frameCount) pages, which has"
        + " \(count) words",
      "bitmap-bounds",
      "the dirty log has a bit for each page of the slot, and no other is set"
    )
    return false
  }

  private mutating func note(
    _ message: String,
    _ rule: String,
    _ statement: String = "the lock of the tables is taken and given back in turn"
  ) {
    guard finding == nil else { return }
    finding = Finding(
      rule: rule,
      statement: statement,
      reference: "the calls' own contract",
      message: message,
      fingerprint: rule
    )
  }
}
