import ArgumentParser
import Checking
import Foundation
import Machines
import Plugins
import Property
import Reports
import Systems

/// A subject of the user's own, in C.
struct ExternalOptions: ParsableArguments {
  @Option(
    help: "A shared object behind the plugin contract; once for each granule that there is."
  )
  var plugin: [String] = []

  @Option(help: "The top folder of a Linux tree whose page-table code is built and checked.")
  var linuxTree: String?

  @Option(help: "The granules to build a tree for: 4K, 16K or 64K; all by default.")
  var granule: [GranuleArgument] = []

  @Flag(help: "Print the lines of a tree's page-table code that no case reached.")
  var uncovered = false

  /// Whether there is one.
  var isGiven: Bool { !plugin.isEmpty || linuxTree != nil }

  func validate() throws {
    if !plugin.isEmpty, linuxTree != nil {
      throw ValidationError("--plugin and --linux-tree are two subjects; give one of them.")
    }
    if uncovered, linuxTree == nil {
      throw ValidationError("--uncovered is about the code of a --linux-tree.")
    }
    if !granule.isEmpty, linuxTree == nil {
      throw ValidationError("--granule says what to build a --linux-tree for.")
    }
  }

  /// Loads it; nil where none is given.
  func load() throws(Complaint) -> ExternalSubject? {
    if let linuxTree {
      return try ExternalOptions.load(
        linuxTree: linuxTree,
        granules: granule.map(\.granule),
        keepsCoverage: uncovered
      )
    }
    return plugin.isEmpty ? nil : try ExternalOptions.load(plugins: plugin)
  }

  /// Builds a tree for these granules, for all where there are none.
  static func load(
    linuxTree: String,
    granules: [Granule],
    keepsCoverage: Bool = false
  ) throws(Complaint) -> ExternalSubject {
    catchInterrupts()
    do {
      return try ExternalSubject(
        linuxTree: linuxTree,
        granules: granules.isEmpty ? Granule.allCases : granules,
        executable: executable,
        cache: cache,
        keepsCoverage: keepsCoverage
      )
    } catch {
      throw complaint(error)
    }
  }

  /// Loads shared objects.
  static func load(plugins: [String]) throws(Complaint) -> ExternalSubject {
    catchInterrupts()
    do {
      return try ExternalSubject(pluginPaths: plugins, executable: executable)
    } catch {
      throw complaint(error)
    }
  }

  private static func complaint(_ fault: PluginFault) -> Complaint {
    if interruptFlag.isRaised {
      return Complaint(.undecided, "interrupted before there was anything to check")
    }
    return Complaint(fault.isOfWorld ? .world : .noSubject, fault.description)
  }

  /// This program, which is also the one that plugins run in.
  static var executable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }

  /// Where builds are kept: with the user's other caches.
  static var cache: String {
    let environment = ProcessInfo.processInfo.environment
    // A folder that is named by nothing, or from wherever one happens to be, is none.
    func folder(_ name: String) -> String? {
      environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let caches = folder("XDG_CACHE_HOME") { return caches + "/walkproof" }
    if let home = folder("HOME") { return home + "/.cache/walkproof" }
    guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir,
      home.pointee == CChar(UInt8(ascii: "/"))
    else { return NSTemporaryDirectory() + "walkproof-of-\(getuid())" }
    return String(cString: home) + "/.cache/walkproof"
  }
}

/// A granule as it is written on the command line: `4K`, `16k`.
struct GranuleArgument: ExpressibleByArgument {
  let granule: Granule

  init?(argument: String) {
    guard let found = Granule.allCases.first(where: { "\($0)" == argument.uppercased() }) else {
      return nil
    }
    granule = found
  }

  static var allValueStrings: [String] { Granule.allCases.map { "\($0)" } }
}
