import Machines
import Schedules
import Symbolic

/// Lets the others do what they did before each step of the walker's, and ends the run with its last step.
struct InterferenceScheduler: Scheduler {
  /// How many steps the others have made before each of the walker's.
  let theirs: [Int]
  /// How many steps the walker makes; nil for all that it has.
  let stepLimit: Int?
  private var steps = 0
  private var theirSteps = 0
  private var hasBegun = false

  init(theirs: [Int], stepLimit: Int?) {
    self.theirs = theirs
    self.stepLimit = stepLimit
  }

  mutating func next(of runnable: Runnable, after current: Int?) -> Int? {
    guard current != nil else { return 0 }
    let due = theirs.isEmpty ? 0 : theirs[min(steps, theirs.count - 1)]
    if theirSteps < due || !runnable.threads.contains(0), runnable.threads.contains(1) {
      if hasBegun { theirSteps += 1 }
      hasBegun = true
      return 1
    }
    if steps == stepLimit { return nil }
    steps += 1
    return 0
  }

  mutating func choose(below count: Int) -> Int { 0 }
}

/// What the walker did, and nobody else.
struct WalkerEvents: RecordListener {
  private(set) var events: [RecordEvent] = []

  mutating func observe(_ event: RecordEvent, by thread: Int) {
    if thread == 0 { events.append(event) }
  }
}

/// A path as a schedule: the records that it begins with, and two threads, of which the second writes what
/// all others wrote.
struct ScheduleReplay {
  typealias World = ScheduledWorld<InterferenceScheduler, WalkerEvents>

  /// One write of the others.
  struct Write {
    let place: FieldPlace
    let value: UInt64
  }

  /// What is compared of an event.
  struct Trace: Equatable {
    let kind: String
    let place: FieldPlace
    var value: UInt64 = 0
  }

  let machine: SymbolicRecordMachine
  let model: Model
  /// The records of the path: their addresses there and their layouts.
  let records: [(address: UInt64, layout: Layout)]
  /// Fields that no walker knows begin with this number.
  let firstHidden: UInt8
  /// Records that are made on the path, in order, and their layouts.
  var made: [(address: UInt64, layout: Layout)] = []

  /// The fields that walkers know.
  private var places: [FieldPlace] {
    machine.discipline.places.filter { $0.field.index < firstHidden }
  }

  /// What the others wrote before each step of the walker's; something, wherever it lets them run.
  var interference: [[Write]] {
    var writes: [[Write]] = [[]]
    for event in machine.trace {
      if case .others(let before, let after) = event {
        for place in places {
          let value = model.value(of: after[place])
          if value == model.value(of: before[place]) { continue }
          writes[writes.count - 1].append(Write(place: place, value: value))
        }
      }
      if event.isStep { writes.append([]) }
    }
    return writes
  }

  /// What the host answers, in order.
  var answers: [UInt64] {
    machine.trace.compactMap { event in
      if case .answer(let word) = event { model.value(of: word) } else { nil }
    }
  }

  /// The walker's events, as far as they are compared.
  private var expected: [Trace] {
    machine.trace.compactMap { event -> Trace? in
      switch event {
      case .read(let place, let word): trace("read", place, word)
      case .write(let place, let word): trace("write", place, word)
      case .update(let place, _, let word): trace("update", place, word)
      case .mismatch(let place, let word): trace("mismatch", place, word)
      case .acquire(let place, let mode): Trace(kind: "acquire \(mode)", place: place)
      case .release(let place, let mode): Trace(kind: "release \(mode)", place: place)
      case .initialise(let place): Trace(kind: "initialise", place: place)
      case .others, .allocate, .pause, .yield, .answer: nil
      }
    }
  }

  private func trace(_ kind: String, _ place: FieldPlace, _ word: BitVector) -> Trace {
    Trace(kind: kind, place: place, value: model.value(of: word))
  }

  private static func trace(_ event: RecordEvent) -> Trace? {
    switch event {
    case .read(let place, let value, _, _): Trace(kind: "read", place: place, value: value)
    case .write(let place, _, let new, _, _): Trace(kind: "write", place: place, value: new)
    case .update(let place, _, let new, _, _, _):
      Trace(kind: "update", place: place, value: new)
    case .mismatch(let place, let found, _): Trace(kind: "mismatch", place: place, value: found)
    case .acquire(let place, let mode, _): Trace(kind: "acquire \(mode)", place: place)
    case .release(let place, let mode): Trace(kind: "release \(mode)", place: place)
    case .initialise(let place): Trace(kind: "initialise", place: place)
    default: nil
    }
  }

