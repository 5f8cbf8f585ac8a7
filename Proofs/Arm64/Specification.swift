import Machines
import Symbolic
import Walkers

/// What each call promises, as a change of the translations, on symbolic words.
///
/// The same promises as the reference model's, told without its data structures: the call's result,
/// and for every address either what it had or what the call gave it. Where a promise depends on
/// which tables there are (how many allocations a call needs, which block it splits), the path is
/// asked, as a walker asks it.
struct Specification {
  /// What an entry at some level spans, and what the call made of it; the last one to hold an
  /// address counts.
  ///
  /// Kept as a level and an aligned start, not as two ends: whether an address is inside is then a
  /// matter of equal bits, which solvers are good at, and of no arithmetic.
  struct Effect {
    let level: LookupLevel
    let start: BitVector
    /// The leaf's attributes and level; nil where nothing is mapped any more.
    let leaf: (attributes: BitVector, output: BitVector, level: LookupLevel)?
    /// The invalid descriptor, where no leaf is.
    let annotation: BitVector
  }

  let machine: SymbolicMachine
  let decoder: Decoder
  let inputLimit: UInt64
  let outputLimit: UInt64
  let forcesWriteBack: Bool
  /// Whether an address is mapped to itself or not at all.
  var isIdentityMap = false
  /// How many allocations succeed; later ones are refused.
  var allocations: Int
  private(set) var effects: [Effect] = []
  /// Tables the call made: the level of the entry, and the first address it spans.
  private(set) var madeTables: [(level: LookupLevel, start: BitVector)] = []
  /// How many bytes a hypervisor's unmap unmapped.
  var unmappedBytes: UInt64 = 0
  /// Whether an unmap takes out all that its range touches.
  var unmapsWhole = true

  init(
    machine: SymbolicMachine,
    decoder: Decoder,
    inputLimit: UInt64,
    outputLimit: UInt64,
    forcesWriteBack: Bool,
    allocations: Int
  ) {
    self.machine = machine
    self.decoder = decoder
    self.inputLimit = inputLimit
    self.outputLimit = outputLimit
    self.forcesWriteBack = forcesWriteBack
    self.allocations = allocations
  }

  func decide(_ formula: Formula) -> Bool { machine.explorer.decide(formula) }
  func word(_ value: UInt64) -> BitVector { BitVector(value) }

  func start(_ address: BitVector, _ level: LookupLevel) -> BitVector {
    address & word(~(decoder.span(level) - 1))
  }

  func initial(_ address: BitVector, _ level: LookupLevel) -> BitVector {
    let key = address &>> decoder.shift(level)
    let entry = machine.initialEntry(level: level, key: key)
    machine.explorer.assume(decoder.isWellFormed(entry, level))
    return entry
  }

  /// Whether a range of `size` bytes fits below `limit`.
  func fits(_ start: BitVector, _ size: BitVector, below limit: UInt64) -> Bool {
    decide((start .<= word(limit)) .& (size .<= word(limit) &- start))
  }

  func pageStart(_ address: BitVector) -> BitVector {
    start(address, Decoder.lastLevel)
  }

  /// Adds an effect to those so far.
  mutating func add(_ effect: Effect) { effects.append(effect) }

  /// Whether a protection is such as no guest's memory is mapped with.
  static func isForbidden(_ protection: BitVector) -> Formula {
    let forbidden = BitVector(Protection.device | Protection.execute)
    return (protection & forbidden) .== forbidden
  }

  /// The attributes that a caller's protection asks for.
  private func attributes(_ protection: BitVector) -> BitVector {
    func has(_ bit: UInt64) -> Formula { (protection & word(bit)) .!= word(0) }
    func flag(_ isSet: Formula, _ bits: UInt64) -> BitVector {
      BitVector.select(isSet, word(bits), word(0))
    }
    let normal: UInt64 = forcesWriteBack ? 0b0110 << 2 : 0b1111 << 2
    let memory = BitVector.select(has(Protection.device), word(0b0001 << 2), word(normal))
    return word(1) | memory | flag(has(Protection.read), 1 << 6)
      | flag(has(Protection.write), 1 << 7) | flag(.!has(Protection.execute), 1 << 54)
      | word(0b11 << 8) | word(1 << 10) | (protection & word(0b1111 << 55))
  }

