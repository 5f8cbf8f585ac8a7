import Machines
import Symbolic
import Walkers

/// What the threads of guest-frame caches owe each other, for one cache of any number, and what is kept in
/// mind of one path.
final class PfnDiscipline: RecordDiscipline {
  /// What the call of the path has to do with invalidations.
  enum Role {
    /// Nothing.
    case user
    /// It begins one.
    case begins(HostRange<BitVector>)
    /// It ends one.
    case ends(HostRange<BitVector>)
  }

  let style: PfnStyle
  let role: Role
  let bounds: PfnBounds
  let context: SolverContext
  /// An address that is watched where the call is an invalidation's.
  let watched: BitVector

  /// Every look-up: what was found, where, and what was kept in mind of the cache then.
  var lookUps: [(frame: BitVector, address: BitVector, passes: BitVector, isOpen: Formula)] = []
  /// Whether the next look-up is one of another round, where no wait said so.
  var isSecondLookUp = false
  /// Whether the layout of the slots was looked for.
  var hasReadSlots = false
  /// Whether something was unmapped.
  var hasUnmapped = false
  /// The guest pages that were entered in the dirty log.
  var written: [BitVector] = []
  /// The references and mappings that the thread has to give back.
  var references = Ledger()
  var mappings = Ledger()
  /// Whether the invalidation was announced, how often the cache had moved by then, and whether it was
  /// passed by.
  var isAnnounced = false
  var movesBefore: BitVector?
  var isPassed = Formula(false)
  /// How often an invalidation had come by the cache when it was announced.
  var passesBefore: BitVector?
  /// Whether a cache that was passed by names the vCPU, and how often that had entered guest mode then.
  var isNamed = Formula(false)
  var entriesThen = BitVector(0)
  /// Whose turns were followed in loops.
  var turns: Set<UInt64> = []
  /// Which lists an invalidation has gone by, in order.
  var visited: [Int] = []
  /// Which lists the thread has changed under their locks.
  var changedLists: Set<FieldPlace> = []
  /// What was true of the cache when its lock, and when its mutex, was last given back.
  var released: RecordState?
  var done: RecordState?
  /// Whether a round was over, and another is to begin.
  var hasBegunAgain = false
  private var freshCount = 0
  private(set) lazy var invariants = makeInvariants()
  private(set) lazy var steps = makeSteps()

  init(_ style: PfnStyle, _ role: Role, _ bounds: PfnBounds, _ context: SolverContext) {
    self.style = style
    self.role = role
    self.bounds = bounds
    self.context = context
    watched = context.variable("watched")
  }

  static let cache = PfnProofRecord.cache
  static let owner = PfnProofRecord.owner
  static let lock = FieldPlace(PfnCacheRecord.lock, of: cache)
  static let mutex = FieldPlace(PfnCacheRecord.refreshLock, of: cache)
  static let notifierLock = FieldPlace(PfnMachineRecord.notifierLock, of: owner)

  static func place(_ field: Field) -> FieldPlace { FieldPlace(field, of: cache) }

  /// A word that nothing is known about.
  func fresh(_ name: String) -> BitVector {
    freshCount += 1
    return context.variable("\(name) \(freshCount)")
  }

  /// The host address of a guest frame, by a layout; two of one generation are the same.
  func hostAddress(of frame: BitVector, layout: Int, in state: RecordState) -> BitVector {
    let generations = PfnProofRecord.layouts.map { state[SlotsRecord.generation, $0] }
    let first = context.function("slots 0")(frame)
    if layout == 0 { return first }
    let second = context.function("slots 1")(frame)
    return .select(generations[0] .== generations[1], first, second)
  }

  /// Whether a frame is RAM.
  func isRAM(_ frame: BitVector) -> Formula {
    context.function("ram")(frame) .!= BitVector(0)
  }

  // MARK: Fields

  private(set) lazy var places: [FieldPlace] = {
    func places(_ fields: [Field], _ record: UInt64) -> [FieldPlace] {
      fields.map { FieldPlace($0, of: record) }
    }
    let machine = [
      PfnMachineRecord.first, PfnMachineRecord.activeCount, PfnMachineRecord.rangeStart,
      PfnMachineRecord.rangeEnd, PfnMachineRecord.sequence, PfnMachineRecord.slots,
      PfnMachineRecord.vcpu, PfnMachineRecord.index, PfnMemory.covering, PfnMemory.announced,
    ]
    let fields = PfnCacheRecord.layout.fields.filter { $0.kind == .word }
    let vcpu = VCPURecord.layout.fields + (isBeginning ? [PfnMemory.entries] : [])
    let behind = isBeginning ? places(fields + [PfnMemory.list], PfnProofRecord.behind) : []
    return places(machine, PfnDiscipline.owner)
      + places(fields + PfnMemory.all, PfnDiscipline.cache)
      + places(fields + [PfnMemory.list], PfnProofRecord.other) + behind
      + places(vcpu, PfnProofRecord.vcpu)
      + PfnProofRecord.layouts.map { FieldPlace(SlotsRecord.generation, of: $0) }
      + [FieldPlace(PfnProofRecord.rootChunk, of: PfnProofRecord.root)]
      + (0..<2).map { FieldPlace(PfnProofRecord.bucketFirst, of: PfnProofRecord.bucket($0)) }
  }()

