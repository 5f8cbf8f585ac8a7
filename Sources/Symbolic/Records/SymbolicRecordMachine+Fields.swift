public import Machines

extension SymbolicRecordMachine {
  /// The record at an address: one of those that are there, or the path is cut.
  private func find(_ record: BitVector) -> UInt64? {
    guard !isCut else { return nil }
    var found = record.constant.flatMap { addresses.contains($0) ? $0 : nil }
    if record.constant == nil {
      found = addresses.first { holds(record .== BitVector($0)) }
    }
    if let found, !freedRecords.contains(found) { return found }
    oblige(duty: RecordDuty.usesLiveRecords, Formula(false))
    cut()
    return nil
  }

  /// Comes to a step on a field, and looks at what others did where they can have changed it.
  private func reach(_ field: Field, _ record: BitVector) -> FieldPlace? {
    guard step(), let record = find(record) else { return nil }
    let place = FieldPlace(field, of: record)
    if let word = discipline.finds(in: place) {
      let before = state
      state[place] = word
      note(.others(before: before, after: state))
    } else if stability(of: place).constant != true {
      observeOthers()
    }
    return place
  }

  /// Reads a field.
  public func read(_ field: Field, of record: BitVector, _ access: Access) -> BitVector {
    guard let place = reach(field, record) else { return BitVector(0) }
    let value = state[place]
    if place == lookout { seen = state }
    note(.read(place, value: value))
    return value
  }

  /// Writes a field, which must be the thread's to write.
  public func write(_ value: BitVector, _ field: Field, of record: BitVector, _ access: Access) {
    guard let place = reach(field, record) else { return }
    note(.write(place, value: value))
    put(value, place)
  }

  private func put(_ value: BitVector, _ place: FieldPlace) {
    oblige(duty: RecordDuty.writesLocked, permission(for: place))
    let old = state[place]
    if privateRecords.contains(place.record) {
      // Nobody looks yet.
      state[place] = value
      discipline.wrote(place, over: old, self)
    } else {
      change {
        state[place] = value
        discipline.wrote(place, over: old, self)
      }
    }
    if let address = value.constant, !privateRecords.contains(place.record) {
      privateRecords.remove(address)
    }
  }

  /// Reads and writes a field at once.
  public func update(
    _ field: Field,
    of record: BitVector,
    _ operation: AtomicOperation,
    _ operand: BitVector,
    _ order: AtomicOrder
  ) -> BitVector {
    guard let place = reach(field, record) else { return BitVector(0) }
    let old = state[place]
    let new = operation.applied(to: old, operand)
    note(.update(place, old: old, new: new))
    put(new, place)
    return old
  }

  /// Compares and exchanges a field; the path forks where both are possible.
  public func compareExchange(
    _ expected: BitVector,
    with value: BitVector,
    _ field: Field,
    of record: BitVector,
    _ order: AtomicOrder
  ) -> BitVector {
    guard let place = reach(field, record) else { return BitVector(0) }
    let found = state[place]
    if holds(found .== expected) {
      note(.update(place, old: found, new: value))
      put(value, place)
    } else {
      note(.mismatch(place, found: found))
    }
    return found
  }

  /// Nothing: memory is sequentially consistent.
  public func fence(_ fence: Fence) {}

  /// The warning is never to be.
  public func warn(_ site: Site) { oblige(duty: RecordDuty.neverWarns, Formula(false)) }

  // MARK: Records

  /// A record that nobody else knows before its address is written somewhere; the path forks where there
  /// may be none.
  public func allocate(_ layout: Layout, isZeroed: Bool, maySleep: Bool) -> BitVector? {
    if maySleep { obligeSleep() }
    guard step() else { return nil }
    let address = SymbolicRecordMachine.freshBase + UInt64(addresses.count) << 12
    guard holds(explorer.context.proposition("memory \(address)")) else { return nil }
    addresses.append(address)
    privateRecords.insert(address)
    newPlaces += layout.fields.map { FieldPlace($0, of: address) }
    note(.allocate(address))
    if isZeroed {
      for field in layout.fields { state[field, address] = BitVector(0) }
    }
    return BitVector(address)
  }

  /// Where records lie that are made on a path.
  static var freshBase: UInt64 { 0xffff_c100_0000_0000 }

  /// Gives a record back.
  public func free(_ record: BitVector) {
    guard step(), let record = find(record) else { return }
    note(.pause)
    freedRecords.insert(record)
  }

  /// Gives a record back later.
  public func free(_ record: BitVector, after domain: ReadDomain<BitVector>) {
    guard step(), find(record) != nil else { return }
    note(.pause)
  }

  /// The address itself.
  public func address(of record: BitVector) -> BitVector { record }
  /// The address itself.
  public func record(at address: BitVector) -> BitVector { address }
}
