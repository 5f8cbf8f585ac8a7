import CWalkerPlugin
import Machines

#if canImport(Glibc)
import Glibc
#endif

/// Why a plugin could not be loaded.
public struct PluginFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// In words that follow the plugin's path.
  public let description: String
  /// Whether it is the world's, such as too little memory or a full disk, and says nothing of the plugin.
  public let isOfWorld: Bool

  /// The fault in these words.
  public init(_ description: String, isOfWorld: Bool = false) {
    self.description = description
    self.isOfWorld = isOfWorld
  }
}

/// A process that runs one plugin, and the memory shared with it.
///
/// Unchecked: whoever holds it is the only one that uses it.
final class PluginWorker: @unchecked Sendable {
  /// How long loading may take before the process is ended, in milliseconds.
  private static let loadTimeout: Int32 = 10_000
  /// Among how many of the last records a call that goes on takes a table: more than filling one makes.
  private static let progressRecords = 1 << 15
  /// How many bytes of a plugin's words are looked at.
  private static let textLimit = 512
  /// How many table pages there are; as many as a machine of a check has.
  static let pageCapacity: UInt32 = 1536

  private let worker: OpaquePointer
  /// Whether the process still serves calls.
  private(set) var isAlive = true
  /// Whether it was ended because a call took too long.
  private(set) var hasTimedOut = false

  /// Starts a process, and waits until the plugin is loaded.
  init(_ plugin: Plugin.Place) throws(PluginFault) {
    guard
      let worker = walkproof_worker_start(
        plugin.executable,
        plugin.path,
        1 << 36,
        UInt32(plugin.granule.shift),
        PluginWorker.pageCapacity
      )
    else {
      throw PluginWorker.shortage(errno)
    }
    self.worker = worker
    try awaitLoading()
  }

  /// Starts another process in the place of one that is gone, in the same memory.
  func restart(_ plugin: Plugin.Place) throws(PluginFault) {
    precondition(!isAlive, "a process is started again while it runs")
    guard walkproof_worker_restart(worker, plugin.executable, plugin.path) else {
      throw PluginWorker.shortage(errno)
    }
    try awaitLoading()
    (isAlive, hasTimedOut) = (true, false)
  }

  private static func shortage(_ number: Int32) -> PluginFault {
    PluginFault(
      "no process can be started for it: \(String(cString: strerror(number)))",
      isOfWorld: true
    )
  }

  private func awaitLoading() throws(PluginFault) {
    var detail: Int32 = 0
    let ending = walkproof_worker_await(worker, PluginWorker.loadTimeout, &detail)
    // A process that refused its plugin has said why, though it may be gone by the time that it is heard.
    guard ending == WALKPROOF_RETURNED || control.pointee.ready == 2 else {
      // Before the first of the plugin's code is run, it is not the plugin that ends it.
      if control.pointee.ready == 0 {
        throw PluginFault(
          "the process that runs it ends before it is loaded; is there enough memory for one?",
          isOfWorld: true
        )
      }
      throw PluginFault("loading it ends its process: \(PluginWorker.site(of: ending, detail))")
    }
    guard control.pointee.ready == 1 else {
      let message = PluginWorker.text(in: &control.pointee.message)
      let isOfWorld = ["annot allocate memory", "failed to map segment", "Too many open files"]
        .contains { message.contains($0) }
      throw PluginFault(message, isOfWorld: isOfWorld)
    }
  }

  deinit { walkproof_worker_stop(worker) }

