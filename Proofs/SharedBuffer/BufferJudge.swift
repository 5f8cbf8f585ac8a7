import Machines
import Symbolic
import Walkers

/// Judges what a call on a shared buffer came to on one path.
struct BufferJudge {
  typealias Records = BufferProofRecord

  let operation: BufferScenario.Operation
  let arguments: BufferArguments<BufferScenario.Machine>
  let machine: SymbolicRecordMachine
  let discipline: BufferDiscipline
  let ending: BufferEnding<BitVector>
  private(set) var claims: [Claim] = []
  private(set) var reached: Set<String> = []

  static let zero = BitVector(0)

  init(
    operation: BufferScenario.Operation,
    arguments: BufferArguments<BufferScenario.Machine>,
    machine: SymbolicRecordMachine,
    discipline: BufferDiscipline,
    ending: BufferEnding<BitVector>
  ) {
    self.operation = operation
    self.arguments = arguments
    self.machine = machine
    self.discipline = discipline
    self.ending = ending
  }

  var isOK: Bool { ending.result == .ok }

  mutating func judge() {
    if !machine.isCut {
      machine.finish()
      promiseCounts()
      promise()
      note()
    }
    for place in discipline.passed { reached.insert("passed \(place)") }
    claims += (Clause.recordDuties + [.keepsOtherRules]).map { Claim($0, isTrue: true) }
    for clause in Clause.sharedBuffer where machine.judged.contains(clause.name) {
      claims.append(Claim(clause, isTrue: true))
    }
    if !discipline.hasTable {
      // In a list nothing is known but by a look at all, and nothing is counted.
      claims += [.knowsSignalled, .countsAdditions].map { Claim($0, isTrue: true) }
    }
    let clauses = Clause.sharedBuffer + Clause.recordDuties
    for obligation in machine.obligations {
      let clause = clauses.first { $0.name == obligation.name }
      precondition(clause != nil, "no clause '\(obligation.name)'")
      claims.append(Claim(clause ?? .keepsOtherRules, obligation.text, obligation.formula))
    }
  }

  mutating func claim(_ clause: Clause, _ formula: Formula) {
    claims.append(Claim(clause, formula))
  }

  mutating func claim(_ clause: Clause, _ isTrue: Bool) { claim(clause, Formula(isTrue)) }

  // MARK: What the thread has

  private mutating func promiseCounts() {
    var expected = [Records.file: 1, Records.ownFence: 1]
    if operation == .put { expected[Records.file] = 0 }
    if operation == .export, isOK {
      let file = discipline.made.first { $0.value.name == FileRecord.layout.name }
      if let file { expected[file.key] = 1 }
    }
    let known = Set(discipline.own.keys).union(expected.keys)
    let isBalanced = known.allSatisfy { record in
      let isFreed = discipline.gone.contains(record)
      return isFreed || discipline.own[record, default: 0] == expected[record, default: 0]
    }
    claim(.countsReferences, isBalanced)
    claim(.losesNoRecord, discipline.gone.isSubset(of: discipline.freed))
    let left = discipline.left.compactMap { discipline.made[$0]?.name.description }.sorted()
    let wanted: [String] =
      switch operation {
      case .export where isOK:
        ["buffer", "callback", "callback", "dentry", "file"]
          + (arguments.reservation == nil ? ["resv"] : [])
      case .attach where isOK: ["attachment"]
      case .reserve where discipline.hasReplaced: left
      default: []
      }
    claim(.losesNoRecord, left == wanted)
  }

  // MARK: What the call promises

  private mutating func promise() {
    promiseReason()
    switch operation {
    case .export: promiseExport()
    case .put: promiseRelease()
    case .attach, .detach, .map, .unmap: promiseMapping()
    case .mapArea, .mapOwnArea: promiseArea()
    case .seek: promiseSeek()
    case .synchronise: promiseAccess()
    case .mapKernel, .unmapKernel: promiseKernelMapping()
    case .wait:
      let usage = BitVector(UInt64(arguments.usage.rawValue))
      claim(.waitsForAll, isOK ? isOver(usage) : Formula(ending.result == .interrupted))
    case .poll: promisePoll()
    case .add, .reserve: promiseAddition()
    }
  }

