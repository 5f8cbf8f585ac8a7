import Architecture
import Machines
import Symbolic
import Walkers

/// The theorems about the software walk of a guest's radix tables: every register value, every
/// effective address, memory of any size and contents.
struct RadixTheorems: Sendable {
  /// Whether the guest is in problem state; a theorem for each.
  let isProblemState: Bool

  private var theorems: [Theorem] {
    let state = isProblemState ? "problem-state" : "privileged-state"
    let bounds =
      "every address, register and memory, \(isProblemState ? "problem" : "privileged") state, "
      + "trees of 13, 9, 9, and 9 or 5 bits"
    return [Clause.readsNoOther, .readsInTables, .readsWhole, .endsAlike].map { clause in
      Theorem(
        subject: "radix.xlate.\(state)",
        clause: clause,
        actor: "xlate",
        bounds: bounds,
        scale: .real
      )
    }
  }

  /// What some path must end with.
  private var intended: Set<String> {
    ["-EINVAL", "-ENOENT", "-EFAULT", "2^12", "2^16", "2^21", "2^30"]
  }

  var job: ProofJob {
    let theorems = theorems
    return ProofJob(theorems: theorems) { options throws(SolverFault) in
      try PathProof(theorems: theorems, intended: intended).prove(
        options,
        reference: .radix(RadixProofSubject())
      ) { options, explorer in
        outcome(of: options.subject, explorer)
      }
    }
  }

  private func registers(in context: SolverContext) -> RadixRegisters<BitVector> {
    RadixRegisters(
      processTable: context.variable("process table"),
      pid: context.variable("pid") & BitVector(0xffff_ffff),
      amr: context.variable("amr"),
      iamr: context.variable("iamr"),
      isProblemState: isProblemState
    )
  }

  private func outcome(of subject: ProofSubject, _ explorer: PathExplorer) -> PathOutcome {
    let registers = registers(in: explorer.context)
    let address = explorer.context.variable("ea")
    var guest = SymbolicGuest(explorer: explorer)
    let found = subject.translate(address, registers, on: &guest)
    var specification = RadixSpecification(guest: guest, registers: registers, address: address)
    let expected = specification.translate()
    var outcome = PathOutcome(claims: [], reached: [text(found)]) { claim, model in
      counterexample(claim, subject, guest, registers, address, model)
    }
    outcome.claims.append(
      Claim(
        .endsAlike,
        "ends with \(text(expected)) here, not \(text(found))",
        RadixTheorems.isSame(found, expected)
      )
    )
    outcome.claims += readClaims(guest, specification.lookups)
    return outcome
  }

  private func readClaims(
    _ guest: SymbolicGuest,
    _ lookups: [RadixSpecification.Lookup]
  ) -> [Claim] {
    guard guest.reads.count == lookups.count else {
      return [Claim(.readsNoOther, "reads as many entries as the architecture does", isTrue: false)]
    }
    return zip(guest.reads, lookups).flatMap { read, lookup -> [Claim] in
      [
        Claim(.readsNoOther, read .== lookup.address),
        Claim(
          .readsInTables,
          (lookup.base .<= read) .& (read &- lookup.base .< lookup.sizeInBytes)
        ),
        Claim(.readsWhole, (read & BitVector(7)) .== BitVector(0)),
      ]
    }
  }

  private static func isSame(
    _ found: RadixResult<BitVector>,
    _ expected: RadixResult<BitVector>
  ) -> Formula {
    switch (found, expected) {
    case (.refused(let a), .refused(let b)): return Formula(a == b)
    case (.translated(let a), .translated(let b)):
      let isSameAccess =
        a.pageShift == b.pageShift && a.canRead == b.canRead && a.canWrite == b.canWrite
        && a.canExecute == b.canExecute
      return isSameAccess ? a.realAddress .== b.realAddress : Formula(false)
    default: return Formula(false)
    }
  }