  /// Where records lie there; what is in the lowest bits of a word stays.
  private static func translation(_ addresses: [UInt64: UInt64]) -> (UInt64) -> UInt64 {
    { word in addresses[word & ~7].map { $0 | word & 7 } ?? word }
  }

  /// Runs the call on the scheduled machine, with everybody else on a thread beside it.
  ///
  /// - Parameter body: Makes the call, with the addresses that records have there.
  /// - Returns: whether the walker did what the path says, up to where it is cut.
  func run(
    _ body: @escaping (inout World.Machine, _ at: @escaping (UInt64) -> UInt64) -> Void
  ) -> Bool {
    let interference = interference
    let yields = Set(
      machine.trace.filter(\.isStep).enumerated().compactMap { index, event in
        if case .yield = event { index } else { nil }
      }
    )
    var count = 0
    let theirs = interference.indices.map { index in
      count += interference[index].count + (yields.contains(index) ? 1 : 0)
      return count
    }
    let stepCount = machine.trace.count { $0.isStep }
    let scheduler = InterferenceScheduler(
      theirs: theirs,
      stepLimit: machine.isCut ? stepCount : nil
    )
    let world = World(scheduler, listener: WalkerEvents())
    let alone = world.alone
    var addresses: [UInt64: UInt64] = [:]
    for record in records {
      guard let made = alone.allocate(record.layout, isZeroed: true, maySleep: true) else {
        return false
      }
      // What lies within a record is found by where it begins.
      for index in 0..<UInt64(record.layout.wordCount) {
        addresses[record.address + index * 8] = made + index * 8
      }
    }
    let turns = Layout("others", [Field(0, "turn")])
    let scratch = alone.allocate(turns, isZeroed: true, maySleep: true)
    guard let scratch else { return false }
    let at = Self.translation(addresses)
    for place in places {
      let value = at(model.value(of: machine.initial[place]))
      alone.write(value, place.field, of: at(place.record), .plain)
    }
    world.withListener { $0 = WalkerEvents() }
    let result = world.run([
      { machine in body(&machine, at) },
      { machine in
        for (index, writes) in interference.enumerated() {
          for write in writes {
            machine.write(at(write.value), write.place.field, of: at(write.place.record), .once)
          }
          if yields.contains(index) { machine.write(1, Field(0, "turn"), of: scratch, .once) }
        }
      },
    ])
    let done = world.listener.events.compactMap(ScheduleReplay.trace)
    // What is made there lies elsewhere, in the same order.
    let fresh = world.listener.events.compactMap { event in
      if case .allocate(let record, _, _, _) = event { record } else { nil }
    }
    for (record, place) in zip(made, fresh) { addresses[record.address] = place }
    let there = Self.translation(addresses)
    let wanted = expected.map { event in
      Trace(
        kind: event.kind,
        place: FieldPlace(event.place.field, of: there(event.place.record)),
        value: there(event.value)
      )
    }
    if machine.isCut { return Array(done.prefix(wanted.count)) == wanted }
    return result.ending == .finished && done == wanted
  }

  // MARK: In words

  private func name(_ place: FieldPlace) -> String {
    let record = (records.sorted { $0.address < $1.address } + made).last {
      $0.address <= place.record
    }
    return "\(record?.layout.name.description ?? "?").\(place.field.name)"
  }

  /// What the records held that is not 0.
  var before: [String] {
    places.compactMap { place in
      let value = model.value(of: machine.initial[place])
      return value == 0 ? nil : "\(name(place)) = \(hex(value))"
    }
  }

  /// What happened, step by step.
  var events: [String] {
    machine.trace.flatMap { event -> [String] in
      switch event {
      case .others(let before, let after):
        return places.compactMap { place in
          let value = model.value(of: after[place])
          if value == model.value(of: before[place]) { return nil }
          return "others: \(name(place)) = \(hex(value))"
        }
      case .read(let place, let word): return ["read \(text(place, word))"]
      case .write(let place, let word): return ["write \(text(place, word))"]
      case .update(let place, _, let word): return ["update \(text(place, word))"]
      case .mismatch(let place, let word): return ["mismatch \(text(place, word))"]
      case .acquire(let place, let mode): return ["acquire \(name(place)), \(mode)"]
      case .release(let place, let mode): return ["release \(name(place)), \(mode)"]
      case .initialise(let place): return ["initialise \(name(place))"]
      case .allocate(let address): return ["allocate \(hex(address))"]
      case .answer(let word): return ["the host answers \(hex(model.value(of: word)))"]
      case .pause, .yield: return []
      }
    }
  }

  private func text(_ place: FieldPlace, _ word: BitVector) -> String {
    "\(name(place)) = \(hex(model.value(of: word)))"
  }
}
