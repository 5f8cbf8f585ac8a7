import Machines
import Symbolic

extension Specification {
  /// The result of a call that needs a range and nothing else.
  func range(_ ipa: BitVector, _ size: UInt64) -> Errno {
    fits(pageStart(ipa), BitVector(size), below: inputLimit) ? .ok : .range
  }

  /// What an unmap leaves of an address that had `before`: nothing, if the leaf or the page that
  /// the address is in touches the range.
  func unmapped(
    _ address: BitVector,
    _ before: SymbolicTranslation,
    from ipa: BitVector,
    size: UInt64
  ) -> SymbolicTranslation {
    let page = decoder.span(Decoder.lastLevel)
    let pages = stride(from: 0, to: size, by: Int(page)).map { pageStart(ipa) &+ BitVector($0) }
    var result = before
    // There are no leaves at level 0.
    for level in max(1, machine.shape.startLevel)...Decoder.lastLevel {
      let isHere =
        level == Decoder.lastLevel
        ? before.level .== BitVector(0) .| (before.level .== BitVector(UInt64(level.number)))
        : before.level .== BitVector(UInt64(level.number))
      let first = start(address, level)
      let touches = pages.reduce(Formula(false)) { $0 .| (start($1, level) .== first) }
      result = SymbolicTranslation.select(isHere .& touches, .unmapped(), result)
    }
    return result
  }
}