  var constants: [FieldPlace: UInt64] {
    let vcpus = FieldPlace(PfnMachineRecord.vcpu, of: PfnDiscipline.owner)
    // A vCPU that a cache names is one of the machine's.
    return (isBeginning ? [vcpus: PfnProofRecord.vcpu] : [:]).merging([
      FieldPlace(PfnMachineRecord.index, of: PfnDiscipline.owner): PfnProofRecord.root,
      FieldPlace(PfnProofRecord.rootChunk, of: PfnProofRecord.root): PfnProofRecord.chunk,
      FieldPlace(VCPURecord.next, of: PfnProofRecord.vcpu): 0,
    ]) { first, _ in first }
  }

  let masks: [FieldPlace: UInt64] = {
    let flags = [PfnMemory.isOpen, PfnMemory.isClean] + PfnMemory.bySlots
    let counts = [PfnMemory.passes, PfnMemory.prepared, PfnMemory.stamp, PfnMemory.moves]
    var masks: [FieldPlace: UInt64] = [:]
    for field in flags { masks[place(field)] = 1 }
    for field in counts { masks[place(field)] = 0xff }
    masks[FieldPlace(PfnMemory.entries, of: PfnProofRecord.vcpu)] = 0xff
    for record in [cache, PfnProofRecord.other, PfnProofRecord.behind] {
      masks[FieldPlace(PfnMemory.list, of: record)] = 3
    }
    return masks
  }()

  func protection(of place: FieldPlace, in state: RecordState) -> FieldProtection {
    switch place.record {
    case PfnProofRecord.cache, PfnProofRecord.other, PfnProofRecord.behind:
      cacheProtection(of: place, in: state)
    case PfnProofRecord.owner: machineProtection(of: place.field)
    case PfnProofRecord.vcpu:
      // A request that a vCPU is left has to be served; there are none.
      [VCPURecord.bit, VCPURecord.next, VCPURecord.requests].contains(place.field)
        ? .constant : .nobody
    case PfnProofRecord.bucket(0) where style.isIndexed && place.field.index == 1,
      PfnProofRecord.bucket(1) where style.isIndexed && place.field.index == 1:
      .all(FieldPlace(PfnProofRecord.bucketLock, of: place.record))
    default: .constant
    }
  }

  private func machineProtection(of field: Field) -> FieldProtection {
    switch field {
    case PfnMachineRecord.slots: .nobody
    case PfnMachineRecord.vcpu, PfnMachineRecord.index: .constant
    case PfnMachineRecord.first: .all(style.lists[0].lock)
    default: .all(PfnDiscipline.notifierLock)
    }
  }

  private func cacheProtection(of place: FieldPlace, in state: RecordState) -> FieldProtection {
    let mutex = FieldPlace(PfnCacheRecord.refreshLock, of: place.record)
    let lock = FieldPlace(PfnCacheRecord.lock, of: place.record)
    switch place.field {
    case PfnCacheRecord.next, PfnCacheRecord.previous:
      let list = state[PfnMemory.list, place.record]
      if style == .listed { return .all(style.lists[0].lock) }
      return .locks(
        style.lists.enumerated().map { ($1.lock, list .== BitVector(UInt64($0 + 1))) }
          + [(mutex, list .== BitVector(0))]
      )
    case PfnCacheRecord.hostAddress where style.isIndexed:
      let list = state[PfnMemory.list, place.record]
      return .locks(
        style.lists.enumerated().map { ($1.lock, list .== BitVector(UInt64($0 + 1))) }
          + [(mutex, Formula(true))]
      )
    case PfnCacheRecord.isValid, PfnCacheRecord.wasInvalidated, PfnMemory.passes:
      return .all(lock)
    case PfnMemory.isOpen: return .nobody
    case PfnMemory.bySlots[0], PfnMemory.bySlots[1]:
      return style.isIndexed ? .all(mutex) : .all(mutex, lock)
    case PfnMemory.list where place.record != PfnProofRecord.cache:
      let list = state[place]
      // Which caches others are that stand for any, is chosen for each list anew.
      return .locks(
        style.lists.enumerated().map { number, kept in
          (kept.lock, isBeginning ? Formula(true) : list .== BitVector(UInt64(number + 1)))
        }
      )
    case PfnMemory.list, PfnMemory.moves: return .all(mutex)
    case PfnCacheRecord.isActive, PfnCacheRecord.use, PfnCacheRecord.vcpu:
      return style.isIndexed ? .all(mutex) : .all(mutex, lock)
    default: return .all(mutex, lock)
    }
  }

  /// The range that the call of the path is about; nil where it is about none.
  var range: HostRange<BitVector>? {
    switch role {
    case .user: nil
    case .begins(let range), .ends(let range): range
    }
  }

  /// Whether the call begins an invalidation.
  var isBeginning: Bool { if case .begins = role { true } else { false } }

  /// Whether an address is in the call's range.
  func isCovered(_ address: BitVector) -> Formula {
    guard let range else { return Formula(false) }
    return .!(address .< range.start) .& .!(range.end .<= address)
  }
}
