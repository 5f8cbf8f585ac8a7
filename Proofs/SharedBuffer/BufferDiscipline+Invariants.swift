import Machines
import Symbolic
import Walkers

extension BufferDiscipline {
  private static let zero = BitVector(0)
  private static let flags = BitVector(3)

  private func `is`(_ word: BitVector, _ addresses: [UInt64]) -> Formula {
    .any(addresses.map { word .== BitVector($0) })
  }

  /// The lists there are, those included that the call made.
  private var allLists: [UInt64] {
    lists + left.filter { made[$0]?.name == FenceListRecord.layout(4).name }
  }

  // MARK: Fences

  private func slotCount(_ list: UInt64) -> Int {
    made[list].map { $0.wordCount - Int(FenceListRecord.slot(0).index) } ?? operation.slotCount
  }

  /// Whether a fence was signalled.
  func isSignalled(_ fence: UInt64, _ state: RecordState) -> Formula {
    state[FenceRecord.flags, fence] & BitVector(FenceFlags.signalled) .!= Self.zero
  }

  /// Whether the fence was signalled that is watched.
  func isWatchedSignalled(_ state: RecordState) -> Formula {
    isSignalled(Records.fences[0], state)
  }

  /// Whether a slot has the fence that is watched, or a later one of its line, used for no less.
  func covers(_ slot: BitVector, _ state: RecordState) -> Formula {
    let watched = Records.fences[0]
    let isUsed = slot & Self.flags .<= watchedUsage
    return isUsed
      .& .any(
        lined.map { fence in
          let isThere = slot & ~Self.flags .== BitVector(fence)
          if fence == watched { return isThere }
          let isOnLine =
            state[FenceRecord.context, fence] .== state[FenceRecord.context, watched]
          let isLater =
            state[FenceRecord.number, watched] .<= state[FenceRecord.number, fence]
          return isThere .& isOnLine .& isLater
        }
      )
  }

  private func slotCovers(_ list: UInt64, _ index: Int, _ state: RecordState) -> Formula {
    let isUsed = BitVector(UInt64(index)) .< state[FenceListRecord.count, list]
    return isUsed .& covers(state[FenceListRecord.slot(index), list], state)
  }

  /// The slots of a list in which the fence may be that is watched.
  private func watchedSlots(_ list: UInt64) -> [Int] {
    operation.hasRounds ? [Records.watchedSlot] : Array(0..<slotCount(list))
  }

  /// Whether the reservation has the fence that is watched.
  private func isCovered(_ state: RecordState) -> Formula {
    let current = state[ReservationRecord.fences, Records.reservation]
    return .any(
      allLists.map { list in
        (current .== BitVector(list))
          .& .any(watchedSlots(list).map { slotCovers(list, $0, state) })
      }
    )
  }

  private var listPlaces: Set<FieldPlace> {
    var places: Set<FieldPlace> = [
      FieldPlace(ReservationRecord.fences, of: Records.reservation)
    ]
    for list in allLists {
      places.insert(FieldPlace(FenceListRecord.count, of: list))
      for index in 0..<slotCount(list) {
        places.insert(FieldPlace(FenceListRecord.slot(index), of: list))
      }
    }
    return places
  }

  // MARK: At every step

  /// Where references are counted.
  private var counts: [FieldPlace] {
    let places =
      fences.map { FieldPlace(FenceRecord.count, of: $0) } + [
        FieldPlace(FileRecord.count, of: Records.file),
        FieldPlace(FileRecord.count, of: Records.otherFile),
        FieldPlace(EntryRecord.count, of: Records.entry),
      ]
    return places.filter(self.places.contains)
  }

  func makeInvariants() -> [RecordInvariant] {
    let counts = self.counts
    let references = RecordInvariant(
      Clause.countsReferences.name,
      "leaves a count no less than the references that there are",
      Set(counts)
    ) { [unowned self] state in
      .all(
        counts.map { place in
          // A directory entry has its file's, while there is that.
          let files = place.record == Records.entry && !gone.contains(Records.file) ? 1 : 0
          let known = own[place.record, default: 0] + files
          return BitVector(UInt64(max(known, 0))) .<= state[place]
        }
      )
    }
    if operation.hasAttachment {
      // It is handed out without a lock.
      let table = FieldPlace(AttachmentRecord.table, of: Records.attachment)
      let isTable = RecordInvariant(
        Clause.losesNoBufferMapping.name,
        "keeps no error as a mapping",
        [table]
      ) { state in .!ErrorPointer.isError(state[table]) }
      return [references, isTable]
    }
    guard operation.hasFences else { return [references] }
    let covered = RecordInvariant(
      Clause.keepsPending.name,
      Clause.keepsPending.text,
      listPlaces
    ) { [unowned self] state in isWatchedSignalled(state) .| isCovered(state) }
    return hasTable ? [references, covered] + knowing : [references, covered]
  }

