import CWalkerPlugin
import Machines
import Oracles

/// One table of a plugin: the process that holds it, and the replay of what it does there.
///
/// The plugin works in memory of its own process; everything it reports is done again on the
/// check's machine, where the judges listen. That the two memories agree is checked after each call.
final class PluginCase {
  /// What a call is given, in the order of the plugin's contract; 0 where it takes less.
  typealias Arguments = (UInt64, UInt64, UInt64, UInt64, UInt64)

  /// How much of a call that never came back is looked at.
  private static let lastRecordLimit = 4096

  let plugin: Plugin
  let worker: PluginWorker?
  /// The first root page.
  private(set) var root: UInt64 = 0
  /// How many bits input and output addresses have.
  private(set) var addressBits: (input: UInt64, output: UInt64) = (64, 64)
  /// How the table was made, `WALKPROOF_F_` bits.
  private(set) var flags: Int32 = 0
  /// Pages that no allocation gave out, before one that did.
  var skippedPages: Set<Int> = []
  /// Pages that are no table's, and that a store was reported to.
  var knownStores: Set<Int> = []
  /// Whether the plugin makes no table with these flags, and says so.
  private(set) var isRefused = false

  init(_ plugin: Plugin) {
    self.plugin = plugin
    worker = plugin.takeWorker()
  }

  deinit {
    if let worker { plugin.put(worker) }
  }

  /// What a call returned.
  struct Answer {
    var result: Int64 = 0
    var outputs: (UInt64, UInt64) = (0, 0)

    /// The result as an error, or success.
    var errno: Errno {
      result < 0 ? Errno(rawValue: Int32(clamping: result.magnitude)) : .ok
    }
  }

  /// Makes a table; false where it cannot.
  @discardableResult
  func create(
    flags: Int32,
    inputAddressBits: UInt64,
    outputAddressBits: UInt64,
    on machine: inout CheckMachine
  ) -> Bool {
    self.flags = flags
    machine.judges.adoptsTables = !plugin.reports(WALKPROOF_CAP_EVENTS)
    worker?.clear()
    worker?.control.pointee.physical_base = machine.base.memory.base
    root = machine.base.memory.base
    addressBits = (inputAddressBits, outputAddressBits)
    machine.base.listener.namePlaces(in: plugin.path) { [plugin] in plugin.functionName(at: $0) }
    let arguments = (UInt64(flags), inputAddressBits, outputAddressBits, UInt64(0), UInt64(0))
    guard refusesWithoutMemory(arguments, on: &machine) else { return false }
    let answer = call(WALKPROOF_CALL_INIT, arguments, on: &machine)
    guard let worker, worker.isAlive else { return false }
    isRefused = answer.result == -Int64(WALKPROOF_ENOSYS)
    guard answer.result == 0 else {
      machine.base.lose(Site("it cannot make a table"))
      return false
    }
    root = worker.control.pointee.facts.root_pa
    // A root that the judges have convicted is told by them.
    if machine.judges.violationCount == 0, let problem = misstatement(of: machine) {
      machine.base.lose(problem)
    }
    return true
  }

  /// Asks for a table where there is no memory for its root; false where one is made, which is told.
  ///
  /// What comes to no table leaves nothing to be judged, and is kept out of the history.
  private func refusesWithoutMemory(
    _ arguments: Arguments,
    on machine: inout CheckMachine
  ) -> Bool {
    guard let worker, worker.isAlive else { return true }
    guard comesBack(worker, from: WALKPROOF_CALL_INIT, arguments, allocations: 0, on: &machine)
    else { return false }
    guard worker.control.pointee.result != 0 else {
      machine.base.lose(Site("it makes a table where there is no memory for one"))
      return false
    }
    worker.clear()
    return true
  }

  /// Makes one call, and does again on `machine` what the plugin did.
  func call(
    _ call: walkproof_call,
    _ arguments: Arguments = (0, 0, 0, 0, 0),
    on machine: inout CheckMachine
  ) -> Answer {
    guard let worker else {
      machine.base.lose(Site("its process cannot be started"))
      return Answer()
    }
    guard worker.isAlive else { return Answer() }
    let allocations = machine.remainingAllocations
    guard comesBack(worker, from: call, arguments, allocations: allocations, on: &machine) else {
      return Answer()
    }
    for record in worker.records { replay(record, on: &machine) }
    if !plugin.reports(WALKPROOF_CAP_EVENTS) { adoptTables(on: &machine) }
    if let disagreement = disagreement(with: machine) { machine.base.lose(disagreement) }
    machine.base.listener.raceCount = Int(worker.control.pointee.race_count)
    let loads = min(worker.control.pointee.load_count, UInt64(UInt32.max))
    machine.base.listener.hiddenLoads += Int(loads)
    return Answer(result: worker.control.pointee.result, outputs: worker.control.pointee.outputs)
  }

