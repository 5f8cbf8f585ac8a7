import Machines
import Symbolic

extension Specification {
  /// Whether a protection is such as no memory of a hypervisor is mapped with: not readable, or
  /// executable and writable or device memory.
  static func isForbiddenAtEL2(_ protection: BitVector) -> Formula {
    func has(_ bits: UInt64) -> Formula { (protection & BitVector(bits)) .!= BitVector(0) }
    return .!has(Protection.read)
      .| (has(Protection.execute) .& has(Protection.write | Protection.device))
  }

  /// The result that a call over a hypervisor's own tables promises; its effects are kept.
  mutating func performAtEL2(_ call: Call<BitVector>, size: UInt64) -> Errno {
    unmapsWhole = false
    switch call {
    case .map(let address, _, let physical, let protection):
      return mapAtEL2(address, size, physical, protection)
    case .unmap(let address, _):
      unmapAtEL2(address, size)
      return .ok
    default: preconditionFailure("a hypervisor's library has no such call")
    }
  }

  /// The attributes of EL2's stage 1 that a caller's protection asks for.
  ///
  /// AttrIndx 4:2, 0 for normal memory and 4 for device memory; AP 7:6, 0b01 to read and write and
  /// 0b11 to read; SH 9:8 inner shareable; AF 10; XN 54.
  /// Reference: Arm ARM DDI 0487, "Attribute fields in VMSAv8-64 translation table format
  /// descriptors".
  private func attributesAtEL2(_ protection: BitVector) -> BitVector {
    func field(_ bit: UInt64, _ isSet: UInt64, _ isClear: UInt64) -> BitVector {
      BitVector.select((protection & word(bit)) .!= word(0), word(isSet), word(isClear))
    }
    return word(1) | field(Protection.device, 4 << 2, 0) | field(Protection.write, 1 << 6, 3 << 6)
      | word(0b11 << 8) | word(Decoder.accessFlag) | field(Protection.execute, 0, 1 << 54)
      | (protection & word(Decoder.software))
  }

  /// The result of a map: where a valid entry is in the way, and more than its software bits would
  /// change, there is no way on.
  private mutating func mapAtEL2(
    _ address: BitVector,
    _ size: UInt64,
    _ physical: BitVector,
    _ protection: BitVector
  ) -> Errno {
    if decide(Specification.isForbiddenAtEL2(protection)) { return .invalid }
    var (cursor, output) = (pageStart(address), pageStart(physical))
    guard fits(cursor, word(size), below: inputLimit), fits(output, word(size), below: outputLimit)
    else { return .range }
    let attributes = attributesAtEL2(protection)
    var remaining = size
    while remaining > 0 {
      var level = machine.shape.startLevel
      while true {
        let old = found(cursor, level)
        if let old, decide(decoder.isTable(old, level: level)) {
          level += 1
          continue
        }
        if isMadeTable(cursor, level) {
          level += 1
          continue
        }
        let isMapped = old.map { decide(decoder.isLeaf($0, level: level)) } ?? false
        if leafFits(cursor, output, remaining, level) {
          if isMapped, let old, !decide(isAlike(old, output, attributes)) { return .invalid }
          break
        }
        if isMapped { return .invalid }
        guard descend(cursor, level) else { return .noMemory }
        level += 1
      }
      let span = decoder.span(level)
      let leaf = (attributes: attributes, output: output, level: level)
      add(Effect(level: level, start: cursor, leaf: leaf, annotation: word(0)))
      cursor = cursor &+ word(span)
      output = output &+ word(span)
      remaining -= span
    }
    return .ok
  }

  /// The entry that was there for an address before the call; nil beneath or in place of a table
  /// that the call made.
  private func found(_ address: BitVector, _ level: LookupLevel) -> BitVector? {
    let isMade = madeTables.contains { table in
      table.level <= level && decide(table.start .== start(address, table.level))
    }
    return isMade ? nil : initial(address, level)
  }

  private func isMadeTable(_ address: BitVector, _ level: LookupLevel) -> Bool {
    madeTables.contains { $0.level == level && decide($0.start .== start(address, level)) }
  }

  /// Whether a leaf differs in its software bits at most from one with these attributes.
  private func isAlike(
    _ old: BitVector,
    _ output: BitVector,
    _ attributes: BitVector
  ) -> Formula {
    let rest = ~word(decoder.addressField | 0b10 | Decoder.software)
    return (((old ^ attributes) & rest) .== word(0)) .& (decoder.address(old) .== output)
  }

  /// Unmaps leaf by leaf, up to the first that is missing or only partly in the range.
  private mutating func unmapAtEL2(_ address: BitVector, _ size: UInt64) {
    var cursor = pageStart(address)
    guard fits(cursor, word(size), below: inputLimit) else { return }
    while unmappedBytes < size {
      var level = machine.shape.startLevel
      while decide(decoder.isTable(initial(cursor, level), level: level)) { level += 1 }
      let span = decoder.span(level)
      let isWhole = (cursor & word(span - 1)) .== word(0)
      guard decide(decoder.isLeaf(initial(cursor, level), level: level)),
        span <= size - unmappedBytes, decide(isWhole)
      else { return }
      add(Effect(level: level, start: cursor, leaf: nil, annotation: word(0)))
      cursor = cursor &+ word(span)
      unmappedBytes += span
    }
  }
}