  /// What is so of the moment up to which all fences are known to be signalled.
  private var knowing: [RecordInvariant] {
    let reservation = Records.reservation
    let sequence = FieldPlace(ReservationRecord.sequence, of: reservation)
    let added = RecordInvariant(
      Clause.countsAdditions.name,
      Clause.countsAdditions.text,
      [sequence]
    ) { [unowned self] state in watchedSince .<= state[sequence] }
    // What is known up to other usages the call may not come to: that is alike.
    let known = FieldPlace(ReservationRecord.known(usage), of: reservation)
    return [
      added,
      RecordInvariant(
        Clause.knowsSignalled.name,
        "says of no fence that it is signalled before it is added",
        [known, sequence]
      ) { state in state[known] .<= state[sequence] },
      RecordInvariant(
        Clause.knowsSignalled.name,
        Clause.knowsSignalled.text,
        [known]
      ) { [unowned self] state in
        let isAbout = watchedUsage .<= BitVector(UInt64(usage.rawValue))
        return .implies(isAbout .& (watchedSince .<= state[known]), isWatchedSignalled(state))
      },
    ]
  }

  func makeSteps() -> [StepInvariant] {
    var steps = operation.hasFences ? [signalsStay, listsStay, slotsStay] : []
    if operation.hasAttachment { steps.append(keptStays) }
    guard operation.hasFences, hasTable else { return steps }
    let sequence = FieldPlace(ReservationRecord.sequence, of: Records.reservation)
    steps.append(
      StepInvariant(
        Clause.countsAdditions.name,
        Clause.countsAdditions.text,
        [sequence]
      ) { before, after in before[sequence] .<= after[sequence] }
    )
    return steps
  }

  private var signalsStay: StepInvariant {
    let places = Set(lined.map { FieldPlace(FenceRecord.flags, of: $0) })
    return StepInvariant(
      Clause.knowsSignalled.name,
      "leaves signalled what was",
      places
    ) { [unowned self] before, after in
      .all(lined.map { .implies(isSignalled($0, before), isSignalled($0, after)) })
    }
  }

  /// A list that was replaced does not come back.
  private var listsStay: StepInvariant {
    let place = FieldPlace(ReservationRecord.fences, of: Records.reservation)
    return StepInvariant(
      Clause.keepsPending.name,
      "gives a reservation no list that it had before",
      [place]
    ) { before, after in
      let known = [BitVector(0), BitVector(BufferProofRecord.lists[0])]
      return .all(known.map { .implies(before[place] .!= $0, after[place] .!= $0) })
    }
  }

  /// Who looks at one slot after the other does not miss the fence that is watched.
  private var slotsStay: StepInvariant {
    StepInvariant(Clause.keepsPending.name, Clause.keepsPending.text, listPlaces) {
      [unowned self] before, after in
      let place = FieldPlace(ReservationRecord.fences, of: Records.reservation)
      return .all(
        lists.flatMap { list in
          watchedSlots(list).map { index in
            let isSame =
              (before[place] .== BitVector(list)) .& (after[place] .== BitVector(list))
            return .implies(
              isSame .& slotCovers(list, index, before),
              isWatchedSignalled(after) .| slotCovers(list, index, after)
            )
          }
        }
      )
    }
  }

  private var keptStays: StepInvariant {
    let kept = [AttachmentRecord.table, AttachmentRecord.direction].map {
      FieldPlace($0, of: Records.attachment)
    }
    return StepInvariant(
      Clause.keepsMapping.name,
      Clause.keepsMapping.text,
      Set(kept)
    ) { before, after in
      .implies(
        before[kept[0]] .!= BitVector(0),
        .all(kept.map { before[$0] .== after[$0] })
      )
    }
  }

  /// What the caller was given and is not kept is its own: nobody keeps it later.
  private func isOthers(_ state: RecordState) -> Formula {
    guard let ownMapping, let taken = kept else { return Formula(true) }
    let table = state[AttachmentRecord.table, Records.attachment]
    return .implies(taken .!= ownMapping, table .!= ownMapping)
  }

  // MARK: While a lock is free

  func invariants(of lock: FieldPlace) -> [RecordInvariant] {
    switch lock {
    case .reservationLock where operation.hasAttachment: [attachmentList, keptMapping]
    case .reservationLock where operation.isKernels: [kernelMapping]
    case .bufferListLock: [bufferList]
    default: []
    }
  }

