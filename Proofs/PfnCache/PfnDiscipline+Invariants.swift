import Machines
import Symbolic
import Walkers

extension PfnDiscipline {
  private static let none = BitVector(HostMemory.noAddress)
  private static let offset = BitVector(HostMemory.offsetMask)
  private static let zero = BitVector(0)

  private static func invariant(
    _ clause: Clause,
    saying text: String? = nil,
    _ fields: [Field],
    _ formula: @escaping (RecordState) -> Formula
  ) -> RecordInvariant {
    RecordInvariant(clause.name, text ?? clause.text, Set(fields.map(place)), formula)
  }

  func meaning(of state: RecordState) -> Formula {
    let owner = PfnDiscipline.owner
    let cache = PfnDiscipline.cache
    let slots = state[PfnMachineRecord.slots, owner]
    let layouts = PfnProofRecord.layouts.map(BitVector.init)
    let limit = BitVector(1 << 60)
    let vcpu = BitVector(PfnProofRecord.vcpu)
    func isVCPU(_ word: BitVector) -> Formula { (word .== PfnDiscipline.zero) .| (word .== vcpu) }
    let address = state[PfnCacheRecord.hostAddress, cache]
    let isOtherVCPU =
      isBeginning
      ? isVCPU(state[PfnCacheRecord.vcpu, PfnProofRecord.behind])
        .& state.isSet(VCPURecord.bit, PfnProofRecord.vcpu) : Formula(true)
    return .all([
      // A layout is there from before the first call on.
      (slots .== layouts[0]) .| (slots .== layouts[1]),
      isVCPU(state[PfnMachineRecord.vcpu, owner]),
      isVCPU(state[PfnCacheRecord.vcpu, cache]),
      isVCPU(state[PfnCacheRecord.vcpu, PfnProofRecord.other]),
      // Numbers of events do not end.
      state[PfnMemory.passes, cache] .< BitVector(0xf0),
      state[PfnMemory.moves, cache] .< BitVector(0xf0),
      state[PfnMemory.covering, owner] .< limit,
      state[PfnMemory.announced, owner] .< limit,
      state[PfnCacheRecord.sequence, cache] .< limit,
      isHostAddress(address), isOtherVCPU,
    ])
  }

  /// Whether a word is the address of a host page, or none.
  func isHostAddress(_ word: BitVector) -> Formula {
    (word .== PfnDiscipline.none)
      .| ((word .< PfnDiscipline.none) .& (word & PfnDiscipline.offset .== PfnDiscipline.zero))
  }

  /// The list of caches of a host address, from 1 on.
  func list(of address: BitVector) -> BitVector {
    style.lists.count == 1 ? BitVector(1) : (address &>> 12 & BitVector(1)) &+ BitVector(1)
  }

  // MARK: At every step

  func makeInvariants() -> [RecordInvariant] {
    let (cache, none, zero) = (PfnDiscipline.cache, PfnDiscipline.none, PfnDiscipline.zero)
    let found = PfnDiscipline.invariant(
      .findsValid,
      [PfnMemory.list, PfnCacheRecord.hostAddress]
    ) { [unowned self] state in
      let list = state[PfnMemory.list, cache]
      let address = state[PfnCacheRecord.hostAddress, cache]
      if style == .listed { return list .<= BitVector(1) }
      return (list .== zero) .| ((list .== self.list(of: address)) .& (address .!= none))
    }
    switch style {
    case .listed:
      let inUse = PfnDiscipline.invariant(
        .findsValid,
        saying: "keeps a cache that is in use on the list",
        [PfnMemory.list, PfnCacheRecord.isActive]
      ) { state in
        .implies(state.isSet(PfnCacheRecord.isActive, cache), state.isSet(PfnMemory.list, cache))
      }
      let unused = PfnDiscipline.invariant(
        .emptiesUnused,
        saying: "leaves no host address in a cache that is not in use",
        [PfnCacheRecord.isActive, PfnCacheRecord.hostAddress]
      ) { state in
        state.isSet(PfnCacheRecord.isActive, cache)
          .| (state[PfnCacheRecord.hostAddress, cache] .== none)
      }
      return [found, inUse, unused]
    case .indexed:
      let unused = PfnDiscipline.invariant(
        .emptiesUnused,
        saying: "leaves no cache valid that is not in use",
        [PfnCacheRecord.isActive, PfnCacheRecord.isValid]
      ) { state in
        state.isSet(PfnCacheRecord.isActive, cache) .| .!state.isSet(PfnCacheRecord.isValid, cache)
      }
      // Who takes no lock may look while the sequence count is even.
      let seen = valid.map { valid in
        RecordInvariant(
          valid.name,
          valid.text,
          valid.places.union([PfnDiscipline.place(PfnCacheRecord.sequence)])
        ) { state in
          let isOdd = state[PfnCacheRecord.sequence, cache] & BitVector(1) .!= zero
          return isOdd .| valid.formula(state)
        }
      }
      return [found, unused] + seen
    }
  }

