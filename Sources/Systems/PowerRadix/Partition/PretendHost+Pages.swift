import Machines

extension PretendHost {
  /// A page of the host's, and its own entry for it.
  struct Page {
    /// How often it was moved.
    var moves: UInt64 = 0
    /// The host's entry; nil where there is none.
    var entry: HostEntry?
    /// It has to be written back.
    var isDirty = false
    /// The guest wrote to it since it was last clean.
    var isWritten = false

    /// Whether the guest may be permitted to store to it.
    var mayBeStored: Bool { entry.map { $0.isWritable && (isDirty || $0.isDirty) } ?? false }
  }

  /// A compound page of the host's.
  struct Unit {
    /// What all of it has in common that is where it belongs.
    var whole: Page
    /// The host maps it by pages of the smallest size for now.
    var isSplit = false
    /// The small pages in whose place others are mapped, by their number in the compound page.
    var apart: [UInt64: Page] = [:]
  }

  /// A small page of a slot.
  struct Place: Hashable {
    let slot: Int
    let unit: UInt64
    /// Its number in the compound page.
    let page: UInt64
  }

  /// A slot with what stands behind it.
  struct Memslot {
    let slot: GuestSlot
    /// The host address that units are counted from, and the real address of the first.
    let area: UInt64
    let realAddress: UInt64
    /// The base-2 logarithm of a unit in bytes.
    let unitShift: UInt64
    let device: Bool
    /// How a device's memory behaves.
    let attributes: UInt64
    let isWritable: Bool
    /// The host's entry for a unit that was never touched.
    let initialEntry: HostEntry?
    var isRemoved = false
    var units: [UInt64: Unit] = [:]
    var log: [UInt64]
    var map: [UInt64]
  }

  /// The bits that the host's own entries for devices have besides how the memory behaves: what they
  /// permit the host, that they are the host kernel's, and what software keeps in them.
  static var deviceProtection: UInt64 { 0x6 | 0x8 | 1 << 57 }

  /// Where a host address is in its slot's memory.
  func locate(_ address: UInt64) -> Place? {
    for number in slots.indices {
      let slot = slots[number].slot
      let end = slot.hostAddress + slot.frameCount << pageShift
      guard (slot.hostAddress..<end).contains(address) else { continue }
      let (distance, shift) = (address - slots[number].area, slots[number].unitShift)
      return Place(
        slot: number,
        unit: distance >> shift,
        page: (distance % (1 << shift)) >> pageShift
      )
    }
    return nil
  }

  /// The compound page that has a place.
  func unit(_ place: Place) -> Unit {
    slots[place.slot].units[place.unit]
      ?? Unit(whole: Page(entry: slots[place.slot].initialEntry))
  }

  /// The page at a place.
  func page(_ place: Place) -> Page {
    let unit = unit(place)
    return unit.apart[place.page] ?? unit.whole
  }

  /// Changes the page at a place, and with it the compound page that it is part of.
  mutating func update(_ place: Place, _ body: (inout Page) -> Void) {
    change(place) { unit in
      guard var page = unit.apart[place.page] else { return body(&unit.whole) }
      body(&page)
      unit.apart[place.page] = page
    }
  }

  /// Changes the compound page that has a place.
  mutating func change(_ place: Place, _ body: (inout Unit) -> Void) {
    let untouched = Unit(whole: Page(entry: slots[place.slot].initialEntry))
    body(&slots[place.slot].units[place.unit, default: untouched])
  }

  /// Where the byte at a host address of a slot really is.
  ///
  /// Pages change places by pairs, so that no two of them that follow one another in the host's addresses
  /// do so in real ones.
  func realAddress(of address: UInt64, slot number: Int) -> UInt64 {
    let (area, base) = (slots[number].area, slots[number].realAddress)
    if slots[number].device { return base + (address - slots[number].slot.hostAddress) }
    let (distance, shift) = (address - area, slots[number].unitShift)
    let unit = slots[number].units[distance >> shift]
    if let unit, !unit.apart.isEmpty,
      let page = unit.apart[(distance % (1 << shift)) >> pageShift]
    {
      let place = ((distance >> pageShift) ^ 1) + page.moves << 20
      return base + 1 << 49 + place << pageShift + distance % (1 << pageShift)
    }
    let moves = (unit?.whole.moves ?? 0) % 8
    let place = ((distance >> shift) ^ 1) + moves << 16
    return base + place << shift + distance % (1 << shift)
  }

  /// The slot that has a guest frame; nil for none.
  func slotNumber(of frame: UInt64) -> Int? {
    slots.firstIndex { !$0.isRemoved && $0.slot.frames.contains(frame) }
  }

  /// The host address of a frame of a slot.
  func hostAddress(of frame: UInt64, slot number: Int) -> UInt64 {
    let slot = slots[number].slot
    return slot.hostAddress + (frame - slot.firstFrame) << pageShift
  }

  /// Where a guest frame really is; nil where no slot has it.
  func realAddress(ofFrame frame: UInt64) -> (address: UInt64, slot: Int)? {
    guard let number = slotNumber(of: frame) else { return nil }
    return (realAddress(of: hostAddress(of: frame, slot: number), slot: number), number)
  }

  /// Those of some frames of a slot whose pages need not be where the frame before would have them.
  func borders(_ frames: Range<UInt64>, slot number: Int) -> [UInt64] {
    let pages = UInt64(1) << (slots[number].unitShift - pageShift)
    var borders: [UInt64] = []
    var frame = frames.lowerBound
    while frame < frames.upperBound, let place = locate(hostAddress(of: frame, slot: number)) {
      borders.append(frame)
      let count = min(frames.upperBound - frame, pages - place.page)
      let apart = unit(place).apart.keys.filter { (1..<count).contains($0 &- place.page) }
      borders += apart.sorted().map { frame + $0 - place.page }
      frame += count
    }
    return borders
  }
}
