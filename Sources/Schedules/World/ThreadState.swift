public import CFiber
public import Machines

/// What a thread waits for.
@usableFromInline
enum Wait: UInt8 {
  case nothing, lock, wake, completion, sections
}

/// A section that a thread is in: of which domain, and how deep.
@usableFromInline
struct OpenSection {
  @usableFromInline var word: UInt32 = 0
  @usableFromInline var depth: UInt32 = 0

  @inlinable
  init(word: UInt32 = 0, depth: UInt32 = 0) {
    self.word = word
    self.depth = depth
  }
}

/// What is known of one thread.
@usableFromInline
struct ThreadState {
  /// Where it left off.
  @usableFromInline var context = cfiber_context()
  /// What it does when it goes on.
  @usableFromInline var pending = PendingOperation(.start)
  /// What it has to wait for before.
  @usableFromInline var wait = Wait.nothing
  @usableFromInline var waitMode = LockMode.spin
  @usableFromInline var waitPlace = FieldPlace(Field(0, ""), of: 0)
  /// The queue that it prepared to wait on, and when; 0 for none.
  @usableFromInline var queueWord: UInt32 = 0
  @usableFromInline var queueTicket: UInt32 = 0
  @usableFromInline var queuePlace = FieldPlace(Field(0, ""), of: 0)
  @usableFromInline var wasWoken = false
  /// Whose sections its grace period waits for.
  @usableFromInline var awaited = ThreadSet()
  /// The sections that it is in.
  @usableFromInline var sections = (OpenSection(), OpenSection(), OpenSection(), OpenSection())
  /// What it found since it let others run, and the time before; and in which words, as bits modulo 64.
  @usableFromInline var look: UInt64 = 0
  @usableFromInline var lastLook: UInt64 = 0
  @usableFromInline var looked: UInt64 = 0
  /// How many words of its region are used.
  @usableFromInline var usedWords: UInt32 = 0

  @usableFromInline
  init() {}

  /// Does something with each section that the thread is in, and those that it could enter.
  @inlinable
  mutating func withSections<Result>(
    _ body: (UnsafeMutableBufferPointer<OpenSection>) -> Result
  ) -> Result {
    withUnsafeMutablePointer(to: &sections) { pointer in
      pointer.withMemoryRebound(to: OpenSection.self, capacity: 4) {
        body(UnsafeMutableBufferPointer(start: $0, count: 4))
      }
    }
  }

  /// How deep the thread is in sections of a domain.
  @inlinable
  mutating func depth(of word: UInt32) -> UInt32 {
    withSections { sections in
      for section in sections where section.word == word { return section.depth }
      return 0
    }
  }

  /// Enters a section (`change` 1) or leaves one (-1).
  /// - Returns: how deep the thread is then; nil where it cannot be so.
  @inlinable
  mutating func change(_ word: UInt32, by change: Int) -> UInt32? {
    withSections { sections in
      for index in sections.indices where sections[index].word == word {
        sections[index].depth = UInt32(Int(sections[index].depth) + change)
        if sections[index].depth == 0 { sections[index].word = 0 }
        return sections[index].depth
      }
      guard change > 0 else { return nil }
      for index in sections.indices where sections[index].word == 0 {
        sections[index] = OpenSection(word: word, depth: 1)
        return 1
      }
      return nil
    }
  }
}