  private func text<W: Word>(_ result: RadixResult<W>) -> String {
    switch result {
    case .refused(let error): "\(error)"
    case .translated(let translation): "2^\(translation.pageShift)"
    }
  }

  /// The guest of a model, walked on plain memory.
  private func counterexample(
    _ claim: String,
    _ subject: ProofSubject,
    _ guest: SymbolicGuest,
    _ registers: RadixRegisters<BitVector>,
    _ address: BitVector,
    _ model: Model
  ) -> ProofCounterexample {
    var memory = GuestMemory(sizeInBytes: model.value(of: guest.size))
    let places = guest.reads.map { (at: model.value(of: $0), value: guest.doubleword(at: $0)) }
    for place in places { memory.write(model.value(of: place.value), at: place.at) }
    let concrete = RadixRegisters(
      processTable: model.value(of: registers.processTable),
      pid: model.value(of: registers.pid),
      amr: model.value(of: registers.amr),
      iamr: model.value(of: registers.iamr),
      isProblemState: isProblemState
    )
    let effectiveAddress = model.value(of: address)
    let result = subject.translate(effectiveAddress, concrete, on: &memory)
    return ProofCounterexample(
      claim: claim,
      operation: "xlate(\(hex(effectiveAddress)), pid \(hex(concrete.pid)), process table "
        + "\(hex(concrete.processTable)), amr \(hex(concrete.amr)), iamr \(hex(concrete.iamr)))"
        + " = \(text(result))",
      before: places.map { "\(hex($0.at)): \(memory.doubleword(at: $0.at).map(hex) ?? "none")" },
      events: memory.reads.map { "read \(hex($0))" },
      isReplayed: memory.reads == places.map(\.at)
    )
  }
}

extension ProofSubject {
  /// Translates an address by a software walk.
  func translate<M: GuestMachine>(
    _ address: M.W,
    _ registers: RadixRegisters<M.W>,
    on machine: inout M
  ) -> RadixResult<M.W> {
    if case .radix(let radix) = self {
      return SteppedTranslator(faults: radix.translate).translate(address, registers, on: &machine)
    }
    return RadixTranslator.translate(address, registers, on: &machine)
  }
}

/// What is read from registers and entries: by the walk, but where a lemma is tried.
struct RadixDecoding: Sendable {
  /// Where the next table's base is.
  var nextBase = RadixLayout.nextBase
  /// How many address bits a tree resolves, by the entry that leads to it.
  var treeBits: @Sendable (_ entry: BitVector) -> BitVector = { RadixLayout.treeBits(of: $0) }
  /// The fields of a leaf.
  var leaf = [
    RadixField.valid, RadixField.leaf, RadixField.realPage, RadixField.reference,
    RadixField.change, RadixField.privileged, RadixField.read, RadixField.write,
    RadixField.execute,
  ]
  /// How many address bits a table resolves.
  var tableBits: @Sendable (_ level: RadixLevel) -> UInt64 = { RadixLayout.bits(at: $0) }
  /// The index for an address in a table of so many bits, whose entries have 2^`shift` bytes.
  var index: @Sendable (_ address: BitVector, _ shift: UInt64, _ bits: UInt64) -> BitVector = {
    RadixLayout.index(of: $0, shift: $1, bits: $2)
  }
}

/// The theorems about the fields and indices of radix tables, at full width.
enum RadixFields {
  static var lemmas: [Lemma] { lemmas(of: RadixDecoding()) }

  static func lemmas(of decoding: RadixDecoding) -> [Lemma] {
    [fields(decoding), indices(decoding, lastBits: 9), indices(decoding, lastBits: 5)]
  }