  /// A call that fails has a reason to, of which an invalid argument is shown with what is asked of arguments.
  private mutating func promiseReason() {
    let isAnArgument =
      switch operation {
      case .attach, .wait: false
      // What is kept for one direction is not given out for another.
      case .map: ending.result == .busy
      default: ending.result == .invalid || ending.result == .overflow
      }
    claim(.failsForReason, isOK || isAnArgument ? Formula(true) : .any(discipline.reasons))
  }

  /// Whether the fence that is watched is signalled, if who waits up to a usage waits for it.
  func isOver(_ usage: BitVector) -> Formula {
    .implies(
      discipline.watchedUsage .<= usage,
      discipline.isWatchedSignalled(machine.state)
    )
  }

  private mutating func promiseExport() {
    let isSound =
      (arguments.exporter .!= BufferJudge.zero) .& discipline.isSound(arguments.word)
    claim(.checksExport, ending.result == .invalid ? .!isSound : isSound)
    guard isOK, let buffer = ending.word?.constant else {
      return claim(.publishesWhole, !isOK && !discipline.isPublished)
    }
    let state = machine.state
    func place(_ field: Field) -> BitVector { state[field, buffer] }
    guard let file = place(BufferRecord.file).constant, discipline.made[file] != nil,
      let entry = state[FileRecord.entry, file].constant
    else { return claim(.publishesWhole, false) }
    let address = BitVector(buffer)
    let parts = [
      BufferRecord.readCallback, BufferRecord.writeCallback, BufferRecord.reservation,
    ]
    claim(
      .publishesWhole,
      .all(
        parts.map { place($0) .!= BufferJudge.zero } + [
          state[FileRecord.data, file] .== address, state[EntryRecord.data, entry] .== address,
          place(BufferRecord.size) .== arguments.size,
          place(BufferRecord.operations) .== arguments.word,
          place(BufferRecord.exporter) .== arguments.exporter, Formula(discipline.isPublished),
        ]
      )
    )
  }

  private mutating func promiseRelease() {
    let isGone = discipline.gone.contains(Records.entry)
    claim(.losesNoRecord, discipline.releaseCount == (isGone ? 1 : 0))
    let all: Set = [Records.buffer, Records.readCallback, Records.writeCallback, Records.entry]
    claim(
      .losesNoRecord,
      isGone ? all.isSubset(of: discipline.freed) : discipline.freed.isDisjoint(with: all)
    )
    if isGone {
      let hasName = machine.state.isSet(BufferRecord.name, Records.buffer)
      claim(.losesNoRecord, .implies(hasName, Formula(discipline.freed.contains(Records.name))))
    }
    let files = discipline.freed.contains(Records.file)
    claim(.losesNoRecord, files == discipline.gone.contains(Records.file))
  }

  private mutating func promiseArea() {
    let (state, area) = (machine.state, Records.area)
    let isOther = operation == .mapArea
    let offset = isOther ? arguments.word : machine.initial[AreaRecord.offset, area]
    let count = machine.initial[AreaRecord.pageCount, area]
    let pages = machine.initial[BufferRecord.size, Records.buffer] &>> HostMemory.pageShift
    // Of numbers without limit: the offset is no further than what is left of the buffer.
    let isInside = (count .<= pages) .& (offset .<= pages &- count)
    let can = discipline.can(ExporterOperations.area, machine.initial)
    claim(.mapsInside, .equivalent(Formula(discipline.areaCount == 1), isInside .& can))
    claim(.mapsInside, .implies(.!(isInside .& can), Formula(!isOK)))
    if ending.result == .invalid || ending.result == .overflow {
      claim(.failsForReason, .!(isInside .& can))
    }
    let kept = machine.initial[AreaRecord.offset, area]
    let file = state[AreaRecord.file, area]
    let isMoved = isOther && isOK
    claim(
      .keepsArea,
      (file .== BitVector(isMoved ? Records.file : Records.otherFile))
        .& (state[AreaRecord.offset, area] .== (isMoved ? offset : kept))
        .& (isOK ? Formula(true) : count .== state[AreaRecord.pageCount, area])
    )
  }