  /// Makes one call; false where the plugin does not come back from it, which is told.
  private func comesBack(
    _ worker: PluginWorker,
    from call: walkproof_call,
    _ arguments: Arguments,
    allocations: Int,
    on machine: inout CheckMachine
  ) -> Bool {
    machine.base.listener.log.begin(logged(call, arguments))
    let loss = worker.call(
      call,
      arguments,
      raceAt: race(call, arguments, on: machine),
      allocations: allocations,
      timeout: plugin.timeout
    )
    guard let loss else { return true }
    // What led to it is worth showing; where there is too much of it, the end.
    for record in worker.records.suffix(PluginCase.lastRecordLimit)
    where record.kind != WALKPROOF_EV_ALLOC.rawValue {
      replay(record, on: &machine)
    }
    machine.base.lose(loss)
    return false
  }

  /// Before which exchange another CPU makes the same call: in calls that others may make at the same
  /// time, and where there is memory for both.
  private func race(
    _ call: walkproof_call,
    _ arguments: Arguments,
    on machine: CheckMachine
  ) -> Int {
    switch call {
    // These exchange one entry.
    case WALKPROOF_CALL_RELAX, WALKPROOF_CALL_MKYOUNG: return min(1, machine.base.listener.raceAt)
    case WALKPROOF_CALL_MAP:
      let isShared = arguments.4 & UInt64(WALKPROOF_MAP_SHARED) != 0
      return isShared && machine.remainingAllocations > 64 ? machine.base.listener.raceAt : 0
    default: return 0
    }
  }

  /// The call as fingerprints name it.
  private func logged(_ call: walkproof_call, _ arguments: Arguments) -> LoggedCall {
    let pageSize = plugin.granule.sizeInBytes
    let input: (UInt64, UInt64)? =
      switch call {
      case WALKPROOF_CALL_INIT, WALKPROOF_CALL_DESTROY, WALKPROOF_CALL_QUIESCE: nil
      case WALKPROOF_CALL_MKYOUNG, WALKPROOF_CALL_MKOLD, WALKPROOF_CALL_IS_YOUNG,
        WALKPROOF_CALL_RELAX, WALKPROOF_CALL_GET_LEAF:
        (arguments.0, pageSize)
      default: (arguments.0, arguments.1)
      }
    return LoggedCall(
      name: Plugin.name(of: call),
      input: input,
      output: call == WALKPROOF_CALL_MAP ? arguments.2 : nil,
      pageSize: pageSize,
      inputBits: addressBits.input,
      outputBits: addressBits.output,
      misuse: call == WALKPROOF_CALL_MAP ? misuse(of: arguments) : nil
    )
  }

  /// What no map may be asked for; nil where this one may.
  private func misuse(of arguments: Arguments) -> String? {
    let (address, _, output, protection, _) = arguments
    func has(_ bits: UInt64) -> Bool { protection & bits == bits }
    let alone = protection & (Protection.executePrivileged | Protection.executeUnprivileged)
    if has(Protection.device), has(Protection.execute) || alone != 0 {
      return "executable device memory"
    }
    if alone != 0, flags & Int32(WALKPROOF_F_XNX) == 0 { return "execution by privilege" }
    guard flags & Int32(WALKPROOF_F_STAGE1) != 0 else {
      let isIdentity = flags & Int32(WALKPROOF_F_IDMAP) != 0
      return isIdentity && address != output ? "no identity" : nil
    }
    if !has(Protection.read) { return "not readable" }
    return has(Protection.write | Protection.execute) ? "writable and executable" : nil
  }

  /// Takes the tables over from the memory of a plugin that reports no stores.
  private func adoptTables(on machine: inout CheckMachine) {
    guard let worker else { return }
    let entryCount = 1 << Int(machine.base.memory.pageShift - 3)
    var rewrites: [EntryRewrite] = []
    for page in 0..<machine.base.memory.usedPages where worker.counts[page] > 0 {
      machine.base.mirror(page: page, from: worker.memory + page * entryCount, into: &rewrites)
    }
    machine.judges.adopt(rewrites)
  }

  /// Whether the process still serves calls.
  var isAlive: Bool { worker?.isAlive ?? false }

  /// The words of a record; empty for none.
  func text(of record: walkproof_record) -> String { worker?.text(of: record) ?? "" }

  /// What the plugin did in the last call, in order.
  var records: UnsafeBufferPointer<walkproof_record>? { worker?.records }
}
