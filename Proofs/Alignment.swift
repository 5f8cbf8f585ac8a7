import Machines
import Symbolic
import Walkers

/// The theorems about addresses, indices and descriptors, for one geometry at full width.
///
/// The walkers' own functions on one side, the architecture's layout, as `Decoder` has it, on the
/// other.
struct Alignment {
  /// The geometry in a word.
  let label: String
  let geometry: Geometry
  private var decoder: Decoder { Decoder(geometry: geometry) }
  private var encoding: Encoding { Encoding(pageShift: geometry.pageShift) }
  private var levels: ClosedRange<Int> { geometry.startLevel...Decoder.lastLevel }
  private var leafLevels: ClosedRange<Int> { geometry.firstBlockLevel...Decoder.lastLevel }

  /// The stage-2 tables of a granule, 48 bits in.
  init(_ granule: Granule) {
    label = "\(granule)"
    geometry = Geometry(
      Stage2Configuration(
        granule: granule,
        inputAddressBits: 48,
        outputAddressBits: granule == .size64K ? 52 : 48
      )
    )
  }

  /// The tables of an older walker.
  init(_ configuration: LadderConfiguration) {
    label = "ladder\(configuration.isHyp ? "-hyp" : "").\(configuration.layout.name)"
    geometry = Geometry(configuration)
  }

  var lemmas: [Lemma] { places + [descriptors, attributes] }

  /// Those that are about where an entry is, and not about what is in it.
  var places: [Lemma] { [blocks, tables, indices, nextAddress] }

  private func lemma(
    _ name: String,
    _ statement: String,
    _ make: @escaping @Sendable (SolverContext) -> Lemma.Statement
  ) -> Lemma {
    let theorem = Theorem(
      name: "alignment.\(name).\(label)",
      family: .alignment,
      statement: statement,
      bounds:
        "every address, \(geometry.pageSize >> 10)K granule, levels \(levels.lowerBound) to 3, "
        + "\(geometry.outputAddressBits)-bit output",
      scale: .real
    )
    return Lemma(theorem: theorem, statement: make)
  }

  private var blocks: Lemma {
    lemma("blocks", "a block is chosen only where input, output and size allow it") { context in
      let input = context.variable("input")
      let output = context.variable("output")
      let remaining = context.variable("remaining")
      let goals = leafLevels.map { level in
        let span = BitVector(decoder.span(level))
        let offset = span &- BitVector(1)
        let fits = geometry.leafFits(at: level, input: input, output: output, remaining: remaining)
        let isAllowed =
          ((input & offset) .== BitVector(0)) .& ((output & offset) .== BitVector(0))
          .& (span .<= remaining)
        return (
          "chooses a level-\(level) leaf exactly where it fits", Formula.equivalent(fits, isAllowed)
        )
      }
      return Lemma.Statement(
        goals: goals,
        witnesses: [("input", input), ("output", output), ("remaining", remaining)]
      )
    }
  }

  private var descriptors: Lemma {
    lemma("descriptors", "a leaf's output address, kind and attributes survive encoding") {
      context in
      let output = context.variable("output")
      let protection = context.variable("protection") & BitVector(Protection.all)
      let attributes = Encoding.stage2Attributes(protection, forcesWriteBack: false)
      let field = BitVector(decoder.addressField | 0b11)
      let goals = leafLevels.flatMap { level -> [(claim: String, formula: Formula)] in
        let leaf = encoding.leaf(output, attributes: attributes, level: level)
        return [
          ("keeps a level-\(level) output address", decoder.address(leaf) .== output),
          ("makes a level-\(level) leaf", decoder.isLeaf(leaf, level: level)),
          ("keeps a level-\(level) leaf's attributes", (leaf & ~field) .== (attributes & ~field)),
          ("reads its own address back", encoding.output(of: leaf) .== output),
        ]
      }
      return Lemma.Statement(
        assumptions: [
          output .< BitVector(1 << geometry.outputAddressBits),
          (output & BitVector(geometry.pageSize - 1)) .== BitVector(0),
        ],
        goals: goals,
        witnesses: [("output", output), ("protection", protection)]
      )
    }
  }