  private mutating func promiseSeek() {
    let isKnown = Formula(arguments.whence != 1) .& (arguments.word .== BufferJudge.zero)
    let size = machine.initial[BufferRecord.size, Records.buffer]
    let place = arguments.whence == 0 ? BufferJudge.zero : size
    claim(.findsEnds, isOK ? isKnown .& (ending.word ?? size &+ BitVector(1) .== place) : .!isKnown)
  }

  private mutating func promisePoll() {
    let ready = ending.events ?? []
    claim(.reportsReady, ready.isSubset(of: arguments.events))
    for (isWrite, event) in [(false, PollEvents.read), (true, .write)]
    where arguments.events.contains(event) {
      let usage = FenceUsage.waitedFor(toWrite: isWrite)
      if ready.contains(event) {
        claim(.reportsReady, isOver(BitVector(UInt64(usage.rawValue))))
      } else {
        claim(.wakesLater, discipline.isCallbackTaken[isWrite ? 1 : 0])
      }
    }
  }

  private mutating func promiseAddition() {
    let state = discipline.released ?? machine.state
    guard operation == .add else { return promiseRoom(state) }
    let word = BitVector(Records.ownFence) | BitVector(UInt64(arguments.usage.rawValue))
    let isThere = Records.lists.flatMap { list in
      (0..<Records.slotCount).map { index in
        (state[ReservationRecord.fences, Records.reservation] .== BitVector(list))
          .& (BitVector(UInt64(index)) .< state[FenceListRecord.count, list])
          .& (state[FenceListRecord.slot(index), list] .== word)
      }
    }
    claim(.countsAdditions, .any(isThere))
    guard discipline.hasTable, let taken = discipline.taken else { return }
    let sequence = FieldPlace(ReservationRecord.sequence, of: Records.reservation)
    claim(.countsAdditions, taken[sequence] .< state[sequence])
  }

  private mutating func promiseRoom(_ state: RecordState) {
    let fences = state[ReservationRecord.fences, Records.reservation]
    guard isOK else {
      let isSame = discipline.taken.map {
        $0[ReservationRecord.fences, Records.reservation] .== fences
      }
      return claim(.makesRoom, (isSame ?? Formula(false)) .& Formula(ending.result == .noMemory))
    }
    if discipline.hasTable {
      let room = state[ReservationRecord.room, Records.reservation]
      return claim(.makesRoom, (room .!= BufferJudge.zero) .& (room .< BitVector(1 << 32)))
    }
    let lists = Records.lists + discipline.left
    let hasRoom = lists.map { list in
      Formula.implies(
        fences .== BitVector(list),
        state[FenceListRecord.count, list] .< state[FenceListRecord.capacity, list]
      )
    }
    claim(.makesRoom, .all(hasRoom))
  }

  // MARK: What was reached

  private mutating func note() {
    let hasUndone = discipline.hasUndone
    reached.insert(ending.name)
    switch operation {
    case .put: reached.insert(discipline.releaseCount > 0 ? "released" : "kept")
    case .attach:
      if hasUndone { reached.insert("undone") }
      if isOK, !discipline.mappings.entries.isEmpty { reached.insert("mapped") }
      if isOK, !discipline.pins.entries.isEmpty { reached.insert("pinned") }
    case .detach, .unmap: reached.insert(hasUndone ? "undone" : "nothing to undo")
    case .map: if isOK { reached.insert(discipline.mapCount > 0 ? "mapped" : "kept") }
    case .mapKernel: if isOK { reached.insert(discipline.mapCount > 0 ? "first" : "one more") }
    case .unmapKernel: reached.insert(hasUndone ? "last" : "one less")
    case .synchronise:
      if isOK, let asked = discipline.askedAccess.first {
        reached.insert(asked.isEnd ? "ended" : "begun")
      }
    case .poll: notePoll()
    case .add:
      reached.insert(discipline.hasRoom ? "in place of another" : "at an empty place")
    case .reserve: if discipline.hasReplaced { reached.insert("made anew") }
    default: break
    }
  }

  private mutating func notePoll() {
    if ending.events == arguments.events {
      reached.insert(discipline.taken == nil ? "ready without the lock" : "ready")
    } else if discipline.handedCount > 0 {
      reached.insert("callback added")
    } else {
      reached.insert("callback found taken")
    }
  }
}
