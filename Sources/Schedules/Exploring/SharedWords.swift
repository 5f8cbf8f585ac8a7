/// The words that more than one thread touches and one of them changes, in any run so far.
///
/// A step that touches no such word commutes with everything: that others go on before it shows nothing
/// that does not show before the next.
struct SharedWords {
  private var touchedBy: [UInt16] = []
  private var changedBy: [UInt16] = []
  /// Whether a word turned out to be one of them since this was last set to false.
  var hasGrown = false

  private mutating func note(_ word: UInt32, isWrite: Bool, _ thread: Int) {
    let word = Int(word)
    while touchedBy.count <= word {
      touchedBy.append(0)
      changedBy.append(0)
    }
    let wasShared = isShared(word)
    touchedBy[word] |= 1 << UInt16(thread)
    if isWrite { changedBy[word] |= 1 << UInt16(thread) }
    if !wasShared, isShared(word) { hasGrown = true }
  }

  private func isShared(_ word: Int) -> Bool {
    word < touchedBy.count && changedBy[word] != 0 && touchedBy[word].nonzeroBitCount > 1
  }

  /// A thread makes a step.
  mutating func note(_ operation: PendingOperation, by thread: Int) {
    if operation.word != 0 { note(operation.word, isWrite: operation.isWrite, thread) }
    if operation.record != 0, !operation.isFree {
      note(operation.record, isWrite: false, thread)
    }
    if operation.isFence { note(ReservedWord.fence, isWrite: true, thread) }
    if operation.isAnnounced { note(ReservedWord.announced, isWrite: true, thread) }
  }

  /// Whether an operation may conflict with one of another thread.
  func contains(_ operation: PendingOperation) -> Bool {
    (operation.word != 0 && isShared(Int(operation.word)))
      || (operation.record != 0 && isShared(Int(operation.record)))
      || (operation.isFence && isShared(Int(ReservedWord.fence)))
      || (operation.isAnnounced && isShared(Int(ReservedWord.announced)))
  }
}