  /// The result of a map.
  mutating func map(
    _ ipa: BitVector,
    _ size: UInt64,
    _ physical: BitVector,
    _ protection: BitVector
  ) -> Errno {
    if isIdentityMap, decide(ipa .!= physical) { return .invalid }
    if decide(Specification.isForbidden(protection)) { return .invalid }
    var cursor = pageStart(ipa)
    var output = pageStart(physical)
    guard fits(cursor, word(size), below: inputLimit), fits(output, word(size), below: outputLimit)
    else { return .range }
    var remaining = size
    let attributes = attributes(protection)
    while remaining > 0 {
      var level = machine.shape.startLevel
      while !leafFits(cursor, output, remaining, level) {
        guard descend(cursor, level) else { return .noMemory }
        level += 1
      }
      if isSame(cursor, output, attributes, level) { return .again }
      let span = decoder.span(level)
      effects.append(
        Effect(
          level: level,
          start: cursor,
          leaf: (attributes, output, level),
          annotation: word(0)
        )
      )
      cursor = cursor &+ word(span)
      output = output &+ word(span)
      remaining -= span
    }
    return .ok
  }

  func leafFits(
    _ input: BitVector,
    _ output: BitVector,
    _ remaining: UInt64,
    _ level: LookupLevel
  ) -> Bool {
    if level == Decoder.lastLevel { return true }
    let span = decoder.span(level)
    guard level >= decoder.geometry.firstBlockLevel, remaining >= span else { return false }
    return decide((input & word(span - 1)) .== word(0))
      && decide((output & word(span - 1)) .== word(0))
  }

  /// Whether the leaf at `level` differs in permissions at most from the one to be mapped.
  private func isSame(
    _ input: BitVector,
    _ output: BitVector,
    _ attributes: BitVector,
    _ level: LookupLevel
  ) -> Bool {
    if madeTables.contains(where: { decide($0.start .== start(input, $0.level)) }) { return false }
    // Above the leaf there are tables on this path, or the map would have made them.
    for upper in machine.shape.startLevel..<level
    where !decide(decoder.isTable(initial(input, upper), level: upper)) {
      return false
    }
    let old = initial(input, level)
    let permissions = word(0b11 << 6 | 1 << 54)
    let difference = (old ^ attributes) & ~permissions & ~word(decoder.addressField | 0b10)
    return decide(decoder.isLeaf(old, level: level))
      && decide((difference .== word(0)) .& (decoder.address(old) .== output))
  }

  /// Makes sure of a table in the entry for `address` at `level`; false where there is no memory.
  mutating func descend(_ address: BitVector, _ level: LookupLevel) -> Bool {
    let start = start(address, level)
    let isMade = madeTables.contains { table in
      table.level == level && decide(table.start .== start)
    }
    if isMade { return true }
    let isBelowMade = madeTables.contains { table in
      table.level < level && decide(table.start .== self.start(address, table.level))
    }
    if !isBelowMade, decide(decoder.isTable(initial(address, level), level: level)) { return true }
    guard allocations > 0 else { return false }
    allocations -= 1
    madeTables.append((level, start))
    effects.append(Effect(level: level, start: start, leaf: nil, annotation: word(0)))
    return true
  }

  /// The result of a change of owner.
  mutating func setOwner(_ ipa: BitVector, _ size: UInt64, _ owner: BitVector) -> Errno {
    guard decide(owner .<= word(1)) else { return .invalid }
    let first = pageStart(ipa)
    guard fits(first, word(size), below: inputLimit) else { return .range }
    for offset in stride(from: 0, to: size, by: Int(decoder.span(Decoder.lastLevel))) {
      let cursor = first &+ word(offset)
      for level in machine.shape.startLevel..<Decoder.lastLevel {
        guard descend(cursor, level) else { return .noMemory }
      }
      let annotation = BitVector.select(owner .== word(1), word(1 << 2), word(0))
      effects.append(
        Effect(level: Decoder.lastLevel, start: cursor, leaf: nil, annotation: annotation)
      )
    }
    return .ok
  }

  /// What the effects so far make of an address that had `before`.
  func translation(of address: BitVector, before: SymbolicTranslation) -> SymbolicTranslation {
    effects.reduce(before) { translation, effect in
      let isInside = start(address, effect.level) .== effect.start
      var changed = SymbolicTranslation.unmapped(effect.annotation)
      if let leaf = effect.leaf {
        changed = SymbolicTranslation(
          attributes: leaf.attributes,
          output: leaf.output | (address & word(decoder.span(effect.level) - 1)),
          level: word(UInt64(leaf.level.number))
        )
      }
      return SymbolicTranslation.select(isInside, changed, translation)
    }
  }
}