  /// The part of the shared memory that is asked and answered in.
  var control: UnsafeMutablePointer<walkproof_control> { walkproof_worker_control(worker) }
  /// What the plugin did in the last call, in order.
  var records: UnsafeBufferPointer<walkproof_record> {
    UnsafeBufferPointer(
      start: walkproof_worker_records(worker),
      count: min(Int(control.pointee.record_count), Int(WALKPROOF_RECORD_LIMIT))
    )
  }
  /// The words of a record; empty for none.
  func text(of record: walkproof_record) -> String {
    guard record.text != 0, record.text < UInt32(WALKPROOF_TEXT_LIMIT) else { return "" }
    let text = UnsafeBufferPointer(
      start: walkproof_worker_text(worker) + Int(record.text),
      count: min(Int(WALKPROOF_TEXT_LIMIT) - Int(record.text), PluginWorker.textLimit)
    )
    let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    // What a plugin says is one line of a report, and no escape of a terminal.
    return String(decoding: bytes, as: UTF8.self).unicodeScalars.reduce(into: "") { line, scalar in
      let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      line.unicodeScalars.append(isControl ? "?" : scalar)
    }
  }
  /// Makes all table memory zero.
  func clear() { walkproof_worker_clear(worker) }
  /// Whether all table memory from a page on is zero.
  func isClear(from page: Int) -> Bool { walkproof_worker_is_clear(worker, UInt32(page)) }
  /// Whether a page holds nothing but one word.
  func holds(_ word: UInt64, page: Int) -> Bool {
    walkproof_worker_holds(worker, UInt32(page), word)
  }
  /// The count of each table page.
  var counts: UnsafePointer<Int32> { walkproof_worker_counts(worker) }
  /// Adds what of the plugin's code was reached to `reached`, a byte for each of it.
  func merge(into reached: inout [UInt8]) {
    let own = UnsafeRawBufferPointer(
      start: walkproof_worker_reached(worker),
      count: Int(WALKPROOF_REACHED_LIMIT)
    )
    reached.withUnsafeMutableBytes { all in
      for offset in stride(from: 0, to: all.count, by: 8) {
        let word = own.load(fromByteOffset: offset, as: UInt64.self)
        if word != 0 {
          all.storeBytes(
            of: all.load(fromByteOffset: offset, as: UInt64.self) | word,
            toByteOffset: offset,
            as: UInt64.self
          )
        }
      }
    }
  }

  /// The tables.
  var memory: UnsafePointer<UInt64> { walkproof_worker_memory(worker) }

  /// Makes one call; nil when the plugin came back from it, else how it did not.
  func call(
    _ call: walkproof_call,
    _ arguments: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0),
    raceAt: Int,
    allocations: Int,
    timeout: Int32
  ) -> Site? {
    let control = control
    control.pointee.call = call.rawValue
    control.pointee.race_at = UInt32(raceAt)
    control.pointee.allocations = UInt32(clamping: allocations)
    control.pointee.arguments = (
      arguments.0, arguments.1, arguments.2, arguments.3, arguments.4, 0
    )
    var detail: Int32 = 0
    let ending = walkproof_worker_call(worker, timeout, &detail)
    if ending == WALKPROOF_RETURNED { return nil }
    isAlive = false
    hasTimedOut = ending == WALKPROOF_TIMED_OUT
    // Tables are limited, so what takes them comes to an end; the log is just too short for it.
    let takesTables = records.suffix(PluginWorker.progressRecords).contains {
      $0.kind == WALKPROOF_EV_ALLOC.rawValue && $0.addr != 0
    }
    if ending == WALKPROOF_ENDLESS, takesTables {
      return Site("it does more than can be followed")
    }
    return PluginWorker.site(of: ending, detail)
  }

  private static func site(of ending: walkproof_ending, _ detail: Int32) -> Site {
    switch ending {
    case WALKPROOF_SIGNALLED:
      switch detail {
      case SIGSEGV: Site("killed by SIGSEGV, an access to an address that is not mapped")
      case SIGBUS: Site("killed by SIGBUS, an access that memory refused")
      case SIGABRT: Site("killed by SIGABRT, by itself or by a corrupted heap")
      case SIGILL, SIGTRAP: Site("killed by a trap")
      case SIGFPE: Site("killed by SIGFPE, an arithmetic error")
      default: Site("killed by a signal")
      }
    case WALKPROOF_TIMED_OUT: Site("it was still running after all the time that a call is given")
    case WALKPROOF_ENDLESS: Site("it goes on without end")
    default: Site("it ended its own process")
    }
  }

  private static func text<T>(in buffer: inout T) -> String {
    withUnsafeBytes(of: &buffer) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The plugin's name for itself.
  var name: String { PluginWorker.text(in: &control.pointee.facts.name) }
}
