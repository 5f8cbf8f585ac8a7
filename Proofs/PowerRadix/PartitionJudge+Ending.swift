import Architecture
import Machines
import Symbolic

extension PartitionJudge {
  /// Judges what the tables translate in the end, by what the call returned.
  mutating func judgeEnding() {
    reached.insert(path.ending.name)
    switch (scenario.operation, path.ending) {
    case (.unmap, _): judgeGone()
    case (.flush, _):
      judgeGone()
      judgeLock()
    case (.age, .answer(let answer)):
      judgeYoung(answer)
      let leaf = tree.leaf(of: first, .before)
      claim(.forgetsAccess, leaf.map { wasCleared(PartitionJudge.reference, $0) } ?? Formula(true))
    case (.testAge, .answer(let answer)): judgeYoung(answer)
    case (.install(let level), .error(let result)): judgeInstall(level, result)
    case (.free, _): judgeFreed()
    case (.fault(let fault), .outcome(let outcome)): judgeFault(fault, outcome)
    default: break
    }
  }

  private mutating func judgeGone() {
    for frame in first..<first + scenario.frameCount {
      claim(.leavesNoFrame, tree.leaf(of: frame, .after) == nil)
    }
  }

  private mutating func judgeYoung(_ answer: Bool) {
    guard let leaf = tree.leaf(of: first, .before) else { return claim(.saysYoung, !answer) }
    let wasYoung = has(tree.value(leaf, .before), PartitionJudge.reference)
    claim(.saysYoung, answer ? wasSet(PartitionJudge.reference, leaf) : .!wasYoung)
  }

  // MARK: Installed leaves

  private mutating func judgeInstall(_ level: RadixLevel, _ result: Errno) {
    judgeLock()
    judgePages()
    let hasChanged = path.situation.answers.hasChanged
    if hasChanged { claim(.givesUp, result == .again || result == .noMemory && isRefused) }
    guard result == .ok else {
      judgeUntouched()
      return claim(.failsRightly, isRight(result, level))
    }
    guard let found = tree.leaf(of: first, .after) else { return claim(.mapsRequested, false) }
    let value = tree.value(found, .after)
    let bits = RadixField.rights | RadixField.reference.mask | RadixField.change.mask
    let isSame = ((value ^ path.leaf) & BitVector(~bits)) .== BitVector(0)
    let isEnough = (path.leaf & ~value & BitVector(bits)) .== BitVector(0)
    claim(.mapsRequested, isSame .& isEnough)
    claim(.mapsAtLevel, tree.level(found) == level)
    judgeGrants(found, asked: path.leaf)
  }

  /// Whether a table was refused.
  var isRefused: Bool { machine.trace.contains { $0.isRefusal } }

  private func isRight(_ result: Errno, _ level: RadixLevel) -> Bool {
    switch result {
    case .noMemory: isRefused
    case .again: path.situation.answers.hasChanged
    case .busy: level > 0 && tree.level(tree.end(of: first, .before)) < level
    default: false
    }
  }

  /// Claims that a leaf was given no right, and no change bit, that was not asked for, but for what it
  /// had before.
  mutating func judgeGrants(_ found: EntryName, asked: BitVector) {
    claim(.grantsNoMore, true)
    guard let all = changes[found], let last = all.last else { return }
    let bits = RadixField.rights | RadixField.change.mask
    let place = BitVector(~(bits | RadixField.reference.mask))
    let had = all.map { change in
      let isSame = ((change.old ^ asked) & place) .== BitVector(0)
      return BitVector.select(isSame, change.old, BitVector(0))
    }
    let more = last.new & ~had.reduce(asked, |) & BitVector(bits)
    claim(.grantsNoMore, more .== BitVector(0))
  }

  /// Claims that leaves are as they were, whatever empty tables were added, and that nothing was logged.
  mutating func judgeUntouched() {
    for name in order {
      let isAdded = tree.freshTable(linkedBy: tree.value(name, .after)) != nil
      let wasEmpty = changes[name].map { $0[0].old .== BitVector(0) } ?? Formula(true)
      claim(.failsUntouched, isAdded ? wasEmpty : Formula(false))
    }
    claim(.failsUntouched, true)
    claim(.failsUnlogged, path.marked.isEmpty && path.reported.isEmpty)
  }

  /// Judges what became of the pages that were handed out.
  mutating func judgePages() {
    for case .allocate(let table) in machine.trace {
      claim(.losesNoPage, freed.contains(table) != isLinked(table))
    }
  }

  // MARK: Freed tables

  /// Judges that every table of the tree was freed, those too that the walker never came to.
  private mutating func judgeFreed() {
    judgeFreed(path.root)
    claim(.freesAll, freed.contains(path.root))
    claim(.freesRoot, machine.trace.count { if case .freeRoot = $0 { true } else { false } } == 1)
  }

  private mutating func judgeFreed(_ table: SymbolicTable) {
    for index: UInt64 in 0...1 {
      let name = tree.name(index, in: table)
      guard let child = tree.child(of: name, tree.value(name, .before)) else { continue }
      claim(.freesAll, freed.contains(child))
      judgeFreed(child)
    }
  }
}