  /// What is true of a cache when others may look at it.
  private var valid: [RecordInvariant] {
    typealias Cache = PfnCacheRecord
    let (cache, none, zero) = (PfnDiscipline.cache, PfnDiscipline.none, PfnDiscipline.zero)
    func whenValid(
      _ clause: Clause,
      _ fields: [Field],
      _ formula: @escaping (RecordState) -> Formula
    ) -> RecordInvariant {
      PfnDiscipline.invariant(clause, fields + [Cache.isValid]) { state in
        .implies(state.isSet(Cache.isValid, cache), formula(state))
      }
    }
    let kernel = BitVector(PfnCacheUse.kernel)
    return [
      whenValid(.mapsValid, [Cache.frame, Cache.mapping, Cache.use]) { state in
        (state[Cache.frame, cache] .!= BitVector(HostMemory.noFrame))
          .& ((state[Cache.use, cache] & kernel .== zero) .| state.isSet(Cache.mapping, cache))
      },
      whenValid(
        .looksUpSince,
        [PfnMemory.stamp, PfnMemory.isClean, PfnMemory.passes, PfnMemory.lookedUpAt]
          + [Cache.hostAddress]
      ) { state in
        let address = state[Cache.hostAddress, cache]
        return .all([
          state.isSet(PfnMemory.isClean, cache),
          state[PfnMemory.stamp, cache] .== state[PfnMemory.passes, cache],
          state[PfnMemory.lookedUpAt, cache] .== address, address .!= none,
        ])
      },
      whenValid(.findsValid, [Cache.isActive]) { state in state.isSet(Cache.isActive, cache) },
      whenValid(.keepsOffset, [Cache.mapping, Cache.guestAddress]) { state in
        let (mapping, address) = (state[Cache.mapping, cache], state[Cache.guestAddress, cache])
        return (mapping .== zero) .| ((mapping ^ address) & PfnDiscipline.offset .== zero)
      },
      whenValid(.followsSlots, PfnMemory.bySlots) { [unowned self] state in isBySlots(state) },
      PfnDiscipline.invariant(
        .tellsRefresh,
        [Cache.wasInvalidated, PfnMemory.prepared, PfnMemory.passes]
      ) { state in
        state.isSet(Cache.wasInvalidated, cache)
          .| (state[PfnMemory.prepared, cache] .== state[PfnMemory.passes, cache])
      },
    ]
      + (style.isIndexed
        ? [
          whenValid(.findsValid, [PfnMemory.list]) { state in state.isSet(PfnMemory.list, cache) }
        ] : [])
  }

  /// Whether the cache's host address is that of its guest address, by the layout of its generation.
  func isBySlots(_ state: RecordState) -> Formula {
    .all(PfnMemory.bySlots.map { state.isSet($0, PfnDiscipline.cache) })
  }

  /// The same of one layout, in terms of the cache's fields.
  func isBySlots(_ state: RecordState, layout number: Int) -> Formula {
    let cache = PfnDiscipline.cache
    let frame = state[PfnCacheRecord.guestAddress, cache] &>> HostMemory.pageShift
    let generation = state[SlotsRecord.generation, PfnProofRecord.layouts[number]]
    return .implies(
      state[PfnCacheRecord.generation, cache] .== generation,
      state[PfnCacheRecord.hostAddress, cache] .== hostAddress(of: frame, layout: number, in: state)
    )
  }

  // MARK: Where nobody holds a lock

  func invariants(of lock: FieldPlace) -> [RecordInvariant] {
    switch lock {
    case PfnDiscipline.lock: style == .listed ? valid + [knownBySlots] : [isEven]
    case PfnDiscipline.mutex: settled
    case PfnDiscipline.notifierLock: announced
    default:
      style.lists.firstIndex { $0.lock == lock }
        .map { [isBeginning ? isChain($0) : isList($0)] } ?? []
    }
  }

