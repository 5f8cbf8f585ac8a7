import Architecture
public import Machines
public import Oracles

/// The events of a case with the place in the walker's source that made each, so that a fingerprint
/// can name the call and the function that are to blame.
///
/// Unchecked: it belongs to one machine, and whoever has that is the only one that uses it.
public final class EventLog: FingerprintContext, @unchecked Sendable {
  /// Where in the walker's file an event was made; 0 where that is not known.
  @usableFromInline
  struct Site {
    /// The instruction.
    @usableFromInline var instruction: UInt64 = 0
    /// Somewhere in the function that made it.
    @usableFromInline var function: UInt64 = 0
    /// Somewhere in the function that called that one.
    @usableFromInline var caller: UInt64 = 0

    @usableFromInline
    init(instruction: UInt64 = 0, function: UInt64 = 0, caller: UInt64 = 0) {
      self.instruction = instruction
      self.function = function
      self.caller = caller
    }
  }

  /// The events.
  ///
  /// Appended to without asking for exclusivity each time, which would take as long as appending.
  @exclusivity(unchecked) @usableFromInline private(set) var events: [Event] = []
  /// Where each of them was made.
  @exclusivity(unchecked) private(set) var sites: [Site] = []
  /// The call that is made, or was made last; nil before the first.
  private(set) var call: LoggedCall?
  /// The number of events before it.
  private var callBeganAt = 0
  /// The call's last store to each descriptor, as far as its events were looked through.
  private var lastStores: [UInt64: Int] = [:]
  /// The number of events that were.
  private var storesKnownTo = 0
  /// The condition that the walker warns of, in its own words.
  public internal(set) var condition = ""
  /// The line that it warned at, where that is known.
  var warningLine: UInt32 = 0
  /// The name of the function at an offset of the walker's file; empty where that is not known.
  var functionName: @Sendable (UInt64) -> String = { _ in "" }

  @usableFromInline
  func append(_ event: Event, at site: Site) {
    events.append(event)
    sites.append(site)
  }

  /// Forgets everything but how functions are named.
  func forget() {
    events.removeAll(keepingCapacity: true)
    sites.removeAll(keepingCapacity: true)
    call = nil
    callBeganAt = 0
    forgetStores()
  }

  /// A call begins.
  func begin(_ call: LoggedCall) {
    self.call = call
    callBeganAt = events.count
    forgetStores()
  }

  private func forgetStores() {
    if !lastStores.isEmpty { lastStores.removeAll(keepingCapacity: true) }
    storesKnownTo = callBeganAt
  }

  /// The end of a judge's fingerprint: empty where no call is known.
  public func qualify(
    _ rule: Rule,
    entryAddress: UInt64?,
    inputAddress: UInt64?,
    level: LookupLevel?,
    decidedAt ordinal: Int?
  ) -> String {
    guard let call else { return "" }
    // What was stale before, and owed, is decided by the store that this call made over it.
    let isEarlier = ordinal.map { $0 <= callBeganAt } ?? false
    let index =
      (isEarlier ? lastStore(to: entryAddress) : nil) ?? ordinal.map { $0 - 1 }
      ?? decidingEvent(of: rule, at: entryAddress)
    let isOfEntry = !EventLog.rulesOfPages.contains(rule)
    let part = isOfEntry ? inputAddress.flatMap { call.part(of: $0, level: level) } : nil
    let words = condition.isEmpty ? "line \(warningLine)" : "'\(condition)'"
    let condition = rule == .unexpectedWarning ? words : nil
    // What is wrong with an entry or a page is not for the sake of the output that was asked for.
    let problem = part == nil && isOfEntry ? call.problem : call.inputProblem
    return text([call.name, problem, part, condition, index.flatMap(functions)])
  }

  /// The rules that are about a page of tables and not about an entry of the call's range.
  private static let rulesOfPages: Set<Rule> = [
    .useAfterFree, .accessOutsideMemory, .doubleFree, .countBelowZero, .freedWhileLinked,
    .freedWhileWalkable, .freedWhileShared, .rootMismatch, .lostTable, .leakAfterDestroy,
    .countMismatch, .auditMismatch,
  ]

  /// The end of the fingerprint of a result that is not the model's.
  ///
  /// `replaced` is the first leaf that the call did away with: its kind, and where its range begins.
  func qualifyResult(replaced: (kind: EntryKind, inputAddress: UInt64)?) -> String {
    guard let call else { return "" }
    if let problem = call.problem { return text([call.name, problem]) }
    let leaf = replaced.map { leaf in
      let isBefore = call.input.map { leaf.inputAddress < $0.address } ?? false
      // Where a map may put no leaf, it makes no difference where the old one begins.
      return "over a \(leaf.kind)"
        + (isBefore && call.output == nil ? " that begins before it" : "")
    }
    return text([call.name, leaf])
  }

