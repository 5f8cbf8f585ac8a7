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
  /// What places and encodes its entries.
  var encoding: TableEncoding
  private var decoder: Decoder { Decoder(geometry: geometry) }
  private var levels: ClosedRange<LookupLevel> { geometry.startLevel...Decoder.lastLevel }
  private var leafLevels: ClosedRange<LookupLevel> { geometry.firstBlockLevel...Decoder.lastLevel }

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
    encoding = TableEncoding(geometry)
  }

  /// The tables of an older walker.
  init(_ configuration: ArmUnmapConfiguration) {
    label = "arm-unmap\(configuration.isHyp ? "-hyp" : "").\(configuration.layout.name)"
    geometry = Geometry(configuration)
    encoding = TableEncoding(geometry)
  }

  var lemmas: [Lemma] { places + [descriptors, attributes] }

  /// Those that are about where an entry is, and not about what is in it.
  var places: [Lemma] { [blocks, tables, indices, nextAddress] }

  private func lemma(
    _ name: String,
    _ actor: String,
    _ clauses: [Clause],
    _ make: @escaping @Sendable (SolverContext) -> Lemma.Statement
  ) -> Lemma {
    Lemma(
      "alignment.\(name).\(label)",
      actor: actor,
      bounds:
        "every address, \(geometry.pageSize >> 10)K granule, levels \(levels.lowerBound) to 3, "
        + "\(geometry.outputAddressBits)-bit output",
      clauses: clauses,
      statement: make
    )
  }

  private var blocks: Lemma {
    lemma("blocks", "the choice of a leaf", [.fitsExactly]) { context in
      let input = context.variable("input")
      let output = context.variable("output")
      let remaining = context.variable("remaining")
      let goals = leafLevels.map { level in
        let span = BitVector(decoder.span(level))
        let offset = span &- BitVector(1)
        let fits = encoding.fits(level, input, output, remaining)
        let isAllowed =
          ((input & offset) .== BitVector(0)) .& ((output & offset) .== BitVector(0))
          .& (span .<= remaining)
        return Claim(
          .fitsExactly,
          "chooses a level-\(level) leaf exactly where it fits",
          Formula.equivalent(fits, isAllowed)
        )
      }
      return Lemma.Statement(
        goals: goals,
        witnesses: [("input", input), ("output", output), ("remaining", remaining)]
      )
    }
  }

  private var descriptors: Lemma {
    lemma(
      "descriptors",
      "the encoding of a leaf",
      [.keepsOutput, .makesLeaf, .keepsAttributes, .readsBack]
    ) { context in
      let output = context.variable("output")
      let protection = context.variable("protection") & BitVector(Protection.all)
      let attributes = encoding.attributes(protection, false)
      let field = BitVector(decoder.addressField | 0b11)
      let goals = leafLevels.flatMap { level -> [Claim] in
        let leaf = encoding.leaf(output, attributes, level)
        return [
          Claim(.keepsOutput, decoder.address(leaf) .== output),
          Claim(.makesLeaf, decoder.isLeaf(leaf, level: level)),
          Claim(.keepsAttributes, (leaf & ~field) .== (attributes & ~field)),
          Claim(.readsBack, encoding.output(leaf) .== output),
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
    lemma(
      "attributes",
      "the encoding of a protection",
      [
        .staysOutOfAddress, .givesReading, .givesWriting, .givesExecution, .givesMemoryType,
        .keepsSoftwareBits,
      ]
    ) { context in
      let protection = context.variable("protection") & BitVector(Protection.all)
      var goals: [Claim] = []
      for forcesWriteBack in [false, true] {
        let bits = encoding.attributes(protection, forcesWriteBack)
        func has(_ bit: UInt64) -> Formula { (protection & BitVector(bit)) .!= BitVector(0) }
        func isSet(_ bit: UInt64) -> Formula { (bits & BitVector(1 << bit)) .!= BitVector(0) }
        let memory = (bits &>> 2) & BitVector(0b1111)
        let normal = BitVector(forcesWriteBack ? 0b0110 : 0b1111)
        goals += [
          Claim(.staysOutOfAddress, (bits & BitVector(decoder.addressField)) .== BitVector(0)),
          Claim(.givesReading, Formula.equivalent(isSet(6), has(Protection.read))),
          Claim(.givesWriting, Formula.equivalent(isSet(7), has(Protection.write))),
          Claim(.givesExecution, Formula.equivalent(.!isSet(54), has(Protection.execute))),
          Claim(
            .givesMemoryType,
            memory .== BitVector.select(has(Protection.device), BitVector(0b0001), normal)
          ),
          Claim(
            .keepsSoftwareBits,
            (bits & BitVector(Protection.software))
              .== (protection & BitVector(Protection.software))
          ),
        ]
      }
      return Lemma.Statement(goals: goals, witnesses: [("protection", protection)])
    }
  }

  private var tables: Lemma {
    lemma("tables", "the encoding of a link", [.keepsTable, .makesTable]) { context in
      let address = context.variable("address")
      let table = encoding.table(address)
      return Lemma.Statement(
        assumptions: [
          address .< BitVector(1 << geometry.outputAddressBits),
          (address & BitVector(geometry.pageSize - 1)) .== BitVector(0),
        ],
        goals: [
          Claim(.keepsTable, decoder.address(table) .== address),
          Claim(.makesTable, decoder.isTable(table, level: geometry.startLevel)),
        ],
        witnesses: [("address", address)]
      )
    }
  }

  private var indices: Lemma {
    lemma("indices", "an index", [.staysInTable, .staysInRoot, .findsRootEntry]) { context in
      let address = context.variable("address")
      let count = BitVector(1 << geometry.bitsPerLevel)
      var goals = levels.map { level in
        Claim(
          .staysInTable,
          "stays inside a level-\(level) table",
          encoding.index(address, level) .< count
        )
      }
      let number = encoding.rootIndex(address)
      goals.append(Claim(.staysInRoot, number .< BitVector(UInt64(geometry.rootPageCount))))
      let index = encoding.index(address, geometry.startLevel)
      goals.append(
        Claim(
          .findsRootEntry,
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
    lemma(
      "next-address",
      "the next address",
      [.goesUp, .goesToBoundary, .skipsNothing, .staysInEntry]
    ) { context in
      let cursor = context.variable("cursor")
      let goals = levels.flatMap { level -> [Claim] in
        let next = encoding.next(cursor, level)
        let span = BitVector(decoder.span(level))
        return [
          Claim(.goesUp, "goes up at level \(level)", cursor .< next),
          Claim(
            .goesToBoundary,
            "goes to a level-\(level) boundary",
            (next & (span &- BitVector(1))) .== BitVector(0)
          ),
          Claim(.skipsNothing, "skips nothing at level \(level)", (next &- cursor) .<= span),
          Claim(
            .staysInEntry,
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

extension ArmUnmapConfiguration.Layout {
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

extension Clause {
  static let fitsExactly = Clause(
    "fits-exactly",
    .alignment,
    "takes one of a level exactly where input, output and size allow it"
  )
  static let keepsOutput = Clause("output", .alignment, "keeps the output address")
  static let makesLeaf = Clause("kind", .alignment, "makes a leaf of its level")
  static let keepsAttributes = Clause("attributes", .alignment, "keeps the attributes")
  static let readsBack = Clause(
    "reads-back",
    .alignment,
    "is undone by the walker's own decoding"
  )
  static let staysOutOfAddress = Clause(
    "apart",
    .alignment,
    "stays out of the output address"
  )
  static let givesReading = Clause("read", .alignment, "gives reading if asked to")
  static let givesWriting = Clause("write", .alignment, "gives writing if asked to")
  static let givesExecution = Clause(
    "execute",
    .alignment,
    "gives execution if asked to"
  )
  static let givesMemoryType = Clause(
    "memory-type",
    .alignment,
    "gives the memory type asked for"
  )
  static let keepsSoftwareBits = Clause("software", .alignment, "keeps software bits")
  static let keepsTable = Clause("address", .alignment, "keeps the table's address")
  static let makesTable = Clause("kind", .alignment, "makes a table")
  static let staysInTable = Clause("in-table", .alignment, "stays inside its table")
  static let staysInRoot = Clause(
    "in-root",
    .alignment,
    "stays inside the concatenated root"
  )
  static let findsRootEntry = Clause(
    "root-entry",
    .alignment,
    "of the root's page and in it is the entry's number in the root"
  )
  static let goesUp = Clause("up", .alignment, "is above the one before")
  static let goesToBoundary = Clause(
    "boundary",
    .alignment,
    "is where an entry's span begins"
  )
  static let skipsNothing = Clause("no-skip", .alignment, "skips no entry")
  static let staysInEntry = Clause(
    "in-entry",
    .alignment,
    "is the first that another entry translates"
  )
}