  /// A listed cache may take a host address for known though it is not valid.
  private var knownBySlots: RecordInvariant {
    PfnDiscipline.invariant(
      .followsSlots,
      PfnMemory.bySlots
    ) { [unowned self] state in
      (state[PfnCacheRecord.hostAddress, PfnDiscipline.cache] .== PfnDiscipline.none)
        .| isBySlots(state)
    }
  }

  private var isEven: RecordInvariant {
    PfnDiscipline.invariant(.tearsNoSnapshot, [PfnCacheRecord.sequence]) { state in
      state[PfnCacheRecord.sequence, PfnDiscipline.cache] & BitVector(1) .== PfnDiscipline.zero
    }
  }

  /// What is true of a cache that nobody refreshes.
  private var settled: [RecordInvariant] {
    typealias Cache = PfnCacheRecord
    let (cache, none, zero) = (PfnDiscipline.cache, PfnDiscipline.none, PfnDiscipline.zero)
    let noFrame = BitVector(HostMemory.noFrame)
    let mapped = PfnDiscipline.invariant(.mapsValid, [Cache.frame, Cache.mapping]) { state in
      let mapping = state[Cache.mapping, cache]
      let isFrames =
        (state[Cache.frame, cache] .!= noFrame) .& (mapping & ~PfnDiscipline.offset .!= zero)
      return (mapping .== zero) .| isFrames
    }
    let unused = PfnDiscipline.invariant(
      .emptiesUnused,
      [Cache.isActive, Cache.frame, Cache.mapping, Cache.hostAddress, PfnMemory.list]
    ) { state in
      state.isSet(Cache.isActive, cache)
        .| .all([
          state[Cache.frame, cache] .== noFrame, state[Cache.mapping, cache] .== zero,
          state[Cache.hostAddress, cache] .== none, state[PfnMemory.list, cache] .== zero,
        ])
    }
    let found = PfnDiscipline.invariant(
      .findsValid,
      [PfnMemory.list, Cache.isActive, Cache.hostAddress]
    ) { [style] state in
      Formula.equivalent(
        state.isSet(PfnMemory.list, cache),
        style == .listed
          ? state.isSet(Cache.isActive, cache) : state[Cache.hostAddress, cache] .!= none
      )
    }
    return [mapped, unused, found]
  }

  /// What is said of invalidations: how many there are, and a range around them.
  private var announced: [RecordInvariant] {
    typealias Machine = PfnMachineRecord
    let owner = PfnDiscipline.owner
    let watched: (RecordState) -> BitVector = { [role, watched] state in
      if case .user = role { return state[PfnCacheRecord.hostAddress, PfnDiscipline.cache] }
      return watched
    }
    return [
      RecordInvariant(Clause.announcesRange.name, Clause.announcesRange.text, []) { state in
        let covering = state[PfnMemory.covering, owner]
        let address = watched(state)
        let isAround =
          (state[Machine.rangeStart, owner] .<= address)
          .& (address .< state[Machine.rangeEnd, owner])
        return
          (state[Machine.activeCount, owner] .== state[PfnMemory.announced, owner])
          .& (covering .<= state[PfnMemory.announced, owner])
          .& ((covering .== PfnDiscipline.zero) .| isAround)
      }
    ]
  }

  /// That a list has the caches that are on it, each once, linked both ways.
  private func isList(_ number: Int) -> RecordInvariant {
    let first = style.lists[number].first
    return RecordInvariant(Clause.linksLists.name, Clause.linksLists.text, []) {
      [unowned self] state in
      orders.map { caches in
        Formula.all(
          [
            state[first] .== BitVector(caches.first ?? 0),
            Formula.equivalent(
              state[PfnMemory.list, PfnDiscipline.cache] .== BitVector(UInt64(number + 1)),
              Formula(caches.contains(PfnDiscipline.cache))
            ),
          ]
            + caches.indices.flatMap { index in
              let next = index + 1 < caches.count ? caches[index + 1] : 0
              return [
                state[PfnCacheRecord.next, caches[index]] .== BitVector(next),
                state[PfnCacheRecord.previous, caches[index]]
                  .== BitVector(index > 0 ? caches[index - 1] : 0),
                state[PfnMemory.list, caches[index]] .== BitVector(UInt64(number + 1)),
              ]
            }
        )
      }.reduce(Formula(false), .|)
    }
  }

  /// The caches that may be on a list, in any order.
  private var orders: [[UInt64]] {
    let (cache, other) = (PfnDiscipline.cache, PfnProofRecord.other)
    let alone: [[UInt64]] = [[], [cache]]
    return bounds.hasOther ? alone + [[other], [cache, other], [other, cache]] : alone
  }

