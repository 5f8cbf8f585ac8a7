import CWalkerPlugin
public import Checking
public import Machines
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A walker in a shared object, for one granule, and the processes that run it.
public final class Plugin: Sendable {
  /// Where a plugin is, and who runs it.
  struct Place: Sendable {
    /// The program that is started with `worker PATH FD`.
    let executable: String
    /// The shared object.
    let path: String
    let granule: Granule
  }

  /// Its name for itself.
  public let name: String
  /// Its granule.
  public let granule: Granule
  /// What it says it reports, as `WALKPROOF_CAP_` bits.
  let capabilities: UInt32
  /// Which calls it has, by `walkproof_call`.
  let calls: UInt32
  private let place: Place
  /// Says where in its source an instruction is; nil where nobody can.
  private let locate: SourceLocator?
  /// The names of functions that were asked for, by an offset in each.
  private let functionNames = Mutex<[UInt64: String]>([:])
  /// How long a call may take, in milliseconds.
  ///
  /// Calls take microseconds; one that took seconds is never given as long again, so that the case
  /// can be shrunk.
  private let callTimeout = Atomic<Int32>(5000)
  /// What of its code was reached in processes that were taken back, a byte for each of it; empty
  /// where that is not asked for.
  private let reached: Mutex<[UInt8]>
  /// Processes that nobody uses now.
  private let idle: Mutex<[PluginWorker]>

  /// Loads a plugin, in a process of its own.
  ///
  /// - Parameters:
  ///   - path: The shared object.
  ///   - executable: The program that is started with `worker PATH FD`; it calls `Plugin.serve`.
  ///   - granule: The granule that it has to be for; nil for whichever it is for.
  ///   - locate: Says where in its source an instruction is.
  ///   - keepsCoverage: Whether it was built to say what of its code is reached.
  /// - Throws: `PluginFault` where it cannot be loaded, or is for another granule.
  public init(
    path: String,
    executable: String,
    granule: Granule? = nil,
    locate: SourceLocator? = nil,
    keepsCoverage: Bool = false
  ) throws(PluginFault) {
    let limit = keepsCoverage ? Int(WALKPROOF_REACHED_LIMIT) : 0
    reached = Mutex([UInt8](repeating: 0, count: limit))
    self.locate = locate
    // The memory's layout depends on the granule, which only the plugin knows.
    let probe = try PluginWorker(Place(executable: executable, path: path, granule: .size64K))
    let facts = probe.control.pointee.facts
    guard let found = Granule(rawValue: UInt64(facts.page_shift)) else {
      throw PluginFault("its granule is none of 4K, 16K and 64K")
    }
    if let granule, granule != found {
      throw PluginFault("it is for \(found) granules, and not for \(granule)")
    }
    name = probe.name
    self.granule = found
    capabilities = facts.caps
    calls = facts.calls
    place = Place(executable: executable, path: path, granule: found)
    idle = Mutex([])
  }

  /// The shared object.
  public var path: String { place.path }

  /// Whether it says that it reports something, one of `WALKPROOF_CAP_`.
  func reports(_ capability: UInt32) -> Bool { capabilities & capability != 0 }

  /// The name of the function that an offset of the shared object is in; empty where that is not
  /// known.
  ///
  /// What was asked once is kept: the same few places come again and again.
  func functionName(at offset: UInt64) -> String {
    guard offset != 0, let locate else { return "" }
    return functionNames.withLock { names in
      if let known = names[offset] { return known }
      let text = locate(path, [offset]).first ?? ""
      // Of what a compiler made of it, `f.constprop.0`, the function's own name.
      let name = String(text.prefix { $0 != "," && $0 != "." })
      names[offset] = name
      return name
    }
  }

  /// Whether it has a call.
  func has(_ call: walkproof_call) -> Bool { calls >> call.rawValue & 1 != 0 }

  /// A process for one case; nil where the plugin does not let itself be loaded once more.
  ///
  /// Where there are too few processes or too little memory for one more, the case waits for one that
  /// another thread uses; where that does not help, no check is possible.
  func takeWorker() -> PluginWorker? {
    var attempts = 0
    while true {
      do {
        guard let worker = idle.withLock({ $0.popLast() }) else { return try PluginWorker(place) }
        if worker.isAlive { return worker }
        try worker.restart(place)
        return worker
      } catch {
        guard error.isOfWorld else { return nil }
        attempts += 1
        if attempts == Plugin.attemptLimit {
          Shortage.end("\(path): \(error); allow more, or fewer --jobs")
        }
        usleep(Plugin.attemptPause)
      }
    }
  }

  /// How often it is tried to start a process, and how long it is waited between, in microseconds.
  private static let attemptLimit = 200
  private static let attemptPause: UInt32 = 10_000

  /// How long the next call may take, in milliseconds.
  var timeout: Int32 { callTimeout.load(ordering: .relaxed) }

  /// Takes a process back; of one that is gone there is its memory, for the next.
  func put(_ worker: PluginWorker) {
    reached.withLock { if !$0.isEmpty { worker.merge(into: &$0) } }
    if worker.hasTimedOut { callTimeout.store(250, ordering: .relaxed) }
    idle.withLock { $0.append(worker) }
  }

  /// The offsets in the shared object behind the calls by which basic blocks said that they were
  /// reached.
  public var reachedOffsets: Set<UInt64> {
    reached.withLock { bytes in
      Set(bytes.indices.filter { bytes[$0] != 0 }.map { UInt64($0) })
    }
  }

  /// What the program `worker PATH FD` does: serves calls until the check is gone.
  public static func serve(path: String, file: Int32) -> Int32 {
    walkproof_worker_main(path, file)
  }
}
