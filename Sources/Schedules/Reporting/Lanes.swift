import Machines

/// A run as a person reads it: a column a thread, a line a step.
///
/// Unless everything is asked for, only steps that matter are told: calls, what several threads touch and
/// one of them changes, locks that several use, waiting, freeing, and how it ended. A thread that looks
/// at the same again and again is told of once.
public struct Lanes {
  /// One step that is told.
  public struct Line: Sendable, Equatable {
    /// Which event of the trace it is, counted from 1.
    public let ordinal: Int
    /// Whose it is.
    public let thread: Int
    /// What happened.
    public let text: String
  }

  /// What each column is headed by.
  public let titles: [String]
  /// The steps that are told.
  public private(set) var lines: [Line] = []

  /// The lanes of a trace.
  ///
  /// - Parameters:
  ///   - trace: What was observed.
  ///   - titles: What each thread is called, from the first on; a number where there is none.
  ///   - tellsAll: Whether every event is told of.
  ///   - callText: What to say of a call: whose, which of its calls counted from 0, and whether it
  ///     returns; nil for its site.
  public init(
    _ trace: Trace,
    titles: [String] = [],
    tellsAll: Bool = false,
    callText: (_ thread: Int, _ index: Int, _ isReturn: Bool) -> String? = { _, _, _ in nil }
  ) {
    let threads = trace.entries.map(\.thread).filter { $0 != ThreadSet.setup }
    let count = (threads.max() ?? -1) + 1
    self.titles = (0..<count).map { $0 < titles.count ? titles[$0] : "thread \($0)" }
    var reader = TraceReader(trace)
    var told: [Int: RecordEvent] = [:]
    var callCounts = [Int](repeating: 0, count: ThreadSet.setup + 1)
    for (index, entry) in trace.entries.enumerated() {
      var text = reader.text(of: entry)
      if case .call = entry.event {
        text = callText(entry.thread, callCounts[entry.thread], false) ?? text
        callCounts[entry.thread] += 1
      } else if case .returned = entry.event {
        text = callText(entry.thread, callCounts[entry.thread] - 1, true) ?? text
      }
      guard entry.thread != ThreadSet.setup else { continue }
      if !tellsAll {
        guard reader.matters(entry), told[entry.thread]?.isSameLook(as: entry.event) != true
        else { continue }
      }
      told[entry.thread] = entry.event
      lines.append(Line(ordinal: index + 1, thread: entry.thread, text: text))
    }
  }

  /// The lanes as text: a line of titles, then a line a step.
  public var text: String {
    let widths = titles.indices.map { thread in
      max(
        titles[thread].count,
        lines.filter { $0.thread == thread }.map(\.text.count).max() ?? 0
      )
    }
    var rows = [row(titles, widths)]
    for line in lines {
      rows.append(row(titles.indices.map { $0 == line.thread ? line.text : "" }, widths))
    }
    return rows.joined(separator: "\n") + "\n"
  }

  private func row(_ cells: [String], _ widths: [Int]) -> String {
    var row = ""
    for (cell, width) in zip(cells, widths) {
      row += cell + String(repeating: " ", count: width - cell.count + 3)
    }
    while row.last == " " { row.removeLast() }
    return row
  }
}

/// What a trace as a whole says of its events: names of records, and what several threads touch.
private struct TraceReader {
  /// By address, a record's name with its number, where several are called so.
  private var names: [(range: Range<UInt64>, name: String)] = []
  /// By word, who touched it, and whether any of them changed it.
  private var touched: [UInt64: ThreadSet] = [:]
  private var changed: Set<UInt64> = []
  /// By word, the number of the write that was made last.
  private var latest: [UInt64: UInt32] = [:]

  init(_ trace: Trace) {
    var counts: [String: Int] = [:]
    for entry in trace.entries {
      if case .allocate(let record, let wordCount, let name, _) = entry.event {
        let range = record..<record + UInt64(wordCount) << 3
        counts["\(name)", default: 0] += 1
        names.append((range, "\(name)"))
      }
      guard entry.thread != ThreadSet.setup, let place = entry.event.place else { continue }
      touched[place.address, default: ThreadSet()].insert(entry.thread)
      if entry.event.changesPlace { changed.insert(place.address) }
    }
    var seen: [String: Int] = [:]
    for index in names.indices where counts[names[index].name] != 1 {
      let name = names[index].name
      seen[name, default: 0] += 1
      names[index].name = "\(name) \(seen[name] ?? 0)"
    }
  }

  /// What a field is called.
  private func name(_ place: FieldPlace) -> String {
    let record = names.last { $0.range.contains(place.address) }
    return record.map { "\($0.name).\(place.field.name)" } ?? "\(place.field.name)"
  }

  private func name(ofRecord address: UInt64) -> String {
    names.last { $0.range.lowerBound == address }?.name ?? "no record"
  }

  /// What happened, in a few words; a read of an older write says so.
  mutating func text(of entry: Trace.Entry) -> String {
    switch entry.event {
    case .free(let record): return "frees \(name(ofRecord: record))"
    case .reclaim(let record): return "\(name(ofRecord: record)) is freed"
    case .freeLater(let record, _): return "frees \(name(ofRecord: record)) later"
    case .allocate(let record, _, _, _): return "allocates \(name(ofRecord: record))"
    case .write(let place, _, _, _, let number), .update(let place, _, _, _, _, let number):
      latest[place.address] = number
    case .read(let place, _, _, let from) where from != latest[place.address] ?? from:
      return entry.event.text(name) + ", which is old"
    default: break
    }
    return entry.event.text(name)
  }

  /// Whether a person has to know of it.
  func matters(_ entry: Trace.Entry) -> Bool {
    if let place = entry.event.place {
      if case .stuck = entry.event { return true }
      return changed.contains(place.address) && (touched[place.address]?.count ?? 0) > 1
    }
    return switch entry.event {
    case .finish, .begin, .end, .yield, .mightSleep, .interrupts, .allocate: false
    default: true
    }
  }
}

extension RecordEvent {
  /// The field that it is about.
  var place: FieldPlace? {
    switch self {
    case .read(let place, _, _, _), .write(let place, _, _, _, _),
      .update(let place, _, _, _, _, _), .mismatch(let place, _, _), .initialise(let place),
      .acquire(let place, _, _), .busy(let place, _), .release(let place, _),
      .prepareToWait(let place), .finishWait(let place), .wake(let place, _),
      .complete(let place), .completed(let place):
      place
    case .stuck(_, let place): place
    default: nil
    }
  }

  /// Whether others can tell that it happened.
  var changesPlace: Bool {
    switch self {
    case .read, .mismatch, .busy, .stuck: false
    default: true
    }
  }

  /// Whether both look at the same and find the same.
  func isSameLook(as other: RecordEvent) -> Bool {
    switch (self, other) {
    case (.read(let place, let value, _, _), .read(let otherPlace, let otherValue, _, _)):
      place == otherPlace && value == otherValue
    case (.busy(let place, _), .busy(let otherPlace, _)): place == otherPlace
    default: false
    }
  }
}
