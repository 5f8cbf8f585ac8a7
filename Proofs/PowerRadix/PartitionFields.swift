import Architecture
import Machines
import Symbolic
import Walkers

/// What is encoded into partition-scoped tables and `tlbie`s: by the walker, but where a lemma is tried.
struct PartitionEncoding: Sendable {
  /// The entry of the partition table: of a root, its bits and those of an address.
  var root: @Sendable (_ root: BitVector, _ rootBits: UInt64, _ addressBits: UInt64) -> BitVector =
    {
      RadixLayout.partitionEntry(root: $0, rootBits: $1, addressBits: $2)
    }
  /// The entry that leads to a table of so many bits.
  var link: @Sendable (_ table: BitVector, _ bits: UInt64) -> BitVector = {
    RadixLayout.link(to: $0, bits: $1)
  }
  /// The index for an address in a table of so many bits, whose entries have 2^`shift` bytes.
  var index: @Sendable (_ address: BitVector, _ shift: UInt64, _ bits: UInt64) -> BitVector = {
    RadixLayout.index(of: $0, shift: $1, bits: $2)
  }
  /// The operand for a leaf of 2^`shift` bytes, of a size of this name.
  var operand: @Sendable (_ address: BitVector, _ shift: UInt64, _ sizeName: UInt64) -> BitVector =
    {
      RadixLayout.operand(of: $0, shift: $1, sizeName: $2)
    }
  /// Where the reference bit is.
  var reference = RadixLayout.reference
}

/// The theorems about what is encoded into partition-scoped tables and `tlbie`s, at full width.
enum PartitionFields {
  static var lemmas: [Lemma] { lemmas(of: PartitionEncoding()) }

  static func lemmas(of encoding: PartitionEncoding) -> [Lemma] {
    [entries(encoding)]
      + [12, 16].flatMap { [indices(encoding, pageShift: $0), operands(encoding, pageShift: $0)] }
  }

  private static func size(_ pageShift: UInt64) -> String { pageShift == 12 ? "4K" : "64K" }

  private static func field(_ field: PowerField, _ word: BitVector) -> BitVector {
    (word & BitVector(field.mask)) &>> (63 - field.last)
  }

  private static func entries(_ encoding: PartitionEncoding) -> Lemma {
    Lemma(
      "partition.fields",
      actor: "what is encoded",
      bounds: "every aligned table below 2^60",
      clauses: [.rootAddress, .rootSize, .treeSize, .linkAddress, .linkSize, .isLink, .leafBits]
    ) { context in
      let (table, word) = (context.variable("table"), context.variable("word"))
      let base = BitVector(RadixField.nextBase.mask)
      var goals: [Claim] = []
      func goal(_ clause: Clause, _ formula: Formula) { goals.append(Claim(clause, formula)) }
      let root = table & BitVector(RadixField.rootBase.mask & ~0xffff)
      let entry = encoding.root(root, 13, 52)
      goal(.rootAddress, entry & BitVector(RadixField.rootBase.mask) .== root)
      goal(.rootSize, field(RadixField.rootSize, entry) .== BitVector(13))
      let treeSize =
        field(RadixField.treeSizeHigh, entry) &<< 3 | field(RadixField.treeSizeLow, entry)
      goal(.treeSize, treeSize .== BitVector(52 - 31))
      for bits: UInt64 in [9, 5] {
        let place = table & BitVector(RadixField.nextBase.mask & ~(8 << bits - 1))
        let link = encoding.link(place, bits)
        goal(.linkAddress, link & base .== place)
        goal(.linkSize, field(RadixField.nextSize, link) .== BitVector(bits))
        goal(
          .isLink,
          (field(RadixField.valid, link) .== BitVector(1))
            .& (field(RadixField.leaf, link) .== BitVector(0))
        )
      }
      let masks: [(String, UInt64, PowerField)] = [
        ("reference", encoding.reference, RadixField.reference),
        ("change", RadixLayout.change, RadixField.change),
        ("attributes", RadixLayout.attributes, RadixField.attributes),
      ]
      for (name, mask, field) in masks {
        let isField = word & BitVector(mask) .== word & BitVector(field.mask)
        goals.append(Claim(.leafBits, "takes the \(name) field", isField))
      }
      return Lemma.Statement(goals: goals, witnesses: [("table", table), ("word", word)])
    }
  }

  private static func indices(_ encoding: PartitionEncoding, pageShift: UInt64) -> Lemma {
    let configuration = PartitionConfiguration(pageShift: pageShift)
    return Lemma(
      "partition.indices.\(size(pageShift))",
      actor: "an index",
      bounds: "every address, tables of 13, 9, 9 and \(configuration.lastBits) bits",
      clauses: [.staysInTable, .losesNoBit]
    ) { context in
      let address = context.variable("address")
      var rebuilt = address & BitVector(1 << pageShift - 1)
      var goals: [Claim] = []
      for level in RadixLevel.last...3 {
        let (shift, bits) = (configuration.shift(of: level), configuration.bits(of: level))
        let index = encoding.index(address, shift, bits)
        goals.append(Claim(.staysInTable, index .< BitVector(1 << bits)))
        rebuilt = rebuilt | index &<< shift
      }
      goals.append(Claim(.losesNoBit, rebuilt .== (address & BitVector(1 << 52 - 1))))
      return Lemma.Statement(goals: goals, witnesses: [("address", address)])
    }
  }

  private static func operands(_ encoding: PartitionEncoding, pageShift: UInt64) -> Lemma {
    let configuration = PartitionConfiguration(pageShift: pageShift)
    return Lemma(
      "partition.operands.\(size(pageShift))",
      actor: "the operand of a tlbie",
      bounds: "every address, leaves of \(size(pageShift)), 2M and 1G",
      clauses: [.firstByte, .onePage, .pageSize, .restEmpty]
    ) { context in
      let address = context.variable("address")
      var goals: [Claim] = []
      for level in RadixLevel.last...2 {
        let shift = configuration.shift(of: level)
        let sizeName = RadixLayout.sizeName(level: level, pageShift: pageShift)
        let operand = encoding.operand(address, shift, sizeName)
        let name = RadixPageSize(rawValue: 1 << shift)?.actualPageSize ?? 7
        goals += [
          Claim(
            .firstByte,
            operand & BitVector(PowerField(0, 51).mask) .== address & BitVector(~(1 << shift - 1))
          ),
          Claim(.onePage, field(PowerField(52, 55), operand) .== BitVector(0)),
          Claim(.pageSize, field(PowerField(56, 58), operand) .== BitVector(name)),
          Claim(.restEmpty, field(PowerField(59, 63), operand) .== BitVector(0)),
        ]
      }
      return Lemma.Statement(goals: goals, witnesses: [("address", address)])
    }
  }
}

extension Clause {
  private static func field(_ name: String, _ text: String) -> Clause {
    Clause(name, .alignment, text)
  }

  static let rootAddress = field("root", "leads the hardware to the root")
  static let rootSize = field("root-size", "says how large the root is")
  static let treeSize = field("tree-size", "says how many bits the tree translates")
  static let linkAddress = field("table", "leads the hardware to the table")
  static let linkSize = field("table-size", "says how large the table is")
  static let isLink = field("link", "is a valid entry, and no leaf, where it links")
  static let leafBits = field("bits", "has a leaf's bits where the hardware has them")
  static let losesNoBit = field("no-bit-lost", "loses no bit of the address")
  static let firstByte = field("first-byte", "names the page's first byte")
  static let onePage = field("one-page", "is about one page")
  static let pageSize = field("size", "names the page's size")
  static let restEmpty = field("rest", "leaves the rest empty")
}