  /// The attachments are those that are attached, and one more stands for all others.
  private var attachmentList: RecordInvariant {
    RecordInvariant(Clause.linksAttachments.name, Clause.linksAttachments.text, []) {
      [unowned self] state in
      let first = state[BufferRecord.attachments, Records.buffer]
      let other = Records.otherAttachment
      let afterOther = state[AttachmentRecord.next, other]
      guard let listed = listedAttachment else {
        return (first .== Self.zero) .| ((first .== BitVector(other)) .& (afterOther .== Self.zero))
      }
      let after = state[AttachmentRecord.next, listed]
      let isAlone = (first .== BitVector(listed)) .& (after .== Self.zero)
      let isFirst = (first .== BitVector(listed)) .& (after .== BitVector(other))
      let isSecond = (first .== BitVector(other)) .& (afterOther .== BitVector(listed))
      return isAlone .| (isFirst .& (afterOther .== Self.zero))
        .| (isSecond .& (after .== Self.zero))
    }
  }

  /// A mapping is kept where importer and exporter do not both deal with moves, or the exporter says so.
  private var keptMapping: RecordInvariant {
    RecordInvariant(
      Clause.losesNoBufferMapping.name,
      "keeps a mapping of an attachment where one has to be, and nowhere else",
      []
    ) { [unowned self] state in
      // Of one that a call makes it is shown when the call is over.
      guard let listed = listedAttachment, listed == Records.attachment else {
        return Formula(true)
      }
      let table = state[AttachmentRecord.table, listed]
      let hasTable = table .!= Self.zero
      let isNeeded = needsKept(listed, state)
      let caches = can(ExporterOperations.cachesMappings, state)
      let direction = state[AttachmentRecord.direction, listed]
      return .all([
        .implies(isNeeded, hasTable), .implies(hasTable, isNeeded .| caches),
        .!ErrorPointer.isError(table), direction .<= BitVector(2),
      ])
    }
  }

  /// The mapping for the kernel is somewhere while there is one.
  private var kernelMapping: RecordInvariant {
    RecordInvariant(Clause.countsKernel.name, Clause.countsKernel.text, []) { state in
      .equivalent(
        state.isSet(BufferRecord.kernelCount, Records.buffer),
        state.isSet(BufferRecord.kernelPointer, Records.buffer)
      )
    }
  }

  /// Whether an attachment's mapping is kept from the beginning.
  func needsKept(_ attachment: UInt64, _ state: RecordState) -> Formula {
    let isDynamic = state.isSet(AttachmentRecord.isDynamic, attachment)
    return .!Formula.equivalent(isDynamic, can(ExporterOperations.pin, state))
  }

  /// Whether the exporter can do something.
  func can(_ operation: UInt64, _ state: RecordState) -> Formula {
    state[BufferRecord.operations, Records.buffer] & BitVector(operation) .!= Self.zero
  }

  private var bufferList: RecordInvariant {
    RecordInvariant(Clause.linksBuffers.name, Clause.linksBuffers.text, []) {
      [unowned self] state in
      let other = Records.otherBuffer
      let first = state[BufferGlobals.first, Records.globals]
      func place(_ buffer: UInt64, _ previous: UInt64, _ next: UInt64) -> Formula {
        (state[BufferRecord.previous, buffer] .== BitVector(previous))
          .& (state[BufferRecord.next, buffer] .== BitVector(next))
      }
      let isOther = (first .== BitVector(other)) .& place(other, 0, 0)
      guard let listed = listedBuffer else { return (first .== Self.zero) .| isOther }
      let isAlone = (first .== BitVector(listed)) .& place(listed, 0, 0)
      let isFirst =
        (first .== BitVector(listed)) .& place(listed, 0, other) .& place(other, listed, 0)
      let isSecond =
        (first .== BitVector(other)) .& place(other, 0, listed) .& place(listed, other, 0)
      return isAlone .| isFirst .| isSecond
    }
  }

  // MARK: What fields mean

  /// Counts that stay below 2^32.
  private var numbers: [FieldPlace] {
    counts + [
      FieldPlace(FileRecord.laterCount, of: Records.file),
      FieldPlace(BufferRecord.kernelCount, of: Records.buffer),
    ]
  }

  /// Bits that counts are within, so that none wraps.
  func makeMasks() -> [FieldPlace: UInt64] {
    var masks = Dictionary(uniqueKeysWithValues: numbers.map { ($0, UInt64(1) << 32 - 1) })
    for field in [ReservationRecord.sequence] + FenceUsage.allCases.map(ReservationRecord.known) {
      masks[FieldPlace(field, of: Records.reservation)] = momentBits
    }
    return masks
  }

