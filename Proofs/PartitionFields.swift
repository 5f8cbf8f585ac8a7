import Architecture
import Machines
import Symbolic
import Walkers

/// The theorems about what is encoded into partition-scoped tables and `tlbie`s, at full width.
enum PartitionFields {
  static var lemmas: [Lemma] {
    [entries] + [12, 16].flatMap { [indices(pageShift: $0), operands(pageShift: $0)] }
  }

  private static func size(_ pageShift: UInt64) -> String { pageShift == 12 ? "4K" : "64K" }

  private static func field(_ field: PowerField, _ word: BitVector) -> BitVector {
    (word & BitVector(field.mask)) &>> (63 - field.last)
  }

  private static var entries: Lemma {
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
      let entry = RadixLayout.partitionEntry(root: root, rootBits: 13, addressBits: 52)
      goal(.rootAddress, entry & BitVector(RadixField.rootBase.mask) .== root)
      goal(.rootSize, field(RadixField.rootSize, entry) .== BitVector(13))
      let treeSize =
        field(RadixField.treeSizeHigh, entry) &<< 3 | field(RadixField.treeSizeLow, entry)
      goal(.treeSize, treeSize .== BitVector(52 - 31))
      for bits: UInt64 in [9, 5] {
        let place = table & BitVector(RadixField.nextBase.mask & ~(8 << bits - 1))
        let link = RadixLayout.link(to: place, bits: bits)
        goal(.linkAddress, link & base .== place)
        goal(.linkSize, field(RadixField.nextSize, link) .== BitVector(bits))
        goal(
          .isLink,
          (field(RadixField.valid, link) .== BitVector(1))
            .& (field(RadixField.leaf, link) .== BitVector(0))
        )
      }
      let masks: [(String, UInt64, PowerField)] = [
        ("reference", RadixLayout.reference, RadixField.reference),
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

  private static func indices(pageShift: UInt64) -> Lemma {
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
      for level in 0...3 {
        let (shift, bits) = (configuration.shift(of: level), configuration.bits(of: level))
        let index = RadixLayout.index(of: address, shift: shift, bits: bits)
        goals.append(Claim(.staysInTable, index .< BitVector(1 << bits)))
        rebuilt = rebuilt | index &<< shift
      }
      goals.append(Claim(.losesNoBit, rebuilt .== (address & BitVector(1 << 52 - 1))))
      return Lemma.Statement(goals: goals, witnesses: [("address", address)])
    }
  }

  private static func operands(pageShift: UInt64) -> Lemma {
    let configuration = PartitionConfiguration(pageShift: pageShift)
    return Lemma(
      "partition.operands.\(size(pageShift))",
      actor: "the operand of a tlbie",
      bounds: "every address, leaves of \(size(pageShift)), 2M and 1G",
      clauses: [.firstByte, .onePage, .pageSize, .restEmpty]
    ) { context in
      let address = context.variable("address")
      var goals: [Claim] = []
      for level in 0...2 {
        let shift = configuration.shift(of: level)
        let operand = RadixLayout.operand(
          of: address,
          shift: shift,
          sizeName: RadixLayout.sizeName(level: level, pageShift: pageShift)
        )
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
