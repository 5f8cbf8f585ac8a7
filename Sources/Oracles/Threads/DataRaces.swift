public import Machines

/// Data races: two accesses of a field, a write among them, are ordered by locks, by what one released
/// and the other acquired, or by fences, unless both are marked.
///
/// Freeing a record writes all of it.
///
/// Does not establish: that marked accesses come in an order that means anything; weak memory and the
/// models do.
enum DataRaces {
  /// An access, as races name it.
  struct Kind {
    let isWrite: Bool
    let isMarked: Bool
    var name: String { "\(isMarked ? "marked" : "plain") \(isWrite ? "write" : "read")" }
  }
}

extension ThreadJudges {
  /// Judges a read against the writes that are in no order with it.
  @inline(__always)
  mutating func judgeRead(
    _ place: FieldPlace,
    _ access: Access,
    from number: UInt32,
    _ thread: Int
  ) {
    let index = touch(place, thread)
    if !shadows.words[index].isInitialised { judgeUninitialised(place, index) }
    order.read(from: number, isAcquire: access == .acquire, thread)
    let past = order.past[thread]
    let kind = DataRaces.Kind(isWrite: false, isMarked: access.isMarked)
    if let other = shadows.words[index].plainWrites.ahead(of: past) {
      addRace(place, kind, thread, .init(isWrite: true, isMarked: false), other)
    }
    if access.isMarked {
      shadows.words[index].markedReads[thread] = past[thread]
    } else {
      if let other = shadows.words[index].markedWrites.ahead(of: past) {
        addRace(place, kind, thread, .init(isWrite: true, isMarked: true), other)
      }
      shadows.words[index].plainReads[thread] = past[thread]
    }
  }

  /// Judges a write against everything that is in no order with it.
  @inline(__always)
  mutating func judgeWrite(
    _ place: FieldPlace,
    _ access: Access,
    number: UInt32,
    _ thread: Int
  ) {
    let index = touch(place, thread)
    if shadows.words[index].isMade { judgeOverwritten(place, thread) }
    shadows.words[index].isInitialised = true
    judgeStore(place, index, isMarked: access.isMarked, thread)
    order.write(
      number,
      replacing: nil,
      isRelease: access == .release,
      isMarked: access.isMarked,
      thread
    )
  }

  /// Judges a read-modify-write.
  @inline(__always)
  mutating func judgeUpdate(
    _ place: FieldPlace,
    _ atomicity: AtomicOrder,
    from: UInt32,
    number: UInt32,
    _ thread: Int
  ) {
    let index = touch(place, thread)
    if !shadows.words[index].isInitialised { judgeUninitialised(place, index) }
    if shadows.words[index].isMade { judgeOverwritten(place, thread) }
    shadows.words[index].isInitialised = true
    let isAcquire = atomicity == .acquire || atomicity == .full
    order.read(from: from, isAcquire: isAcquire, thread)
    if atomicity == .full { order.fence(.smpMB, thread) }
    judgeStore(place, index, isMarked: true, thread)
    let isRelease = atomicity == .release || atomicity == .full
    order.write(number, replacing: from, isRelease: isRelease, isMarked: true, thread)
  }

  @inline(__always)
  private mutating func judgeStore(
    _ place: FieldPlace,
    _ index: Int,
    isMarked: Bool,
    _ thread: Int
  ) {
    let past = order.past[thread]
    let kind = DataRaces.Kind(isWrite: true, isMarked: isMarked)
    if let other = shadows.words[index].plainWrites.ahead(of: past) {
      addRace(place, kind, thread, .init(isWrite: true, isMarked: false), other)
    }
    if let other = shadows.words[index].plainReads.ahead(of: past) {
      addRace(place, kind, thread, .init(isWrite: false, isMarked: false), other)
    }
    guard !isMarked else {
      shadows.words[index].markedWrites[thread] = past[thread]
      return
    }
    if let other = shadows.words[index].markedWrites.ahead(of: past) {
      addRace(place, kind, thread, .init(isWrite: true, isMarked: true), other)
    }
    if let other = shadows.words[index].markedReads.ahead(of: past) {
      addRace(place, kind, thread, .init(isWrite: false, isMarked: true), other)
    }
    shadows.words[index].plainWrites[thread] = past[thread]
  }

  /// Judges the freeing of a record's word as a plain write of it.
  mutating func judgeFree(_ place: FieldPlace, _ thread: Int) {
    judgeStore(place, shadows.index(place.address), isMarked: false, thread)
  }

  @inline(never)
  private mutating func addRace(
    _ place: FieldPlace,
    _ kind: DataRaces.Kind,
    _ thread: Int,
    _ otherKind: DataRaces.Kind,
    _ other: Int
  ) {
    let name = shadows.name(place)
    let kinds = [kind.name, otherKind.name].sorted().joined(separator: ", ")
    findings.add(
      .dataRace,
      "\(name): a \(otherKind.name) of thread \(other) and a \(kind.name) of thread \(thread)"
        + " are in no order",
      at: .word(place),
      detail: "\(name): \(kinds)"
    )
  }
}

extension Place {
  /// A field, as violations name places.
  static func word(_ place: FieldPlace) -> Place {
    Place(entryAddress: place.address, inputAddress: nil, level: nil)
  }
}

extension Rule {
  /// Two accesses of a field are in no order.
  public static let dataRace = Rule(
    "data-race",
    "two accesses of a field, at least one a write and at least one plain, come in an order that"
      + " locks, acquire and release, or fences give them",
    reference: "Linux, tools/memory-model/Documentation/explanation.txt, \"Plain accesses and data"
      + " races\"",
    oracle: "DataRaces"
  )
}

extension DataRaces {
  /// The rules that are judged here.
  static let rules: [Rule] = [.dataRace]
}
