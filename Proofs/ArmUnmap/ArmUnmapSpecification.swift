import Machines
import Symbolic
import Walkers

/// What each call of an older walker promises, as a change of the translations, on symbolic words.
///
/// The same promises as the reference model's, told without its data structures. Where a promise
/// depends on which tables there are, the path is asked.
struct ArmUnmapSpecification {
  let scenario: ArmUnmapScenario
  let machine: SymbolicMachine
  /// How many allocations succeed; later ones are refused.
  var allocations: Int
  /// The entry whose place a table took, and with it nothing is mapped beneath.
  private var hole: (level: LookupLevel, start: BitVector)?
  /// The entry that was made, and what stands there.
  private var made: (level: LookupLevel, start: BitVector, descriptor: BitVector)?
  /// Whether what was asked for was there already; nil where the call never came to that.
  private(set) var isThere: Bool?

  private var decoder: Decoder { scenario.decoder }

  init(scenario: ArmUnmapScenario, machine: SymbolicMachine, allocations: Int) {
    self.scenario = scenario
    self.machine = machine
    self.allocations = allocations
  }

  private func decide(_ formula: Formula) -> Bool { machine.explorer.decide(formula) }
  private func word(_ value: UInt64) -> BitVector { BitVector(value) }

  private func start(_ address: BitVector, _ level: LookupLevel) -> BitVector {
    address & word(~(decoder.span(level) - 1))
  }

  private func initial(_ address: BitVector, _ level: LookupLevel) -> BitVector {
    let entry = machine.initialEntry(level: level, key: address &>> decoder.shift(level))
    machine.explorer.assume(decoder.isWellFormed(entry, level))
    return entry
  }

  /// The result of a call; its effects are kept.
  mutating func perform(_ call: ArmUnmapCall<BitVector>) -> Errno {
    switch call {
    case .map(let address, let physical, let protection, let level):
      map(address, physical, protection, level)
    case .faultIn(let address, let slot, let isWrite): faultIn(address, slot, isWrite)
    case .annotate(let address): annotate(address)
    case .flush where scenario.isHyp: .invalid
    case .unmap(let address, let size, _), .flush(let address, let size): range(address, size)
    }
  }

  private func range(_ address: BitVector, _ size: BitVector) -> Errno {
    let limit = word(scenario.inputLimit)
    return decide((address .<= limit) .& (size .<= limit &- address)) ? .ok : .range
  }

  private mutating func map(
    _ address: BitVector,
    _ physical: BitVector,
    _ protection: BitVector,
    _ level: LookupLevel
  ) -> Errno {
    guard scenario.hasLeaf else { return .invalid }
    let forbidden = word(Protection.device | Protection.execute)
    let offset = word(decoder.span(level) - 1)
    guard decide((protection & word(Protection.read)) .!= word(0)),
      decide((protection & forbidden) .!= forbidden),
      decide(((address | physical) & offset) .== word(0))
    else { return .invalid }
    guard decide(address .< word(scenario.inputLimit)),
      decide(physical .< word(1 << scenario.geometry.outputAddressBits))
    else { return .range }
    guard descend(to: level, address) else { return .noMemory }
    make(leaf(physical, protection, level), level, address)
    return .ok
  }

  private mutating func faultIn(
    _ address: BitVector,
    _ slot: MemorySlot,
    _ isWrite: Bool
  ) -> Errno {
    guard decide(address .< word(scenario.inputLimit)) else { return .range }
    guard decide(word(slot.base) .<= address),
      decide(address .< word(slot.base + slot.sizeInBytes))
    else { return .invalid }
    let level = hasBlock(address, slot) ? 2 : Decoder.lastLevel
    let physical = word(slot.physical) &+ (start(address, level) &- word(slot.base))
    guard decide(physical .< word(1 << scenario.geometry.outputAddressBits)) else { return .range }
    guard descend(to: level, address) else { return .noMemory }
    let both = leaf(physical, word(Protection.read | Protection.write), level)
    if hole == nil, decide(initial(address, level) .== both) {
      isThere = true
      return .ok
    }
    let wanted = isWrite ? both : leaf(physical, word(Protection.read), level)
    make(wanted, level, address)
    return .ok
  }

