public import Machines

/// Lifetimes of records: what is used was handed out and not freed, what is read was written, and what
/// is freed is freed once.
///
/// Does not establish: that everything is freed in the end.
enum RecordLifetime {}

extension ThreadJudges {
  /// Finds a word's shadow, and judges that the word may be used.
  @inline(__always)
  mutating func touch(_ place: FieldPlace, _ thread: Int) -> Int {
    let index = shadows.index(place.address)
    let record = Int(shadows.words[index].record)
    if record == 0 || shadows.records[record - 1].isFreed { judgeUse(place, record, thread) }
    return index
  }

  @inline(never)
  private mutating func judgeUse(_ place: FieldPlace, _ record: Int, _ thread: Int) {
    if record == 0 {
      add(.noSuchRecord, place) {
        "thread \(thread) uses \($0) at \(place.address.hexadecimal), where no record is"
      }
    } else {
      add(.recordUsedAfterFree, place) { "thread \(thread) uses \($0), whose record was freed" }
    }
  }

  @inline(never)
  mutating func judgeUninitialised(_ place: FieldPlace, _ index: Int) {
    let record = Int(shadows.words[index].record)
    guard record > 0, !shadows.records[record - 1].isFreed else { return }
    add(.uninitialisedField, place) { "\($0) is used before anything was written there" }
  }

  mutating func observeRecord(_ event: RecordEvent, _ thread: Int) {
    switch event {
    case .allocate(let address, let wordCount, let name, let isZeroed):
      shadows.records.append(RecordShadow(address: address, wordCount: wordCount, name: name))
      for word in 0..<wordCount {
        let index = shadows.index(address &+ UInt64(word) &<< 3)
        shadows.words[index] = WordShadow()
        shadows.words[index].record = Int32(shadows.records.count)
        shadows.words[index].isInitialised = isZeroed
        // Who finds the address by no order may find what was there before the zeroes.
        if isZeroed { shadows.words[index].plainWrites[thread] = order.past[thread][thread] }
      }
    case .free(let address): judgeFree(address, isOrdered: false, thread)
    case .reclaim(let address): judgeFree(address, isOrdered: true, thread)
    default: break
    }
  }

  private mutating func judgeFree(_ address: UInt64, isOrdered: Bool, _ thread: Int) {
    let number = Int(shadows.words[shadows.index(address)].record)
    guard number > 0, shadows.records[number - 1].address == address else {
      findings.add(
        .noSuchRecord,
        "thread \(thread) frees \(address.hexadecimal), which is no record",
        detail: "free"
      )
      return
    }
    let record = shadows.records[number - 1]
    guard !record.isFreed else {
      findings.add(
        .recordFreedTwice,
        "thread \(thread) frees \(record.name) a second time",
        detail: "\(record.name)"
      )
      return
    }
    if !isOrdered {
      for word in 0..<min(record.wordCount, 256) {
        judgeFree(FieldPlace(Field(UInt8(word), "freed"), of: address), thread)
      }
    }
    shadows.records[number - 1].isFreed = true
  }
}

extension Rule {
  /// A record is used that was freed.
  public static let recordUsedAfterFree = Rule(
    "record-used-after-free",
    "no field of a record is used once it was freed",
    oracle: "RecordLifetime"
  )

  /// A field is used before it was written.
  public static let uninitialisedField = Rule(
    "uninitialised-field",
    "no field is read, and no lock taken, before something was written there",
    oracle: "RecordLifetime"
  )

  /// An address is used at which there is no record.
  public static let noSuchRecord = Rule(
    "no-such-record",
    "what is used or freed is a record that was handed out",
    oracle: "RecordLifetime"
  )

  /// A record is freed twice.
  public static let recordFreedTwice = Rule(
    "record-freed-twice",
    "a record is freed once",
    oracle: "RecordLifetime"
  )
}

extension RecordLifetime {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .recordUsedAfterFree, .uninitialisedField, .noSuchRecord, .recordFreedTwice,
  ]
}
