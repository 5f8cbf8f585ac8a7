public import Machines

extension ScheduledMachine {
  /// The word that stands for a domain.
  @inlinable
  func word(of domain: ReadDomain<UInt64>) -> UInt32 {
    switch domain {
    case .rcu: ReservedWord.rcu
    case .srcu(let field, let record): word(field, record)
    }
  }

  /// A domain as events name it.
  @inlinable
  func named(_ domain: ReadDomain<UInt64>) -> SectionDomain {
    switch domain {
    case .rcu: .rcu
    case .srcu(let field, let record): .srcu(FieldPlace(field, of: record))
    }
  }

  @inlinable
  func section(
    _ domain: ReadDomain<UInt64>,
    _ word: UInt32,
    _ role: PendingOperation.Role = .free,
    isWrite: Bool = false
  ) -> PendingOperation {
    var operation = PendingOperation(.section, role, isWrite: isWrite, word: word)
    if case .srcu(_, let record) = domain { operation.record = header(record) }
    // A grace period begins and ends with one.
    operation.isFence = isWrite && world.pointee.weak != nil
    return operation
  }

  /// Enters a section; others may run before.
  @inlinable
  public func enterSection(_ domain: ReadDomain<UInt64>) {
    let word = word(of: domain)
    reach(section(domain, word))
    let depth = world.pointee.threads[thread].change(word, by: 1)
    precondition(depth != nil, "a thread is in sections of more than four domains")
    world.pointee.weak?.pointee.obtain(word, thread)
    emit(.enterSection(named(domain)))
  }

  /// Leaves a section; others may run before.
  @inlinable
  public func leaveSection(_ domain: ReadDomain<UInt64>) {
    let word = word(of: domain)
    reach(section(domain, word, .enables))
    noteChange()
    world.pointee.weak?.pointee.publish(word, thread)
    emit(.leaveSection(named(domain)))
    if world.pointee.threads[thread].change(word, by: -1) == 0 { release(sectionsOf: word) }
  }

  /// Nobody waits any more for this thread to leave sections of a domain.
  @inlinable @inline(never)
  func release(sectionsOf word: UInt32) {
    for other in world.pointee.waiting {
      let state = world.pointee.threads + other
      guard state.pointee.wait == .sections, state.pointee.pending.word == word else { continue }
      state.pointee.awaited.remove(thread)
      if state.pointee.awaited.isEmpty { world.pointee.ready.insert(other) }
    }
    for index in world.pointee.laterFrees.indices
    where world.pointee.laterFrees[index].word == word {
      world.pointee.laterFrees[index].awaited.remove(thread)
    }
    reclaim()
  }

  /// Frees what nobody's section keeps any more; others may run before each.
  @inlinable
  func reclaim() {
    while let index = world.pointee.laterFrees.firstIndex(where: { $0.awaited.isEmpty }) {
      let record = world.pointee.laterFrees.remove(at: index).record
      let word = header(record)
      reach(PendingOperation(.record, isWrite: true, word: word, record: word))
      emit(.reclaim(record: record))
    }
  }

  /// The threads that are in a section of a domain.
  @inlinable
  func readers(of word: UInt32) -> ThreadSet {
    var readers = ThreadSet()
    for other in world.pointee.unfinished where world.pointee.threads[other].depth(of: word) > 0 {
      readers.insert(other)
    }
    return readers
  }

  /// Waits until everybody has left the sections that they are in; others may run before, and before
  /// the end.
  @inlinable
  public func synchronise(_ domain: ReadDomain<UInt64>) {
    let word = word(of: domain)
    reach(section(domain, word, isWrite: true))
    noteChange()
    let awaited = readers(of: word)
    world.pointee.threads[thread].awaited = awaited
    world.pointee.weak?.pointee.publish(word, thread)
    world.pointee.weak?.pointee.fence(.smpMB, thread)
    emit(.beginGracePeriod(named(domain)))
    wait(
      .sections,
      isOver: awaited.isEmpty,
      at: FieldPlace(Field(0, ""), of: 0),
      section(domain, word, .waits, isWrite: true)
    )
    world.pointee.weak?.pointee.obtain(word, thread)
    world.pointee.weak?.pointee.fence(.smpMB, thread)
    emit(.endGracePeriod(named(domain)))
  }

  /// Frees a record once everybody has left the sections that they are in; others may run before.
  @inlinable
  public func free(_ record: UInt64, after domain: ReadDomain<UInt64>) {
    let word = word(of: domain)
    reach(section(domain, word, isWrite: true))
    // Whose section is not waited for finds what was done before.
    world.pointee.weak?.pointee.publish(word, thread)
    emit(.freeLater(record: record, named(domain)))
    world.pointee.laterFrees.append(
      LaterFree(record: record, word: word, awaited: readers(of: word))
    )
    reclaim()
  }
}
