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

  private static func theorem(_ name: String, _ statement: String, _ bounds: String) -> Theorem {
    Theorem(
      name: "partition.\(name)",
      family: .alignment,
      statement: statement,
      bounds: bounds,
      scale: .real
    )
  }

  private static var entries: Lemma {
    let theorem = theorem(
      "fields",
      "entries that lead to tables, and the bits of leaves, are what the hardware reads",
      "every aligned table below 2^60"
    )
    return Lemma(theorem: theorem) { context in
      let (table, word) = (context.variable("table"), context.variable("word"))
      let base = BitVector(RadixField.nextBase.mask)
      var goals: [(claim: String, formula: Formula)] = []
      func goal(_ claim: String, _ formula: Formula) { goals.append((claim, formula)) }
      let root = table & BitVector(RadixField.rootBase.mask & ~0xffff)
      let entry = RadixLayout.partitionEntry(root: root, rootBits: 13, addressBits: 52)
      goal("leads to the root", entry & BitVector(RadixField.rootBase.mask) .== root)
      goal("says the root's size", field(RadixField.rootSize, entry) .== BitVector(13))
      let treeSize =
        field(RadixField.treeSizeHigh, entry) &<< 3 | field(RadixField.treeSizeLow, entry)
      goal("says the tree's size", treeSize .== BitVector(52 - 31))
      for bits: UInt64 in [9, 5] {
        let place = table & BitVector(RadixField.nextBase.mask & ~(8 << bits - 1))
        let link = RadixLayout.link(to: place, bits: bits)
        goal("leads to the table", link & base .== place)
        goal("says the table's size", field(RadixField.nextSize, link) .== BitVector(bits))
        goal("is valid", field(RadixField.valid, link) .== BitVector(1))
        goal("is no leaf", field(RadixField.leaf, link) .== BitVector(0))
      }
      let masks: [(String, UInt64, PowerField)] = [
        ("reference", RadixLayout.reference, RadixField.reference),
        ("change", RadixLayout.change, RadixField.change),
        ("attributes", RadixLayout.attributes, RadixField.attributes),
      ]
      for (name, mask, field) in masks {
        goal("takes the \(name) field", word & BitVector(mask) .== word & BitVector(field.mask))
      }
      return Lemma.Statement(goals: goals, witnesses: [("table", table), ("word", word)])
    }
  }

  private static func indices(pageShift: UInt64) -> Lemma {
    let configuration = PartitionConfiguration(pageShift: pageShift)
    let theorem = theorem(
      "indices.\(size(pageShift))",
      "indices stay inside their tables, and make up the address with its page's offset",
      "every address, tables of 13, 9, 9 and \(configuration.lastBits) bits"
    )
    return Lemma(theorem: theorem) { context in
      let address = context.variable("address")
      var rebuilt = address & BitVector(1 << pageShift - 1)
      var goals: [(claim: String, formula: Formula)] = []
      for level in 0...3 {
        let (shift, bits) = (configuration.shift(of: level), configuration.bits(of: level))
        let index = RadixLayout.index(of: address, shift: shift, bits: bits)
        goals.append(("stays inside a level-\(level) table", index .< BitVector(1 << bits)))
        rebuilt = rebuilt | index &<< shift
      }
      goals.append(
        ("loses no bit of the address", rebuilt .== (address & BitVector(1 << 52 - 1)))
      )
      return Lemma.Statement(goals: goals, witnesses: [("address", address)])
    }
  }

  private static func operands(pageShift: UInt64) -> Lemma {
    let configuration = PartitionConfiguration(pageShift: pageShift)
    let theorem = theorem(
      "operands.\(size(pageShift))",
      "a tlbie names the first byte of the leaf that translates the address, and the leaf's size",
      "every address, leaves of \(size(pageShift)), 2M and 1G"
    )
    return Lemma(theorem: theorem) { context in
      let address = context.variable("address")
      var goals: [(claim: String, formula: Formula)] = []
      for level in 0...2 {
        let shift = configuration.shift(of: level)
        let operand = RadixLayout.operand(
          of: address,
          shift: shift,
          sizeName: RadixLayout.sizeName(level: level, pageShift: pageShift)
        )
        let name = RadixPageSize(rawValue: 1 << shift)?.actualPageSize ?? 7
        goals += [
          (
            "names the page's first byte",
            operand & BitVector(PowerField(0, 51).mask) .== address & BitVector(~(1 << shift - 1))
          ),
          ("is about one page", field(PowerField(52, 55), operand) .== BitVector(0)),
          ("names the page's size", field(PowerField(56, 58), operand) .== BitVector(name)),
          ("leaves the rest empty", field(PowerField(59, 63), operand) .== BitVector(0)),
        ]
      }
      return Lemma.Statement(goals: goals, witnesses: [("address", address)])
    }
  }
}
