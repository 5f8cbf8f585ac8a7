import Machines
import Symbolic
import Walkers

/// Judges a path's cleans of the data cache and invalidations of the instruction cache, byte by byte.
///
/// Where write-back is not forced a guest may read memory around the data cache, so what it is given
/// is cleaned first, and what it is to lose is cleaned when it can write it no more. What becomes
/// executable must not be in the instruction cache as it was. Not established: that what was cleaned
/// stays clean.
/// Reference: Arm ARM DDI 0487, "Mismatched memory attributes" and "Synchronization and coherency
/// issues between data and instruction accesses".
struct CacheMaintenanceProof {
  /// Memory that was cleaned, or invalidated, by one operation.
  private struct Operation {
    let position: Int
    let address: BitVector
    let sizeInBytes: BitVector
  }

  /// A leaf that is, or was, in an entry.
  private struct Leaf {
    let descriptor: BitVector
    let level: LookupLevel
  }

  let stores: BreakBeforeMakeProof
  let forcesWriteBack: Bool
  /// Whether the caller gets back what is unmapped, so that it must not be in any cache.
  let cleansUnmapped: Bool
  private(set) var claims: [Claim] = []
  private var cleaned: [Operation] = []
  private var freshened: [Operation] = []
  /// Leaves that were written or taken out.
  private var changed: [Leaf] = []
  /// Leaves that became executable.
  private var executable: [(leaf: Leaf, became: Formula)] = []

  private var machine: SymbolicMachine { stores.memory.machine }
  private var decoder: Decoder { stores.memory.decoder }
  private func decide(_ formula: Formula) -> Bool { machine.explorer.decide(formula) }
  /// Any byte of memory.
  private var byte: BitVector { machine.explorer.context.variable("byte") }

  init(stores: BreakBeforeMakeProof, forcesWriteBack: Bool, cleansUnmapped: Bool) {
    self.stores = stores
    self.forcesWriteBack = forcesWriteBack
    self.cleansUnmapped = cleansUnmapped
  }

  /// Judges the whole path of a call that maps, unmaps or changes leaves.
  mutating func judge() {
    for (position, event) in machine.trace.enumerated() {
      switch event {
      case .clean(let address, let size):
        cleaned.append(Operation(position: position, address: address, sizeInBytes: size))
      case .invalidateInstructions(let address, let size):
        freshened.append(Operation(position: position, address: address, sizeInBytes: size))
      case .store(let table, _, let old, let new, _):
        store(old, new, level: machine.tables[table.number].level)
      default: break
      }
    }
    if cleansUnmapped, !forcesWriteBack { judgeUnmapped() }
    judgeNeed()
  }

  private mutating func store(_ old: BitVector, _ new: BitVector, level: LookupLevel) {
    let wasLeaf = decide(decoder.isLeaf(old, level: level))
    if wasLeaf { changed.append(Leaf(descriptor: old, level: level)) }
    guard decide(decoder.isLeaf(new, level: level)) else { return }
    let leaf = Leaf(descriptor: new, level: level)
    let isSame = ((old ^ new) & BitVector(~Decoder.harmless)) .== BitVector(0)
    let isInstall = wasLeaf ? .!isSame : Formula(true)
    if !forcesWriteBack {
      let mustBeClean = isWriteBack(leaf) .& isInstall
      claims.append(Claim(.cleansBeforeMapping, .implies(mustBeClean, isWithin(leaf, cleaned))))
    }
    changed.append(leaf)
    let wasExecutable = wasLeaf ? decoder.isExecutable(old) : Formula(false)
    let becomes = decoder.isExecutable(new) .& (isInstall .| .!wasExecutable)
    executable.append((leaf, becomes))
    claims.append(Claim(.freshensInstructions, .implies(becomes, isWithin(leaf, freshened))))
  }

  /// What was unmapped is cleaned when no translation of it is left.
  private mutating func judgeUnmapped() {
    for broken in stores.breaks where !broken.isTable && !broken.isChange {
      let leaf = Leaf(descriptor: broken.old, level: stores.memory.level(broken.name))
      let late = cleaned.filter { $0.position > broken.doneAt ?? .max }
      claims.append(Claim(.cleansAfter, .implies(isWriteBack(leaf), isWithin(leaf, late))))
    }
  }

  /// Nothing is maintained that needs it not.
  private mutating func judgeNeed() {
    for operation in cleaned {
      let isNeeded = Formula.any(changed.map { isWriteBack($0) .& contains($0) })
      claims.append(Claim(.cleansNoneElse, .implies(contains(operation), isNeeded)))
    }
    for operation in freshened {
      let isNeeded = Formula.any(executable.map { $0.became .& contains($0.leaf) })
      claims.append(Claim(.freshensNoneElse, .implies(contains(operation), isNeeded)))
    }
  }