  private var attributes: Lemma {
    lemma("attributes", "attributes say what the protection says, and stay out of the address") {
      context in
      let protection = context.variable("protection") & BitVector(Protection.all)
      var goals: [(claim: String, formula: Formula)] = []
      for forcesWriteBack in [false, true] {
        let bits = Encoding.stage2Attributes(protection, forcesWriteBack: forcesWriteBack)
        func has(_ bit: UInt64) -> Formula { (protection & BitVector(bit)) .!= BitVector(0) }
        func isSet(_ bit: UInt64) -> Formula { (bits & BitVector(1 << bit)) .!= BitVector(0) }
        let memory = (bits &>> 2) & BitVector(0b1111)
        let normal = BitVector(forcesWriteBack ? 0b0110 : 0b1111)
        goals += [
          ("stays out of the address", (bits & BitVector(decoder.addressField)) .== BitVector(0)),
          ("gives reading", Formula.equivalent(isSet(6), has(Protection.read))),
          ("gives writing", Formula.equivalent(isSet(7), has(Protection.write))),
          ("gives execution", Formula.equivalent(.!isSet(54), has(Protection.execute))),
          (
            "gives the memory type",
            memory .== BitVector.select(has(Protection.device), BitVector(0b0001), normal)
          ),
          (
            "keeps software bits",
            (bits & BitVector(Protection.software))
              .== (protection & BitVector(Protection.software))
          ),
        ]
      }
      return Lemma.Statement(goals: goals, witnesses: [("protection", protection)])
    }
  }

  private var tables: Lemma {
    lemma("tables", "a table's address survives encoding") { context in
      let address = context.variable("address")
      let table = encoding.table(at: address)
      return Lemma.Statement(
        assumptions: [
          address .< BitVector(1 << geometry.outputAddressBits),
          (address & BitVector(geometry.pageSize - 1)) .== BitVector(0),
        ],
        goals: [
          ("keeps a table's address", decoder.address(table) .== address),
          ("makes a table", decoder.isTable(table, level: geometry.startLevel)),
        ],
        witnesses: [("address", address)]
      )
    }
  }

  private var indices: Lemma {
    lemma("indices", "indices stay inside their table, the root's inside the concatenated root") {
      context in
      let address = context.variable("address")
      let count = BitVector(1 << geometry.bitsPerLevel)
      var goals = levels.map { level in
        (
          claim: "stays inside a level-\(level) table",
          formula: geometry.index(of: address, at: level) .< count
        )
      }
      let number: BitVector = geometry.rootIndex(of: address)
      goals.append(
        ("stays inside the root", number .< BitVector(UInt64(geometry.rootPageCount)))
      )
      let index: BitVector = geometry.index(of: address, at: geometry.startLevel)
      goals.append(
        (
          "finds the root's entry",
          (number &<< geometry.bitsPerLevel | index)
            .== (address &>> decoder.shift(geometry.startLevel))
        )
      )
      return Lemma.Statement(
        assumptions: [address .< BitVector(1 << geometry.inputAddressBits)],
        goals: goals,
        witnesses: [("address", address)]
      )
    }
  }

  private var nextAddress: Lemma {
    lemma("next-address", "the next address is larger, aligned, and skips no page") { context in
      let cursor = context.variable("cursor")
      let goals = levels.flatMap { level -> [(claim: String, formula: Formula)] in
        let next = geometry.next(after: cursor, at: level)
        let span = BitVector(decoder.span(level))
        return [
          ("goes up at level \(level)", cursor .< next),
          ("goes to a level-\(level) boundary", (next & (span &- BitVector(1))) .== BitVector(0)),
          ("skips nothing at level \(level)", (next &- cursor) .<= span),
          (
            "stays in the entry until there, at level \(level)",
            ((next &- BitVector(1)) &>> decoder.shift(level))
              .== (cursor &>> decoder.shift(level))
          ),
        ]
      }
      return Lemma.Statement(
        assumptions: [cursor .< BitVector(1 << geometry.inputAddressBits)],
        goals: goals,
        witnesses: [("cursor", cursor)]
      )
    }
  }
}

extension LadderConfiguration.Layout {
  /// The layout in a word.
  var name: String {
    switch self {
    case .lpae: "lpae"
    case .threeLevels: "three-levels"
    case .fourLevels: "four-levels"
    case .twoLevels: "two-levels"
    }
  }
}
