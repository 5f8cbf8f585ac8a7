import Machines

/// What the judges of threads know of one word.
struct WordShadow: Sendable {
  /// The latest accesses of each thread, in the thread's own count: plain and marked, writes and reads.
  var plainWrites = VectorClock()
  var markedWrites = VectorClock()
  var plainReads = VectorClock()
  var markedReads = VectorClock()
  /// What who gives the lock back hands on: to everybody, and to who takes it alone.
  var handed = VectorClock()
  var handedShared = VectorClock()
  /// Who holds the lock alone, and who shares it; bits by thread.
  var exclusiveHolders: UInt32 = 0
  var sharedHolders: UInt32 = 0
  /// Who prepared to wait on the queue; bits by thread.
  var waiters: UInt32 = 0
  /// The record it is in, counted from 1; 0 for none.
  var record: Int32 = 0
  /// Whether something was ever written there.
  var isInitialised = false
  /// Whether the lock was made.
  var isMade = false
  /// Whether somebody disabled interrupts to take the lock, and whether somebody took it while they were
  /// enabled.
  var wantsNoInterrupts = false
  var wasInterruptible = false
}

/// What they know of one record.
struct RecordShadow: Sendable {
  var address: UInt64
  var wordCount: Int
  var name: RecordName
  var isFreed = false
}

/// Every word that was ever touched or handed out, and every record.
struct RecordShadows: Sendable {
  /// Where a word's shadow is, by the word's number; 0 for none yet.
  private var places: [Int32] = []
  private var touched: [Int] = []
  var words: ContiguousArray<WordShadow> = [WordShadow()]
  var records: [RecordShadow] = []

  mutating func reset() {
    for word in touched { places[word] = 0 }
    touched.removeAll(keepingCapacity: true)
    words.removeSubrange(1...)
    records.removeAll(keepingCapacity: true)
  }

  /// Where the shadow of the word at an address is.
  @inline(__always)
  mutating func index(_ address: UInt64) -> Int {
    // No word begins between two: that is as far beyond all memory as can be.
    let word = address &>> 3 | address &<< 61
    if word < UInt64(places.count) {
      let place = places[Int(truncatingIfNeeded: word)]
      if place != 0 { return Int(place) }
    }
    return make(word)
  }

  @inline(never)
  private mutating func make(_ word: UInt64) -> Int {
    // What lies far beyond all memory is one place.
    let word = word < 1 << 20 ? Int(word) : 0
    while places.count <= word { places.append(0) }
    if places[word] == 0 {
      places[word] = Int32(words.count)
      touched.append(word)
      words.append(WordShadow())
    }
    return Int(places[word])
  }

  /// What a field is called: its record's name and its own.
  mutating func name(_ place: FieldPlace) -> String {
    let record = Int(words[index(place.address)].record)
    guard record > 0 else { return "\(place.field.name)" }
    return "\(records[record - 1].name).\(place.field.name)"
  }
}

extension SectionDomain {
  /// The address of the word that stands for it.
  var address: UInt64 {
    switch self {
    case .rcu: 8
    case .srcu(let place): place.address
    }
  }
}
