import Architecture
import Machines
import Symbolic

extension PartitionJudge {
  private var answers: HostAnswers { path.situation.answers }
  private var isWrite: Bool { path.situation.fault?.isWrite ?? false }

  // MARK: The lock

  /// The events of the machine's that came while the lock was held.
  private var lockedEvents: [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    for question in path.questions {
      switch question {
      case .lock(let count): start = start ?? count
      case .unlock(let count):
        if let start { ranges.append(start..<count) }
        start = nil
      default: break
      }
    }
    return ranges
  }

  /// Judges what is done under the lock and what is not.
  mutating func judgeLock() {
    let locked = lockedEvents
    claim(.writesLocked, true)
    claim(.allocatesUnlocked, true)
    for (number, event) in machine.trace.enumerated() {
      let isLocked = locked.contains { $0.contains(number) }
      switch event {
      case .store: claim(.writesLocked, isLocked)
      case .allocate, .refuse: claim(.allocatesUnlocked, !isLocked)
      default: break
      }
    }
    judgeUnder()
  }

  /// Judges what is asked and told under each lock.
  private mutating func judgeUnder() {
    var isLocked = false
    var (isBalanced, isAsked, isCounted) = (true, true, false)
    var hasAsked = false
    for question in path.questions {
      switch question {
      case .lock:
        isBalanced = isBalanced && !isLocked
        (isLocked, hasAsked) = (true, false)
      case .unlock:
        isBalanced = isBalanced && isLocked
        isAsked = isAsked && hasAsked
        isLocked = false
      case .mustRetry:
        isAsked = isAsked && isLocked
        hasAsked = true
      case .countInvalidation: isCounted = isLocked
      default: break
      }
    }
    claim(.unlocks, isBalanced && !isLocked)
    if scenario.operation == .flush {
      claim(.countsInvalidation, isCounted)
    } else {
      claim(.asksLocked, isAsked)
    }
  }

  // MARK: Questions

  /// Judges how a fault was handled.
  mutating func judgeFault(_ fault: PartitionScenario.Fault, _ outcome: PartitionOutcome) {
    judgeQuestions()
    if fault == .elsewhere { return judgeElsewhere(outcome) }
    judgeLock()
    judgePages()
    judgePins()
    switch fault {
    case .page: judgePage(outcome)
    case .device: judgeDevice(outcome)
    case .record: judgeRecorded(outcome)
    case .elsewhere: break
    }
  }

  private mutating func judgeQuestions() {
    let questions = path.questions
    let isFirst = questions.first.map { $0 == .invalidationCount } ?? true
    let isGoneBy = questions.allSatisfy {
      if case .mustRetry(let count) = $0 { count == HostAnswers.firstCount } else { true }
    }
    claim(.countsFirst, isFirst && isGoneBy)
    let address = scenario.hostAddress(path.situation)
    let isForFrame = questions.allSatisfy {
      switch $0 {
      case .slot(let frame): frame == first
      case .pin(let asked, let forWrite): asked == address && forWrite == isWrite
      case .device(let asked), .entry(let asked): asked == address
      default: true
      }
    }
    claim(.asksForFrame, isForFrame)
  }

  private mutating func judgeElsewhere(_ outcome: PartitionOutcome) {
    let expected: PartitionOutcome? =
      switch path.situation.fault?.cause {
      case .unsupported: .failed(.fault)
      case .badAccess, .tableWalk, .referenceOrChange: .reflect
      case .translation: .emulate
      case nil: nil
      }
    claim(.answersFault, outcome == expected)
  }

  private mutating func judgePins() {
    let questions = path.questions
    let marks = questions.indices.filter {
      if case .setDirty = questions[$0] { true } else { false }
    }
    guard let page = answers.page else { return claim(.marksNoOther, marks.isEmpty) }
    var held = 0
    var (isOnce, isPinned) = (true, true)
    for question in questions {
      switch question {
      case .pin: held += 1
      case .unpin(let other):
        held -= 1
        isOnce = isOnce && other == page && held == 0
      case .setDirty(let other): isPinned = isPinned && held == 1 && other == page
      default: break
      }
    }
    claim(.unpinsOnce, isOnce && held == 0)
    claim(.marksPinned, isPinned)
    let hasMarked = !marks.isEmpty
    for name in order {
      for change in changes[name] ?? [] {
        let isGiven = permitsStores(change.new) .& .!permitsStores(change.old)
        claim(.marksWritable, hasMarked ? Formula(true) : .!isGiven)
      }
    }
    if hasMarked {
      let leaf = tree.leaf(of: first, .after)
      let isMapped = leaf.map { permitsStores(tree.value($0, .after)) } ?? Formula(false)
      claim(.marksNoOther, Formula(!answers.hasChanged) .& isMapped)
    } else {
      claim(.marksNoOther, true)
    }
  }

