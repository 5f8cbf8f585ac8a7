import Machines
import Symbolic
import Walkers

/// What places and encodes the entries of a geometry's tables: the walkers' own functions, but where a
/// lemma is tried.
struct TableEncoding: Sendable {
  /// Whether a leaf of a level is possible for so many bytes from input to output address.
  var fits:
    @Sendable (
      _ level: LookupLevel, _ input: BitVector, _ output: BitVector, _ remaining: BitVector
    )
      -> Formula
  /// The index of an address's entry in its table at a level.
  var index: @Sendable (_ address: BitVector, _ level: LookupLevel) -> BitVector
  /// The number of the root page that an address belongs to.
  var rootIndex: @Sendable (_ address: BitVector) -> BitVector
  /// The first address after the entry at a level that an address belongs to.
  var next: @Sendable (_ address: BitVector, _ level: LookupLevel) -> BitVector
  /// A leaf of a level.
  var leaf:
    @Sendable (_ output: BitVector, _ attributes: BitVector, _ level: LookupLevel) -> BitVector
  /// The entry that leads to a table.
  var table: @Sendable (_ address: BitVector) -> BitVector
  /// The output address of a leaf.
  var output: @Sendable (_ leaf: BitVector) -> BitVector
  /// The attributes for a protection, with forced write-back or without.
  var attributes: @Sendable (_ protection: BitVector, _ forcesWriteBack: Bool) -> BitVector

  /// The walkers' own, for a geometry.
  init(_ geometry: Geometry) {
    let encoding = Encoding(pageShift: geometry.pageShift)
    fits = { geometry.leafFits(at: $0, input: $1, output: $2, remaining: $3) }
    index = { geometry.index(of: $0, at: $1) }
    rootIndex = { geometry.rootIndex(of: $0) }
    next = { geometry.next(after: $0, at: $1) }
    leaf = { encoding.leaf($0, attributes: $1, level: $2) }
    table = { encoding.table(at: $0) }
    output = { encoding.output(of: $0) }
    attributes = { Encoding.stage2Attributes($0, forcesWriteBack: $1) }
  }
}