  /// Whether a slot has a whole block around an address, at the same place in both spaces.
  private func hasBlock(_ address: BitVector, _ slot: MemorySlot) -> Bool {
    let span = decoder.span(2)
    guard slot.isHugeBacked, slot.base % span == slot.physical % span else { return false }
    let first = (slot.base + span - 1) / span * span
    let end = (slot.base + slot.sizeInBytes) / span * span
    return decide(word(first) .<= address) && decide(address .< word(end))
  }

  private mutating func annotate(_ address: BitVector) -> Errno {
    guard decide(address .< word(scenario.inputLimit)) else { return .range }
    guard descend(to: Decoder.lastLevel, address) else { return .noMemory }
    make(word(1 << 2), Decoder.lastLevel, address)
    return .ok
  }

  /// Makes sure of tables down to a level; false where that takes more memory than there is.
  private mutating func descend(to level: LookupLevel, _ address: BitVector) -> Bool {
    for upper in scenario.geometry.startLevel..<level {
      if hole == nil, decide(decoder.isTable(initial(address, upper), level: upper)) { continue }
      guard allocations > 0 else { return false }
      allocations -= 1
      if hole == nil { hole = (upper, start(address, upper)) }
    }
    return true
  }

  private mutating func make(_ descriptor: BitVector, _ level: LookupLevel, _ address: BitVector) {
    made = (level, start(address, level), descriptor)
    isThere = hole == nil && decide(initial(address, level) .== descriptor)
  }

  /// The descriptor of a leaf with what a protection asks for.
  ///
  /// Reference: Arm ARM DDI 0487, "VMSAv8-64 descriptor formats"; the hypervisor's attribute index 4 is
  /// device memory.
  private func leaf(
    _ physical: BitVector,
    _ protection: BitVector,
    _ level: LookupLevel
  ) -> BitVector {
    func flag(_ bit: UInt64, _ set: UInt64, _ clear: UInt64) -> BitVector {
      BitVector.select((protection & word(bit)) .!= word(0), word(set), word(clear))
    }
    let shared =
      flag(Protection.execute, 0, 1 << 54) | (protection & word(Protection.software))
      | word(0b11 << 8 | 1 << 10 | (level == Decoder.lastLevel ? 0b11 : 0b01))
    let high = (physical &>> 36) & word(0xf000)
    let low = physical & word(1 << 48 - UInt64(1) << scenario.geometry.pageShift)
    let address = scenario.geometry.pageShift == 16 ? low | high : low
    if scenario.isHyp {
      return address | shared | flag(Protection.device, 4 << 2, 0)
        | flag(Protection.write, 0b01 << 6, 0b11 << 6)
    }
    return address | shared | flag(Protection.device, 0b0001 << 2, 0b1111 << 2)
      | flag(Protection.read, 1 << 6, 0) | flag(Protection.write, 1 << 7, 0)
  }

  /// What the call makes of an address that had `before`.
  func translation(of address: BitVector, before: SymbolicTranslation) -> SymbolicTranslation {
    var result = before
    if let hole {
      result = SymbolicTranslation.select(
        start(address, hole.level) .== hole.start,
        .unmapped(),
        result
      )
    }
    guard let made else { return result }
    let isInside = start(address, made.level) .== made.start
    let offset = address & word(decoder.span(made.level) - 1)
    let isLeaf = (made.descriptor & word(1)) .!= word(0)
    let translated = SymbolicTranslation.select(
      isLeaf,
      SymbolicTranslation(
        attributes: made.descriptor & ~word(decoder.addressField | 0b10),
        output: decoder.address(made.descriptor) | offset,
        level: word(UInt64(made.level.number))
      ),
      .unmapped(made.descriptor)
    )
    return SymbolicTranslation.select(isInside, translated, result)
  }

  /// What an unmap of these pages leaves of an address that had `before`: nothing, if the leaf or the
  /// page that the address is in touches one of them.
  func unmapped(
    _ address: BitVector,
    _ before: SymbolicTranslation,
    pages: [BitVector]
  ) -> SymbolicTranslation {
    var result = before
    for level in max(1, scenario.geometry.startLevel)...Decoder.lastLevel {
      let isUnmapped =
        level == Decoder.lastLevel ? before.level .== word(0) : Formula(false)
      let isHere = (before.level .== word(UInt64(level.number))) .| isUnmapped
      let touches = Formula.any(pages.map { start($0, level) .== start(address, level) })
      result = SymbolicTranslation.select(isHere .& touches, .unmapped(), result)
    }
    return result
  }
}
