import Machines

/// What a host answers on one path.
struct HostAnswers: Sendable {
  /// How many invalidations there were before the call.
  static let firstCount: UInt64 = 7

  /// Which slot has the frame.
  var slot: GuestSlot?
  /// Which page is behind it.
  var page: HostPage?
  /// Which device's memory is.
  var device: HostDevice?
  /// What the host's own entry says.
  var entry: HostEntry?
  /// There was an invalidation since the first question.
  var hasChanged = false
  /// What waits in the first word of the slot's log.
  var waiting: UInt64 = 0
}

/// What a host was asked and told.
enum HostQuestion: Equatable {
  case invalidationCount
  case slot(holding: UInt64)
  case pin(UInt64, forWrite: Bool)
  case unpin(HostPage)
  case device(UInt64)
  case entry(UInt64)
  case setDirty(HostPage)
  /// The lock was taken, or given back, after so many events of the machine's.
  case lock(eventCount: Int)
  case unlock(eventCount: Int)
  case mustRetry(since: UInt64)
  case countInvalidation
}

/// A host that answers as it was told to, and keeps what it was asked, and what is logged.
struct AnsweringHost<M: PowerMachine>: PartitionHost {
  let answers: HostAnswers
  /// How many events of a machine's there were.
  let eventCount: (M) -> Int
  private(set) var questions: [HostQuestion] = []
  /// What waits in the slot's own log, by the number of the word.
  private(set) var marked: [Int: UInt64]
  /// What was handed out, by the number of the word.
  private(set) var reported: [Int: UInt64] = [:]

  init(_ answers: HostAnswers, eventCount: @escaping (M) -> Int) {
    self.answers = answers
    self.eventCount = eventCount
    marked = answers.waiting == 0 ? [:] : [0: answers.waiting]
  }

  mutating func mark(_ bits: UInt64, slot: Int, word: Int) { marked[word, default: 0] |= bits }
  mutating func take(slot: Int, word: Int) -> UInt64 { marked.removeValue(forKey: word) ?? 0 }
  mutating func report(_ bits: UInt64, slot: Int, word: Int) { reported[word, default: 0] |= bits }

  private var currentCount: UInt64 { HostAnswers.firstCount + (answers.hasChanged ? 1 : 0) }

  mutating func invalidationCount(on machine: inout M) -> UInt64 {
    defer { questions.append(.invalidationCount) }
    return questions.isEmpty ? HostAnswers.firstCount : currentCount
  }
  mutating func slot(holding frame: UInt64, on machine: inout M) -> GuestSlot? {
    questions.append(.slot(holding: frame))
    return answers.slot
  }
  mutating func pin(_ address: UInt64, forWrite: Bool, on machine: inout M) -> HostPage? {
    questions.append(.pin(address, forWrite: forWrite))
    return answers.page
  }
  mutating func unpin(_ page: HostPage) { questions.append(.unpin(page)) }
  mutating func device(at address: UInt64, on machine: inout M) -> HostDevice? {
    questions.append(.device(address))
    return answers.device
  }
  mutating func entry(at address: UInt64, on machine: inout M) -> HostEntry? {
    questions.append(.entry(address))
    return answers.entry
  }
  mutating func setDirty(_ page: HostPage) { questions.append(.setDirty(page)) }
  mutating func lock(on machine: inout M) {
    questions.append(.lock(eventCount: eventCount(machine)))
  }
  mutating func unlock(on machine: inout M) {
    questions.append(.unlock(eventCount: eventCount(machine)))
  }
  mutating func mustRetry(since count: UInt64) -> Bool {
    questions.append(.mustRetry(since: count))
    return currentCount > count
  }
  mutating func countInvalidation() { questions.append(.countInvalidation) }
}
