import Architecture
import Checking
import Machines
import Oracles
import Walkers

/// The machine that partition-scoped tables are checked on.
typealias RadixMachine = FailingMachine<TracingMachine<RadixListener>>

/// The host of a checked guest: its slots, the pages behind them, and the dirty log.
struct PretendHost<Table: PartitionWalker>: PartitionHost where Table.M == RadixMachine {
  typealias M = RadixMachine

  let pageShift: UInt64
  var slots: [Memslot]
  /// The tables, which others change too.
  var table: Table
  /// Changes whenever a leaf that was right may be wrong.
  var version = 0
  /// How many invalidations there were; not from 0, which is what a handler that forgot would say.
  private(set) var invalidations: UInt64 = 7
  private(set) var isLocked = false
  /// What the fault that is being handled was told of the invalidations; nil where none is handled.
  var handed: [UInt64]?
  /// Whether it was told under the lock that there was none since.
  private var isUndisturbed = false
  /// What is to happen, and when.
  var pending: (point: InterferencePoint, interference: Interference)?
  /// Whether something happened between two questions of the current call.
  var isDisturbed = false
  /// Whether the host's entry is gone at the next look.
  private var isCollapsing = false
  /// How often a fault was given up because of an invalidation.
  var retries = 0
  /// What the host saw that may not be.
  var finding: Finding?
  /// Pages that are held, the last one last.
  private(set) var pins: [Pin] = []

  /// A page that is held.
  struct Pin {
    let page: HostPage
    /// The host address by which it was found.
    let address: UInt64
    let place: Place
    /// Whether the guest's leaf permitted stores when the lock was last taken.
    var wasWritable = false
    /// The guest may store to it since it was held.
    var isGranted = false
    /// The guest may store to it.
    var isWritable = false
    /// It was marked dirty.
    var isMarked = false
  }

  init(pageShift: UInt64, slots: [Memslot], table: Table) {
    self.pageShift = pageShift
    self.slots = slots
    self.table = table
  }

  // MARK: What the handler asks

  mutating func invalidationCount(on machine: inout M) -> UInt64 {
    let count = invalidations
    handed?.append(count)
    happen(.slot, on: &machine)
    return count
  }

  mutating func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? {
    let slot = slotNumber(of: frame).map { slots[$0].slot }
    happen(.page, on: &machine)
    return slot
  }

  mutating func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? {
    guard let place = locate(address), !slots[place.slot].device,
      slots[place.slot].isWritable || !forWrite
    else { return nil }
    let pageShift = pageShift
    update(place) { page in
      // The fast path, on an entry that permits the access, marks nothing dirty.
      let new = HostEntry(isWritable: false, isYoung: true, isDirty: false, shift: pageShift)
      var entry = page.entry ?? new
      if forWrite, !entry.isWritable {
        entry.isWritable = true
        entry.isDirty = true
      }
      entry.isYoung = true
      page.entry = entry
    }
    let isApart = unit(place).apart[place.page] != nil
    let page = HostPage(
      realAddress: realAddress(of: address, slot: place.slot),
      shift: isApart ? pageShift : slots[place.slot].unitShift
    )
    pins.append(Pin(page: page, address: address, place: place))
    happen(.entry, on: &machine)
    return page
  }

  mutating func unpin(_ page: HostPage) {
    guard let pin = pins.last, pin.page == page else {
      return note("a page is let go that was not held, or once more than it was", .pageHeld)
    }
    pins.removeLast()
    if pin.isGranted, !pin.isMarked {
      note(
        "the page at \(hex(pin.address)) was mapped for writing and let go without being marked",
        .hostPageUnmarked
      )
    }
  }

  mutating func device(at address: UInt64, on machine: inout M) -> HostDevice? {
    guard let place = locate(address), slots[place.slot].device else { return nil }
    return HostDevice(
      realAddress: realAddress(of: address, slot: place.slot),
      isWritable: slots[place.slot].isWritable,
      protection: Self.deviceProtection | slots[place.slot].attributes
    )
  }

  mutating func entry(at address: UInt64, on machine: inout M) -> HostEntry? {
    if isCollapsing {
      isCollapsing = false
      return nil
    }
    guard let place = locate(address) else { return nil }
    var entry = page(place).entry
    entry?.shift = unit(place).isSplit ? pageShift : slots[place.slot].unitShift
    return entry
  }