  private static func fields(_ decoding: RadixDecoding) -> Lemma {
    Lemma(
      "radix.fields",
      actor: "the walk",
      bounds: "every doubleword",
      clauses: [.takesField, .treeBits, .fieldsApart]
    ) { context in
      let word = context.variable("word")
      func masks(_ mask: UInt64, _ field: PowerField) -> Formula {
        (word & BitVector(mask)) .== (word & BitVector(field.mask))
      }
      func value(_ field: PowerField) -> BitVector {
        (word & BitVector(field.mask)) &>> (63 - field.last)
      }
      let high = value(RadixField.treeSizeHigh) &<< 3
      return Lemma.Statement(
        goals: [
          Claim(
            .takesField,
            "takes the process table's base",
            masks(RadixLayout.processTableBase, RadixField.processTableBase)
          ),
          Claim(
            .takesField,
            "takes the process table's size",
            masks(RadixLayout.processTableSize, RadixField.processTableSize)
          ),
          Claim(
            .takesField,
            "takes the root's base",
            masks(RadixLayout.rootBase, RadixField.rootBase)
          ),
          Claim(
            .takesField,
            "takes the next table's base",
            masks(decoding.nextBase, RadixField.nextBase)
          ),
          Claim(
            .takesField,
            "takes a table's size",
            masks(RadixLayout.sizeField, RadixField.nextSize)
          ),
          Claim(
            .takesField,
            "takes the real page",
            masks(RadixLayout.realAddress, RadixField.realPage)
          ),
          Claim(
            .treeBits,
            decoding.treeBits(word)
              .== ((high | value(RadixField.treeSizeLow)) &+ BitVector(31))
          ),
          Claim(
            .fieldsApart,
            "keeps the fields of a process's entry apart",
            Formula(
              areApart([
                RadixField.treeSizeHigh, RadixField.rootBase, RadixField.treeSizeLow,
                RadixField.rootSize,
              ])
            )
          ),
          Claim(
            .fieldsApart,
            "keeps the fields of a leaf apart",
            Formula(
              areApart(decoding.leaf)
            )
          ),
        ],
        witnesses: [("word", word)]
      )
    }
  }

  private static func areApart(_ fields: [PowerField]) -> Bool {
    fields.map(\.mask.nonzeroBitCount).reduce(0, +)
      == fields.map(\.mask).reduce(0, |).nonzeroBitCount
  }

  private static func indices(_ decoding: RadixDecoding, lastBits: UInt64) -> Lemma {
    Lemma(
      "radix.indices.\(lastBits == 9 ? "4K" : "64K")",
      actor: "an index",
      bounds: "every address, tables of 13, 9, 9 and \(lastBits) bits",
      clauses: [.staysInTable, .losesNoBit]
    ) { context in
      let address = context.variable("address")
      var shift = RadixLayout.treeBits
      var rebuilt = BitVector(0)
      var goals: [Claim] = []
      for level in stride(from: RadixLevel.root, through: .last, by: -1) {
        let bits = level == 0 ? lastBits : decoding.tableBits(level)
        shift -= bits
        let index = decoding.index(address, shift, bits)
        goals.append(Claim(.staysInTable, index .< BitVector(1 << bits)))
        rebuilt = rebuilt | index &<< shift
      }
      rebuilt = rebuilt | address & BitVector(1 << shift - 1)
      goals.append(Claim(.losesNoBit, rebuilt .== (address & BitVector(1 << 52 - 1))))
      return Lemma.Statement(goals: goals, witnesses: [("address", address)])
    }
  }
}

extension Clause {
  static let readsNoOther = Clause(
    "reads-alike",
    .memory,
    "reads the entries that the architecture reads, and no other"
  )
  static let readsInTables = Clause(
    "reads-in-tables",
    .memory,
    "reads inside the tables that registers and entries denote"
  )
  static let readsWhole = Clause("reads-whole", .memory, "reads whole entries")
  static let endsAlike = Clause(
    "ends-alike",
    .refinement,
    "ends as the architecture's walk does, permissions included"
  )
  static let takesField = Clause(
    "fields",
    .alignment,
    "takes the architecture's fields from registers and entries"
  )
  static let treeBits = Clause(
    "tree-size",
    .alignment,
    "puts the two parts of a tree's size together"
  )
  static let fieldsApart = Clause(
    "apart",
    .alignment,
    "is told of no field that overlaps another"
  )
}
