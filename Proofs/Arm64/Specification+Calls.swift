import Machines
import Symbolic

extension Specification {
  /// The result that a call over a guest's tables promises; its effects are kept.
  ///
  /// Of a call that returns a word, `range` says that its address is in no table.
  mutating func perform(_ call: Call<BitVector>, size: UInt64) -> Errno {
    switch call {
    case .map(let ipa, _, let physical, let protection): map(ipa, size, physical, protection)
    case .setOwner(let ipa, _, let owner): setOwner(ipa, size, owner)
    case .unmap(let ipa, _), .writeProtect(let ipa, _): range(ipa, size)
    // Where write-back is forced there is nothing to clean, wherever it is.
    case .flush(let ipa, _): forcesWriteBack ? .ok : range(ipa, size)
    case .makeYoung(let ipa), .makeOld(let ipa), .isYoung(let ipa): address(ipa)
    case .relaxPermissions(let ipa, let protection):
      decide((protection & word(Protection.software)) .== word(0)) ? mapped(ipa) : .invalid
    }
  }

  /// The result of a call that needs a leaf: to try again where it has vanished.
  private func mapped(_ ipa: BitVector) -> Errno {
    guard address(ipa) == .ok else { return .range }
    var level = machine.shape.startLevel
    while decide(decoder.isTable(initial(ipa, level), level: level)) { level += 1 }
    return decide(decoder.isLeaf(initial(ipa, level), level: level)) ? .ok : .again
  }

  /// The result of a call that needs an address and nothing else.
  private func address(_ ipa: BitVector) -> Errno {
    decide(ipa .< word(inputLimit)) ? .ok : .range
  }

  /// What a call that came to `result` makes of an address that had `before`.
  func promised(
    _ call: Call<BitVector>,
    _ result: Errno,
    _ size: UInt64,
    _ address: BitVector,
    _ before: SymbolicTranslation
  ) -> SymbolicTranslation {
    func changed(
      _ ipa: BitVector,
      _ size: UInt64,
      set: BitVector,
      clear: BitVector
    ) -> SymbolicTranslation {
      let isTouched = before.isMapped .& isTouched(address, before, from: ipa, size: size)
      let attributes = (before.attributes | set) & ~clear
      return SymbolicTranslation(
        attributes: BitVector.select(isTouched, attributes, before.attributes),
        output: before.output,
        level: before.level
      )
    }
    let (none, page) = (word(0), decoder.span(Decoder.lastLevel))
    switch (call, result) {
    case (.unmap(let ipa, _), .ok) where unmapsWhole:
      return unmapped(address, before, from: ipa, size: size)
    case (.writeProtect(let ipa, _), .ok):
      return changed(ipa, size, set: none, clear: word(Decoder.stage2Write))
    case (.makeYoung(let ipa), .ok):
      return changed(ipa, page, set: word(Decoder.accessFlag), clear: none)
    case (.makeOld(let ipa), .ok):
      return changed(ipa, page, set: none, clear: word(Decoder.accessFlag))
    case (.relaxPermissions(let ipa, let protection), .ok):
      func bits(_ wanted: UInt64, _ bits: UInt64) -> BitVector {
        BitVector.select((protection & word(wanted)) .!= none, word(bits), none)
      }
      return changed(
        ipa,
        page,
        set: bits(Protection.read, Decoder.stage2Read)
          | bits(Protection.write, Decoder.stage2Write),
        clear: bits(Protection.execute, Decoder.executeNever)
      )
    default: return translation(of: address, before: before)
    }
  }

  /// Whether the leaf that maps an address touches a range.
  func isTouched(
    _ address: BitVector,
    _ before: SymbolicTranslation,
    from ipa: BitVector,
    size: UInt64
  ) -> Formula {
    let page = decoder.span(Decoder.lastLevel)
    let pages = stride(from: 0, to: size, by: Int(page)).map { pageStart(ipa) &+ BitVector($0) }
    return Formula.any(
      (max(1, machine.shape.startLevel)...Decoder.lastLevel).map { level in
        let first = start(address, level)
        let touches = Formula.any(pages.map { start($0, level) .== first })
        return (before.level .== word(UInt64(level.number))) .& touches
      }
    )
  }

  /// Whether a word is the descriptor of the leaf that a translation is by; 0 for none.
  func isDescriptor(_ found: BitVector, of translation: SymbolicTranslation) -> Formula {
    let isPage = translation.level .== word(UInt64(Decoder.lastLevel.number))
    let kind = BitVector.select(isPage, word(0b10), word(0))
    let rest = found & ~word(decoder.addressField)
    let isSame = (rest .== translation.attributes | kind) .& isAddress(found, of: translation)
    return (translation.isMapped .& isSame) .| (.!translation.isMapped .& (found .== word(0)))
  }

  private func isAddress(_ found: BitVector, of translation: SymbolicTranslation) -> Formula {
    Formula.any(
      (max(1, machine.shape.startLevel)...Decoder.lastLevel).map { level in
        (translation.level .== word(UInt64(level.number)))
          .& (decoder.address(found) .== start(translation.output, level))
      }
    )
  }
}