  mutating func setDirty(_ page: HostPage) {
    guard let pin = pins.last, pin.page == page else {
      return note("a page is marked that is not held any more", .pageHeld)
    }
    pins[pins.count - 1].isMarked = true
    guard pin.isWritable else {
      return note(
        "the page at \(hex(pin.address)) is marked, and not mapped for writing",
        .hostPageUnmarked
      )
    }
    if realAddress(of: pin.address, slot: pin.place.slot) == page.realAddress {
      update(pin.place) { $0.isDirty = true }
    }
  }

  mutating func lock(on machine: inout M) {
    happen(.lock, on: &machine)
    if isLocked { note("the lock of the tables is taken twice", .hostLock) }
    isLocked = true
    isUndisturbed = false
    machine.base.listener.judges.takeLock()
    if !pins.isEmpty { pins[pins.count - 1].wasWritable = isMappedWritable(on: machine) }
  }

  mutating func unlock(on machine: inout M) {
    if !isLocked { note("the lock of the tables is given back, and was not taken", .hostLock) }
    isLocked = false
    machine.base.listener.judges.giveLockBack(mayHaveChanged: handed == nil || isUndisturbed)
    guard let pin = pins.last else { return }
    let isWritable = isMappedWritable(on: machine)
    pins[pins.count - 1].isWritable = isWritable
    pins[pins.count - 1].isGranted = pin.isGranted || isWritable && !pin.wasWritable
  }

  /// Whether the guest's leaf for the page that was held last permits stores.
  private func isMappedWritable(on machine: borrowing M) -> Bool {
    guard let pin = pins.last else { return false }
    let memory = machine.base.memory
    let slot = slots[pin.place.slot].slot
    let address = slot.firstFrame << pageShift + (pin.address - slot.hostAddress)
    let leaf = RadixTree.walk(address, from: machine.base.listener.root) {
      memory.descriptor(at: $0)
    }
    return (try? leaf.get())?.has(RadixField.write) == true
  }

  mutating func mustRetry(since count: UInt64) -> Bool {
    if !isLocked { note("invalidations are looked for without the lock", .hostLock) }
    if let handed, !handed.contains(count) {
      note(
        "invalidations are looked for since a moment that is not the fault's",
        .invalidationUncounted
      )
    }
    let mustRetry = count != invalidations
    if mustRetry { retries += 1 }
    isUndisturbed = !mustRetry
    return mustRetry
  }

  mutating func countInvalidation() {
    if !isLocked { note("an invalidation is counted without the lock", .hostLock) }
    invalidations += 1
  }

  /// The host's entry is gone at the next look.
  mutating func collapse() { isCollapsing = true }

  /// What was to happen and did not will not.
  mutating func settle() {
    pending = nil
    isCollapsing = false
  }

  /// Handles a fault, as the guest's CPU or as another one.
  mutating func handle(_ fault: PartitionFault, on machine: inout M) -> PartitionOutcome {
    let outer = handed
    handed = []
    defer { handed = outer }
    let table = table
    return table.handle(fault, on: &machine, host: &self)
  }

  // MARK: The log

  mutating func mark(_ bits: UInt64, slot: Int, word: Int) {
    guard isInside(bits, word, slot) else { return }
    slots[slot].log[word] |= bits
  }

  mutating func take(slot: Int, word: Int) -> UInt64 {
    guard isInside(0, word, slot) else { return 0 }
    defer { slots[slot].log[word] = 0 }
    return slots[slot].log[word]
  }

  mutating func report(_ bits: UInt64, slot: Int, word: Int) {
    guard isInside(bits, word, slot) else { return }
    slots[slot].map[word] |= bits
  }

  private mutating func isInside(_ bits: UInt64, _ word: Int, _ number: Int) -> Bool {
    guard slots.indices.contains(number), slots[number].slot.hasLog else {
      note("bits \(hex(bits)) are for slot \(number), which has no log", .bitmapBounds)
      return false
    }
    let (slot, count) = (slots[number].slot, slots[number].log.count)
    let last = slot.frameCount % 64
    let isBeyond = word == count - 1 && last != 0 && bits >> last != 0
    if (0..<count).contains(word), !isBeyond { return true }
    note(
      "bits \(hex(bits)) are set in word \(word) of the bitmap of \(slot.frameCount) pages, which has"
        + " \(count) words",
      .bitmapBounds
    )
    return false
  }
}