  private func permitsStores(_ entry: BitVector) -> Formula {
    isLeaf(entry) .& has(entry, RadixField.write)
  }

  // MARK: Mapped memory

  /// Whether a leaf leads the frame to a real address, with these bits among its rights and its
  /// reference and change, and these attributes.
  private func leads(
    _ leaf: EntryName,
    to realAddress: UInt64,
    with bits: UInt64,
    attributes: UInt64 = 0
  ) -> Formula {
    let size: UInt64 = 1 << scenario.configuration.shift(of: tree.level(leaf))
    let value = tree.value(leaf, .after)
    let place = RadixField.realPage.mask | RadixField.attributes.mask
    return ((value & BitVector(place)) .== BitVector(realAddress & ~(size - 1) | attributes))
      .& ((value & BitVector(bits)) .== BitVector(bits))
  }

  private mutating func judgePage(_ outcome: PartitionOutcome) {
    guard let page = answers.page else { return }
    let isRetried = answers.entry == nil || answers.hasChanged
    if answers.hasChanged { claim(.givesUp, order.isEmpty) }
    guard outcome == .resume, !isRetried else {
      judgeUntouched()
      let isRight =
        outcome == .resume ? isRetried : outcome == .failed(.noMemory) && isRefused
      return claim(.answersFault, isRight)
    }
    guard let leaf = tree.leaf(of: first, .after) else { return claim(.answersFault, false) }
    claim(.answersFault, true)
    let (entry, level) = (answers.entry, tree.level(leaf))
    let isWritable = isWrite || entry.map { $0.isWritable && $0.isDirty } ?? false
    let stores = RadixField.write.mask | RadixField.change.mask
    let loads = RadixField.read.mask | RadixField.execute.mask | RadixField.reference.mask
    claim(
      .mapsPage,
      leads(leaf, to: page.realAddress, with: loads | (isWrite ? stores : 0))
    )
    let bits = PartitionScenario.validLeaf | loads | (isWritable ? stores : 0)
    let size: UInt64 = 1 << scenario.configuration.shift(of: level)
    judgeGrants(leaf, asked: BitVector(page.realAddress & ~(size - 1) | bits))
    let highest = scenario.highestLevel(path.situation)
    claim(.fitsHost, level <= highest)
    let before = tree.level(tree.end(of: first, .before))
    claim(.mapsLargest, level == highest || before < highest)
  }

  private mutating func judgeDevice(_ outcome: PartitionOutcome) {
    if answers.hasChanged { claim(.givesUp, order.isEmpty) }
    guard let device = answers.device, device.isWritable || !isWrite else {
      judgeUntouched()
      return claim(.answersFault, outcome == .failed(.fault))
    }
    claim(.answersFault, outcome == .resume)
    if answers.hasChanged { return judgeUntouched() }
    guard let leaf = tree.leaf(of: first, .after) else { return claim(.mapsDevice, false) }
    let stores = RadixField.write.mask | RadixField.change.mask
    let bits =
      RadixField.read.mask | RadixField.reference.mask | (device.isWritable ? stores : 0)
    let attributes = device.protection & RadixField.attributes.mask
    let isThere = leads(leaf, to: device.realAddress, with: bits, attributes: attributes)
    claim(.mapsDevice, Formula(tree.level(leaf) == 0) .& isThere)
    let asked = PartitionScenario.validLeaf | bits | attributes | device.realAddress
    judgeGrants(leaf, asked: BitVector(asked))
  }

  // MARK: Reference and change

  /// The bits that an access needs to be noted.
  private var noted: UInt64 {
    RadixField.reference.mask | (isWrite ? RadixField.change.mask : 0)
  }

  /// Judges a change of an entry that a fault's handler made.
  mutating func judgeRecord(_ change: Change) {
    let isGiven =
      has(change.new & ~change.old, RadixField.change)
      .& isLeaf(change.new)
    claim(.recordsPermitted, .implies(isGiven, permitsStores(change.new)))
    guard scenario.operation == .fault(.record) else { return }
    claim(.addsItsBits, change.new .== change.old | BitVector(noted))
    let isHosts = answers.entry.map { $0.isYoung && ($0.isDirty || !isWrite) } ?? false
    claim(.addsHosts, isHosts)
  }

  private mutating func judgeRecorded(_ outcome: PartitionOutcome) {
    claim(.recordsPermitted, true)
    if outcome != .resume { judgeUntouched() }
    // There is no page and no device, so what is not noted is a fault.
    guard outcome == .resume else { return claim(.answersFault, outcome == .failed(.fault)) }
    guard !answers.hasChanged else { return judgeUntouched() }
    let leaf = tree.leaf(of: first, .after)
    let bits = noted | (isWrite ? RadixField.write.mask : 0)
    let isNoted = leaf.map { (tree.value($0, .after) & BitVector(bits)) .== BitVector(bits) }
    claim(.answersFault, isNoted ?? Formula(false))
  }
}
