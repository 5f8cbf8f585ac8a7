import Architecture
import Machines
import Symbolic

extension PartitionJudge {
  /// Where an entry's change bit is, and where its reference bit.
  static let change = RadixField.change, reference = RadixField.reference

  /// The changes of an entry that stand for themselves: on a DD1, where one is made by way of an invalid
  /// entry, what all of them come to.
  func steps(_ name: EntryName) -> [Change] {
    guard let all = changes[name], let first = all.first, let last = all.last else { return [] }
    return scenario.isDD1 ? [Change(old: first.old, new: last.new)] : all
  }

  /// Whether a bit was set in an entry at some time before it was written for the last time.
  func wasSet(_ field: PowerField, _ name: EntryName) -> Formula {
    let values = changes[name].map { $0.map(\.old) } ?? [tree.value(name, .after)]
    return .any(values.map { has($0, field) })
  }

  /// Whether a bit that an entry had before the call was taken from it.
  func wasCleared(_ field: PowerField, _ name: EntryName) -> Formula {
    let wasSet = has(tree.value(name, .before), field)
    guard let last = changes[name]?.last else { return .!wasSet }
    return .implies(wasSet, .!has(last.new, field))
  }

  /// Whether a leaf is one of a range's.
  private func isConcerned(_ name: EntryName, _ range: Range<UInt64>) -> Bool {
    tree.frames(name).overlaps(range)
  }

  /// Judges each entry that was written.
  mutating func judgeEntries() {
    claim(.changesNoOther, true)
    let range = first..<first + scenario.frameCount
    for name in order {
      let isOnWay = tree.frames(name).contains(first)
      for step in steps(name) {
        let isTheirs = Formula(isConcerned(name, range)) .& isLeaf(step.old)
        switch scenario.operation {
        case .unmap, .flush:
          claim(.changesNoOther, isTheirs)
          claim(.emptiesEntries, step.new .== BitVector(0))
        case .harvest:
          claim(.changesNoOther, isTheirs)
          judgeBit(PartitionJudge.change, step)
        case .age:
          claim(.changesNoOther, isTheirs)
          judgeBit(PartitionJudge.reference, step)
        case .testAge, .fault(.elsewhere): claim(.changesNoOther, false)
        case .install(let level):
          claim(.changesNoOther, isOnWay && tree.level(name) >= level)
          if tree.level(name) == level, !scenario.isDD1 { judgeKept(step) }
        case .fault(.record):
          claim(.changesNoOther, isTheirs)
          judgeRecord(step)
        case .fault:
          claim(.changesNoOther, isOnWay)
          judgeRecord(step)
        case .free: break
        }
      }
    }
  }

  private mutating func judgeBit(_ field: PowerField, _ step: Change) {
    claim(.changesItsBit, step.new .== step.old & BitVector(~field.mask))
  }

  /// Judges what becomes of a leaf to which all that is asked for can be added: others go on using it.
  ///
  /// Not on a DD1, which adds by way of an invalid entry.
  private mutating func judgeKept(_ step: Change) {
    let added = RadixField.reference.mask | RadixField.change.mask | RadixField.write.mask
    let isAlike = ((step.old ^ path.leaf) & BitVector(~added)) .== BitVector(0)
    claim(.keepsLeaf, .implies(isLeaf(step.old) .& isAlike, isLeaf(step.new)))
  }

  // MARK: The log

  private func bits(_ frames: Range<UInt64>) -> UInt64 {
    frames.clamped(to: slot.frames).reduce(0) { $0 | 1 << ($1 - slot.firstFrame) }
  }

  private var isHarvest: Bool { if case .harvest = scenario.operation { true } else { false } }

  /// Judges what was logged, by each leaf that was changed or taken out, and by each frame of the log.
  mutating func judgeLog() {
    let words = isHarvest ? path.reported : path.marked
    let logged = words[0] ?? 0
    if logged != 0 { reached.insert("log") }
    let isInside = words.allSatisfy { $0.key == 0 } && logged & ~bits(slot.frames) == 0
    claim(.logsInside, isInside && (isHarvest || path.reported.isEmpty))
    for name in order {
      let isLogged = logged & bits(tree.frames(name)) == bits(tree.frames(name))
      for step in steps(name) { claim(.logsChanges, isLogged ? Formula(true) : .!loses(step)) }
    }
    for name in orphans {
      let isLogged = logged & bits(tree.frames(name)) == bits(tree.frames(name))
      let isChanged = has(tree.value(name, .after), PartitionJudge.change)
      claim(.logsChanges, isLogged ? Formula(true) : .!isChanged)
    }
    claim(.logsNoOther, true)
    for frame in slot.frames
    where logged & ~path.situation.answers.waiting & bits(frame..<frame + 1) != 0 {
      let leaf = tree.leaf(of: frame, .before)
      claim(.logsNoOther, leaf.map { wasSet(PartitionJudge.change, $0) } ?? Formula(false))
    }
    if isHarvest { judgeHarvest(logged) }
  }

  /// Whether a change took a change bit that tells of nothing any more.
  private func loses(_ step: Change) -> Formula {
    let wasChanged =
      isLeaf(step.old) .& has(step.old, PartitionJudge.change)
    let place = RadixField.realPage.mask | RadixField.attributes.mask
    let isSame = ((step.old ^ step.new) & BitVector(place)) .== BitVector(0)
    let isKept =
      isLeaf(step.new) .& isSame
      .& has(step.new, PartitionJudge.change)
    return wasChanged .& .!isKept
  }

  private mutating func judgeHarvest(_ logged: UInt64) {
    for frame in slot.frames {
      let leaf = tree.leaf(of: frame, .before)
      let isReported = logged & bits(frame..<frame + 1) != 0
      let wasChanged = leaf.map {
        has(tree.value($0, .before), PartitionJudge.change)
      }
      claim(.reportsDirty, isReported ? Formula(true) : .!(wasChanged ?? Formula(false)))
      if let leaf { claim(.clearsChanges, wasCleared(PartitionJudge.change, leaf)) }
    }
    let waiting = path.situation.answers.waiting
    if waiting != 0 { claim(.reportsWaiting, logged & waiting == waiting) }
    claim(.startsAnew, path.marked.isEmpty)
  }
}