  // MARK: Of every step

  func makeSteps() -> [StepInvariant] {
    typealias Cache = PfnCacheRecord
    let (cache, zero) = (PfnDiscipline.cache, PfnDiscipline.zero)
    func step(
      _ clause: Clause,
      saying text: String? = nil,
      unless lock: FieldPlace? = nil,
      _ fields: [Field],
      _ formula: @escaping (RecordState, RecordState) -> Formula
    ) -> StepInvariant {
      let places = Set(fields.map(PfnDiscipline.place))
      return StepInvariant(clause.name, text ?? clause.text, unless: lock, places, formula)
    }
    let counted = step(
      .findsValid,
      saying: "leaves every cache where it was, or counts a move",
      [
        PfnMemory.moves, PfnMemory.list, PfnMemory.passes, PfnMemory.isOpen, Cache.hostAddress,
      ]
    ) { before, after in
      let moves = (before[PfnMemory.moves, cache], after[PfnMemory.moves, cache])
      let passes = (before[PfnMemory.passes, cache], after[PfnMemory.passes, cache])
      let (list, newList) = (before[PfnMemory.list, cache], after[PfnMemory.list, cache])
      let isThere =
        (before[Cache.hostAddress, cache] .== after[Cache.hostAddress, cache])
        .& ((newList .== zero) .| (newList .== list))
      let isOpen = Formula.implies(
        passes.0 .== passes.1,
        .implies(after.isSet(PfnMemory.isOpen, cache), before.isSet(PfnMemory.isOpen, cache))
      )
      return .all([
        moves.0 .<= moves.1, passes.0 .<= passes.1,
        (moves.0 .!= moves.1) .| (isThere .& isOpen),
      ])
    }
    let validated = step(
      .refreshesAlone,
      unless: PfnDiscipline.mutex,
      [Cache.isValid]
    ) { before, after in
      .implies(after.isSet(Cache.isValid, cache), before.isSet(Cache.isValid, cache))
    }
    let listed = style.lists.enumerated().map { number, list in
      step(.linksLists, unless: list.lock, [PfnMemory.list]) { before, after in
        let number = BitVector(UInt64(number + 1))
        return Formula.equivalent(
          before[PfnMemory.list, cache] .== number,
          after[PfnMemory.list, cache] .== number
        )
      }
    }
    let relisted = step(.refreshesAlone, unless: PfnDiscipline.mutex, [PfnMemory.list]) {
      $0[PfnMemory.list, cache] .== $1[PfnMemory.list, cache]
    }
    let common = [counted, validated, relisted] + (isBeginning ? [entered] : []) + listed
    guard style.isIndexed else { return common }
    // Who invalidates reads them with the list locked, and not what protects them.
    let named = step(.keepsUser, [Cache.use, Cache.vcpu]) { before, after in
      let isSame = Formula.all(
        [Cache.use, Cache.vcpu].map { before[$0, cache] .== after[$0, cache] }
      )
      let hasMoved = before[PfnMemory.moves, cache] .!= after[PfnMemory.moves, cache]
      let isFound = before.isSet(PfnMemory.list, cache) .& after.isSet(PfnMemory.list, cache)
      return isSame .| hasMoved .| .!isFound
    }
    let seen = [Cache.guestAddress, Cache.generation, Cache.frame, Cache.mapping]
    let torn = step(.tearsNoSnapshot, [Cache.sequence] + seen) { before, after in
      let sequence = (before[Cache.sequence, cache], after[Cache.sequence, cache])
      let isSame = Formula.all(seen.map { before[$0, cache] .== after[$0, cache] })
      let isOdd = sequence.0 & BitVector(1) .!= zero
      return (sequence.0 .<= sequence.1) .& ((sequence.0 .!= sequence.1) .| isOdd .| isSame)
    }
    // With the one above: what is valid at one sequence count was so when it was reached.
    let revalidated = step(.tearsNoSnapshot, [Cache.sequence, Cache.isValid]) { before, after in
      let isOdd = before[Cache.sequence, cache] & BitVector(1) .!= zero
      return (before[Cache.sequence, cache] .!= after[Cache.sequence, cache]) .| isOdd
        .| .implies(after.isSet(Cache.isValid, cache), before.isSet(Cache.isValid, cache))
    }
    return common + [named, torn, revalidated]
  }
}