  /// Bits of what is counted of additions.
  ///
  /// Who adds none only compares such numbers, of which there are no more than two a step and of steps no more
  /// than 2,000: in whichever order so many numbers can be, so many of 13 bits can be too.
  private var momentBits: UInt64 { operation == .add ? 1 << 60 - 1 : 1 << 13 - 1 }

  /// How often fences had been added when the watched one had.
  var watchedSince: BitVector { context.variable("since") & BitVector(momentBits) }

  func meaning(of state: RecordState) -> Formula {
    var known = [isSound(state[BufferRecord.operations, Records.buffer])]
    if operation.hasAttachment {
      known += [Records.attachment, Records.otherAttachment].map {
        state[AttachmentRecord.isDynamic, $0] .<= BitVector(1)
      }
    }
    if operation == .put {
      known.append(`is`(state[BufferRecord.name, Records.buffer], [0, Records.name]))
    }
    known.append(isOthers(state))
    if let kernelPointer {
      // Others undo no mapping that is the caller's.
      known += [
        state.isSet(BufferRecord.kernelCount, Records.buffer),
        state[BufferRecord.kernelPointer, Records.buffer] .== kernelPointer,
      ]
    }
    if hasRoom {
      known.append(state[ReservationRecord.room, Records.reservation] .!= Self.zero)
    }
    return .all(known + meaningOfFences(state))
  }

  private func meaningOfFences(_ state: RecordState) -> [Formula] {
    let current = state[ReservationRecord.fences, Records.reservation]
    guard operation.hasFences else { return [current .== Self.zero] }
    let (watched, bound) = (Records.fences[0], operation.fenceBound)
    var known = [`is`(current, allLists + (operation.listCount > 1 ? [0] : []))]
    for list in lists {
      let count = state[FenceListRecord.count, list]
      let isBound = !hasTable && !operation.hasRounds
      known.append(isBound ? count .<= BitVector(UInt64(bound)) : Formula(true))
      // Who adds one behind the others does so at the first place that is free.
      if !hasTable, hasRoom { known.append(count .== BitVector(UInt64(operation.slotCount))) }
      for index in 0..<operation.slotCount {
        let word = state[FenceListRecord.slot(index), list]
        let slot = word & ~Self.flags
        known += [
          `is`(slot, contents(of: index)), .implies(slot .== Self.zero, word .== Self.zero),
        ]
        let isThere = (current .== BitVector(list)) .& (BitVector(UInt64(index)) .< count)
        if !hasTable { known.append(.implies(isThere, slot .!= Self.zero)) }
        // The last that is looked at stands for an empty place, of which there is one while there is room.
        let isLast = index == operation.slotCount - 1
        if hasTable, hasRoom, operation == .add, isLast {
          known.append(slot .== Self.zero)
        }
        // The reservation has a reference of its own.
        for fence in fences {
          let least = BitVector(UInt64(max(own[fence, default: 0] + 1, 0)))
          known.append(
            .implies(
              isThere .& (slot .== BitVector(fence)),
              least .<= state[FenceRecord.count, fence]
            )
          )
        }
      }
    }
    for fence in fences {
      let callbacks = state[FenceRecord.callbacks, fence]
      known.append(`is`(callbacks, [0, Records.otherCallback]))
      // Who added a callback has a reference.
      let owned = BitVector(UInt64(max(own[fence, default: 0], 0)))
      known.append(
        .implies(callbacks .!= Self.zero, owned .< state[FenceRecord.count, fence])
      )
      // Fences of a line are signalled in their order.
      guard lined.contains(fence) else { continue }
      let isLater =
        (state[FenceRecord.context, fence] .== state[FenceRecord.context, watched])
        .& (state[FenceRecord.number, watched] .<= state[FenceRecord.number, fence])
      known.append(
        .implies(isLater .& .!isSignalled(watched, state), .!isSignalled(fence, state))
      )
    }
    return known
  }

  /// What a slot may have, or nothing.
  private func contents(of index: Int) -> [UInt64] {
    if operation.hasRounds {
      return [0] + (index == Records.watchedSlot ? lined : [Records.otherFence])
    }
    return [0]
      + (index < operation.fenceBound ? fences : operation == .add ? [Records.ownFence] : [])
  }

  /// Whether what an exporter says that it can do goes together, by what it is told.
  func isSound(_ operations: BitVector) -> Formula {
    func has(_ operation: UInt64) -> Formula { operations & BitVector(operation) .!= Self.zero }
    let pins = has(ExporterOperations.pin)
    return .all([
      has(ExporterOperations.map), has(ExporterOperations.unmap), has(ExporterOperations.release),
      .equivalent(pins, has(ExporterOperations.unpin)),
      .!(pins .& has(ExporterOperations.cachesMappings)),
    ])
  }
}