  /// The end of the fingerprint of an entry that is not the model's.
  func qualifyEntry(at entryAddress: UInt64?, inputAddress: UInt64?, level: LookupLevel?) -> String
  {
    guard let call else { return "" }
    let index = lastStore(to: entryAddress)
    let part = inputAddress.flatMap { call.part(of: $0, level: level) }
    return text([call.name, call.inputProblem, part, index.flatMap(functions) ?? "not written"])
  }

  private func text(_ parts: [String?]) -> String {
    " in " + parts.compactMap { $0 }.joined(separator: ", ")
  }

  /// The functions that made an event; nil where they are not known.
  private func functions(_ index: Int) -> String? {
    guard sites.indices.contains(index) else { return nil }
    let site = sites[index]
    let offset = site.function == 0 ? site.instruction : site.function
    let name = functionName(offset)
    guard !name.isEmpty else { return nil }
    let caller = functionName(site.caller)
    return caller.isEmpty ? name : "\(name) < \(caller)"
  }

  /// Which event of the call decided, where a rule is judged when the call is over.
  private func decidingEvent(of rule: Rule, at entryAddress: UInt64?) -> Int? {
    switch rule {
    case .needlessClean: last { if case .clean = $0 { true } else { false } }
    case .needlessInstructionInvalidation:
      last { if case .invalidateInstructions = $0 { true } else { false } }
    case .unbalancedSection: last { if case .readSection = $0 { true } else { false } }
    default: lastStore(to: entryAddress) ?? lastChange(of: entryAddress)
    }
  }

  /// The call's last store to a descriptor, or to a table page where the address is that of one.
  private func lastStore(to address: UInt64?) -> Int? {
    guard let address, let call else { return nil }
    while storesKnownTo < events.count {
      if let stored = storeAddress(events[storesKnownTo]) { lastStores[stored] = storesKnownTo }
      storesKnownTo += 1
    }
    let exact = lastStores[address]
    if exact != nil || address % call.pageSize != 0 { return exact }
    return last { storeAddress($0).map { $0 / call.pageSize } == address / call.pageSize }
  }

  /// The call's last event about the page at an address: a count, an allocation.
  private func lastChange(of address: UInt64?) -> Int? {
    guard let address else { return nil }
    return last { event in
      switch event {
      case .allocate(let page, _, _), .retain(let page, _), .release(let page, _, _),
        .deferFree(let page):
        page == address
      default: false
      }
    }
  }

  private func storeAddress(_ event: Event) -> UInt64? {
    switch event {
    case .store(let address, _, _, _), .exchange(let address, _, _): address
    default: nil
    }
  }

  private func last(where predicate: (Event) -> Bool) -> Int? {
    guard callBeganAt <= events.count else { return nil }
    return events[callBeganAt...].lastIndex(where: predicate)
  }
}

/// A call as fingerprints name it, and the range that it is about.
struct LoggedCall {
  /// The call's name.
  let name: String
  /// The first input address, and the size in bytes; nil where the call has no range.
  let input: (address: UInt64, size: UInt64)?
  /// The first output address; nil where the call has none.
  let output: UInt64?
  let pageSize: UInt64
  /// How many bits an input and an output address may have.
  let inputBits: UInt64
  let outputBits: UInt64
  /// What is wrong with the call's other arguments; nil for nothing.
  var misuse: String?

  /// What is wrong with the call's arguments; nil for nothing.
  var problem: String? {
    if let problem = misuse ?? inputProblem { return problem }
    guard let input, let output else { return nil }
    return LoggedCall.problem(output, input.size, outputBits, pageSize).map { "output \($0)" }
  }

  /// What is wrong with the call's input range; nil for nothing.
  var inputProblem: String? {
    input.flatMap { LoggedCall.problem($0.address, $0.size, inputBits, pageSize) }
      .map { "input \($0)" }
  }

  private static func problem(
    _ address: UInt64,
    _ size: UInt64,
    _ bits: UInt64,
    _ pageSize: UInt64
  ) -> String? {
    let start = address & ~(pageSize - 1)
    let (end, overflows) = start.addingReportingOverflow(size)
    // Sizes are rounded up to whole pages, which may be what wraps.
    if overflows || end > UInt64.max - (pageSize - 1) { return "wraps" }
    let limit: UInt64 = 1 << bits
    // What is empty may begin where the space ends.
    if start > limit || start == limit && size > 0 { return "starts beyond its space" }
    return end > limit ? "ends beyond its space" : nil
  }

  /// Which part of the call's range an entry of a level lies in.
  func part(of entry: UInt64, level: LookupLevel?) -> String? {
    guard let input else { return nil }
    let shift = UInt64(pageSize.trailingZeroBitCount)
    let entrySize = UInt64(1) << (shift + (level ?? .last).levelsBeneath * (shift - 3))
    let start = input.address & ~(pageSize - 1)
    let whole = start &+ input.size & ~(pageSize - 1)
    let lastByte = entry &+ (entrySize - 1)
    if entry < whole, lastByte >= start { return "in its range" }
    let isPartial = input.size % pageSize != 0 && entry < whole &+ pageSize && lastByte >= whole
    return isPartial ? "in its partial last page" : "outside its range"
  }
}