  /// Judges a flush: exactly the write-back leaves that the range touches are cleaned.
  mutating func judgeFlush(of pages: [BitVector]) {
    for case .clean(let address, let size) in machine.trace {
      cleaned.append(Operation(position: 0, address: address, sizeInBytes: size))
    }
    var assumptions: [Formula] = []
    let isOwed = pages.map { page in
      var walk = TableWalk(memory: stores.memory, address: page)
      let found = walk.before()
      assumptions += walk.assumptions
      let isWriteBack = decoder.isWriteBack(found.attributes, forcesWriteBack: forcesWriteBack)
      return found.isMapped .& isWriteBack .& contains(found)
    }
    let assumed = Formula.all(assumptions)
    let isCleaned = Formula.any(cleaned.map(contains))
    for owed in isOwed {
      claims.append(Claim(.flushes, .implies(assumed .& owed, isCleaned)))
    }
    for operation in cleaned {
      let isNeeded = Formula.any(isOwed)
      claims.append(Claim(.flushesNoneElse, .implies(assumed .& contains(operation), isNeeded)))
    }
  }

  private func isWriteBack(_ leaf: Leaf) -> Formula {
    decoder.isWriteBack(leaf.descriptor, forcesWriteBack: forcesWriteBack)
  }

  /// Whether operations are over all of a leaf's memory: over any byte of it.
  private func isWithin(_ leaf: Leaf, _ operations: [Operation]) -> Formula {
    let offset = byte & BitVector(decoder.span(leaf.level) - 1)
    let any = decoder.address(leaf.descriptor) | offset
    return Formula.any(operations.map { any &- $0.address .< $0.sizeInBytes })
  }

  private func contains(_ operation: Operation) -> Formula {
    byte &- operation.address .< operation.sizeInBytes
  }

  private func contains(_ leaf: Leaf) -> Formula {
    let start = byte & BitVector(~(decoder.span(leaf.level) - 1))
    return start .== decoder.address(leaf.descriptor)
  }

  private func contains(_ translation: SymbolicTranslation) -> Formula {
    Formula.any(
      (max(1, machine.shape.startLevel)...Decoder.lastLevel).map { level in
        let offset = BitVector(~(decoder.span(level) - 1))
        return (translation.level .== BitVector(UInt64(level.number)))
          .& ((byte & offset) .== (translation.output & offset))
      }
    )
  }
}

extension Scenario {
  /// What is claimed of the caches.
  func cacheClaims(
    _ stores: BreakBeforeMakeProof,
    _ result: Errno,
    _ call: Call<BitVector>,
    _ sizeInBytes: UInt64
  ) -> [Claim] {
    var caches = CacheMaintenanceProof(
      stores: stores,
      forcesWriteBack: forcesWriteBack,
      cleansUnmapped: operation == .unmap
    )
    guard case .flush(let ipa, _) = call else {
      caches.judge()
      return caches.claims
    }
    let first = ipa & BitVector(~(geometry.pageSize - 1))
    let offsets = stride(from: 0, to: result == .ok ? sizeInBytes : 0, by: Int(geometry.pageSize))
    caches.judgeFlush(of: offsets.map { first &+ BitVector($0) })
    return caches.claims
  }
}

extension Clause {
  /// The clauses of a call that maps memory which a guest may read around the data cache.
  static let cachesBefore: [Clause] = [.cleansBeforeMapping, .cleansNoneElse]
  /// Those of a call that may make memory executable.
  static let instructionsBefore: [Clause] = [.freshensInstructions, .freshensNoneElse]
  /// Those of a call that unmaps it.
  static let cachesAfter: [Clause] = [.cleansAfter, .cleansNoneElse]

  static let cleansBeforeMapping = Clause(
    "cleans-first",
    .caches,
    "cleans every byte of write-back memory before the leaf that maps it can be seen"
  )
  static let cleansAfter = Clause(
    "cleans-after",
    .caches,
    "cleans every byte of write-back memory that it unmapped when no translation of it is left"
  )
  static let cleansNoneElse = Clause(
    "cleans-none-else",
    .caches,
    "cleans no memory but that of write-back leaves that it wrote or took out"
  )
  static let freshensInstructions = Clause(
    "instructions",
    .caches,
    "invalidates the instruction cache over every byte that becomes executable, before it does"
  )
  static let freshensNoneElse = Clause(
    "instructions-none-else",
    .caches,
    "invalidates the instruction cache over nothing that does not become executable"
  )
  static let flushes = Clause(
    "flushes",
    .caches,
    "cleans every byte of the write-back leaves that the range touches"
  )
  static let flushesNoneElse = Clause(
    "flushes-none-else",
    .caches,
    "cleans no memory but that of write-back leaves that the range touches"
  )
}
