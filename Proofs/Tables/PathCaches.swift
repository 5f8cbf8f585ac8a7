import Machines
import Symbolic
import Walkers

/// Judges a path's cache maintenance, byte by byte, by the leaves that it is for.
///
/// Not established: that what was cleaned stays clean.
/// Reference: Arm ARM DDI 0487, "Mismatched memory attributes" and "Synchronization and coherency issues
/// between data and instruction accesses".
struct PathCaches {
  /// Some bytes of output addresses.
  private struct Bytes {
    let start: BitVector
    let sizeInBytes: BitVector

    func contain(_ byte: BitVector) -> Formula {
      (start .<= byte) .& (byte &- start .< sizeInBytes)
    }
  }

  let memory: PathMemory
  private(set) var claims: [Claim] = []
  private var cleaned: [Bytes] = []
  private var invalidated: [Bytes] = []

  init(memory: PathMemory) { self.memory = memory }

  private var decoder: Decoder { memory.decoder }
  private var context: SolverContext { memory.machine.explorer.context }

  /// Whether a stage-2 leaf is normal memory that caches may hold on both levels.
  private func isCacheable(_ descriptor: BitVector) -> Formula {
    (descriptor & BitVector(0b1111 << 2)) .== BitVector(0b1111 << 2)
  }

  private func isExecutable(_ descriptor: BitVector) -> Formula {
    (descriptor & BitVector(1 << 54)) .== BitVector(0)
  }

  private mutating func observe(_ event: SymbolicEvent) {
    switch event {
    case .clean(let start, let size):
      cleaned.append(Bytes(start: start, sizeInBytes: size))
    case .invalidateInstructions(let start, let size):
      invalidated.append(Bytes(start: start, sizeInBytes: size))
    default: break
    }
  }

  /// Judges a call that makes leaves: of a guest's, what it must maintain before; and that it maintains
  /// nothing else.
  mutating func judgeLeaves(isGuest: Bool) {
    var cacheable: [(isSo: Formula, bytes: Bytes)] = []
    var executable: [(isSo: Formula, bytes: Bytes)] = []
    for event in memory.machine.trace {
      observe(event)
      guard isGuest, case .store(let table, let entry, _, let new, _) = event else { continue }
      let name = EntryName(table: table, entry: entry)
      let level = memory.level(name)
      let isLeaf = decoder.isLeaf(new, level: level)
      if isLeaf.constant == false { continue }
      let span = decoder.span(level)
      let bytes = Bytes(start: decoder.address(new), sizeInBytes: BitVector(span))
      cacheable.append((isLeaf .& isCacheable(new), bytes))
      executable.append((isLeaf .& isExecutable(new), bytes))
      judge(new, over: memory.entry(name).initial, level)
    }
    judgeNothingElse(cleaned, cacheable)
    judgeNothingElse(invalidated, executable)
    if cleaned.isEmpty, invalidated.isEmpty {
      claims.append(Claim(.maintainsNothingElse, isTrue: true))
    }
  }

  /// What must have been done before an entry becomes this leaf.
  private mutating func judge(_ new: BitVector, over initial: BitVector, _ level: LookupLevel) {
    let offset = context.variable("byte") & BitVector(decoder.span(level) - 1)
    let byte = decoder.address(new) | offset
    let isLeaf = decoder.isLeaf(new, level: level)
    let isSameMemory =
      decoder.isLeaf(initial, level: level)
      .& (((initial ^ new) & BitVector(~Decoder.harmless)) .== BitVector(0))
    let needsClean = isLeaf .& isCacheable(new) .& .!isSameMemory
    let isClean = Formula.any(cleaned.map { $0.contain(byte) })
    claims.append(Claim(.cleansFirst, Formula.implies(needsClean, isClean)))
    let wasExecutable = isSameMemory .& isExecutable(initial)
    let needsInvalidation = isLeaf .& isExecutable(new) .& .!wasExecutable
    let isInvalidated = Formula.any(invalidated.map { $0.contain(byte) })
    claims.append(
      Claim(.invalidatesInstructionsFirst, Formula.implies(needsInvalidation, isInvalidated))
    )
  }

  private mutating func judgeNothingElse(
    _ done: [Bytes],
    _ needed: [(isSo: Formula, bytes: Bytes)]
  ) {
    let offset = context.variable("byte")
    for bytes in done {
      let isNeeded = needed.map { $0.isSo .& $0.bytes.contain(bytes.start &+ offset) }
      let isInside = offset .< bytes.sizeInBytes
      claims.append(
        Claim(.maintainsNothingElse, Formula.implies(isInside, Formula.any(isNeeded)))
      )
    }
  }

  /// Judges a flush of the leaves that these pages are in.
  mutating func judgeFlush(of pages: [BitVector]) {
    for event in memory.machine.trace { observe(event) }
    let any = context.variable("byte")
    var assumptions: [Formula] = []
    var leaves: [(isSo: Formula, bytes: Bytes)] = []
    for page in pages {
      var walk = TableWalk(memory: memory, address: page)
      let translation = walk.before()
      assumptions += walk.assumptions
      for level in decoder.geometry.firstBlockLevel...Decoder.lastLevel {
        let span = decoder.span(level)
        let isHere = translation.level .== BitVector(UInt64(level.number))
        let start = translation.output & BitVector(~(span - 1))
        let isSo = isHere .& isCacheable(translation.attributes)
        leaves.append((isSo, Bytes(start: start, sizeInBytes: BitVector(span))))
        let byte = start | (any & BitVector(span - 1))
        let isClean = Formula.any(cleaned.map { $0.contain(byte) })
        claims.append(
          Claim(.cleansTouched, Formula.implies(Formula.all(assumptions) .& isSo, isClean))
        )
      }
    }
    for bytes in cleaned {
      let byte = bytes.start &+ any
      let isTouched = Formula.any(leaves.map { $0.isSo .& $0.bytes.contain(byte) })
      let isInside = Formula.all(assumptions) .& (any .< bytes.sizeInBytes)
      claims.append(Claim(.cleansOnlyTouched, Formula.implies(isInside, isTouched)))
    }
  }
}

extension Clause {
  static let cleansFirst = Clause(
    "cleans-first",
    .caches,
    "maps memory cacheable only when every byte of it was cleaned"
  )
  static let invalidatesInstructionsFirst = Clause(
    "instructions-first",
    .caches,
    "makes memory executable only when the instruction cache holds no byte of it"
  )
  static let maintainsNothingElse = Clause(
    "maintains-nothing-else",
    .caches,
    "cleans what it maps cacheable and nothing else, invalidates what it makes executable and nothing "
      + "else"
  )
  static let cleansTouched = Clause(
    "cleans-all",
    .caches,
    "cleans every byte of every cacheable leaf that the range touches"
  )
  static let cleansOnlyTouched = Clause(
    "cleans-nothing-else",
    .caches,
    "cleans no byte of anything else"
  )
}
