public import Checking
import Foundation
public import Machines
public import Systems

/// A library that is not part of this package, ready to be checked.
public struct ExternalSubject: Sendable {
  /// Where it came from, as it was named.
  public let origin: String
  /// The plugins that were loaded, one a granule.
  public let plugins: [Plugin]
  /// Where it differs from others without being wrong.
  public let dialect: PluginDialect
  private let name: String
  private let isWide: Bool
  private let replayOptions: String
  /// What of it no case exercises, in sentences, by system.
  private let unjudged: [String: [String]]

  /// The name of plugins in reports and tokens.
  public static let pluginName = "plugin"
  /// The name of Linux trees in reports and tokens.
  public static let linuxTreeName = "linux-tree"

  /// Both.
  public static let names = [pluginName, linuxTreeName]

  /// Shared objects behind the plugin's contract, each for a granule of its own.
  public init(
    pluginPaths: [String],
    executable: String
  ) throws(PluginFault) {
    // A name without a slash is one of this folder, and not one for the loader to look for.
    let pluginPaths = pluginPaths.map { $0.contains("/") ? $0 : "./" + $0 }
    var plugins: [Plugin] = []
    for path in pluginPaths {
      do {
        plugins.append(
          try Plugin(path: path, executable: executable, locate: DebugInformation.locate)
        )
      } catch {
        throw PluginFault("\(path): \(error)", isOfWorld: error.isOfWorld)
      }
    }
    self.init(
      origin: pluginPaths.joined(separator: ", "),
      name: ExternalSubject.pluginName,
      plugins: plugins,
      isWide: false,
      unjudged: [:],
      replayOptions: pluginPaths.map { "--plugin \(ShellWord.quoted($0))" }.joined(separator: " ")
    )
  }

  /// A Linux tree, built for each of the granules.
  public init(
    linuxTree path: String,
    granules: [Granule],
    executable: String,
    cache: String,
    keepsCoverage: Bool = false
  ) throws(PluginFault) {
    var plugins: [Plugin] = []
    let unjudged: [String: [String]]
    do {
      let tree = try LinuxTree(path: path)
      unjudged = tree.unjudged
      for granule in granules {
        let built = try tree.build(
          for: granule,
          purpose: keepsCoverage ? .coverage : .checking,
          cache: cache
        )
        plugins.append(
          try Plugin(
            path: built,
            executable: executable,
            granule: granule,
            locate: DebugInformation.locate,
            keepsCoverage: keepsCoverage
          )
        )
      }
    } catch {
      throw PluginFault("\(path): \(error)", isOfWorld: error.isOfWorld)
    }
    self.init(
      origin: path,
      name: ExternalSubject.linuxTreeName,
      plugins: plugins,
      isWide: true,
      unjudged: unjudged,
      // What a token means depends on the granules that there are to draw from.
      replayOptions: (["--linux-tree \(ShellWord.quoted(path))"]
        + (granules == Granule.allCases ? [] : granules.map { "--granule \($0)" }))
        .joined(separator: " ")
    )
  }

  private init(
    origin: String,
    name: String,
    plugins: [Plugin],
    isWide: Bool,
    unjudged: [String: [String]],
    replayOptions: String
  ) {
    self.unjudged = unjudged
    self.replayOptions = replayOptions
    self.origin = origin
    self.name = name
    self.plugins = plugins
    self.isWide = isWide
    dialect = PluginDialect(of: plugins[0], refusesFlags: isWide)
  }

  /// The folder or files by the paths that are theirs from everywhere.
  private var place: String {
    let paths = name == ExternalSubject.linuxTreeName ? [origin] : plugins.map(\.path)
    return paths.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
      .joined(separator: ", ")
  }

  /// Which lines of a tree's page-table code were reached so far, over all granules.
  public func coverage() -> SourceCoverage {
    let file = URL(fileURLWithPath: origin).appendingPathComponent(LinuxTree.code).path
    return CoveredSource(file: file).coverage(
      of: plugins.map { (path: $0.path, reached: $0.reachedOffsets) }
    )
  }

  /// The subject in a system; nil where the system is none of its.
  public func subject(in system: System) -> Subject? {
    switch system.name {
    case "arm64-stage2":
      .stage2(
        name,
        origin,
        plugins: plugins,
        dialect: dialect,
        isWide: isWide,
        unjudged: unjudged[system.name] ?? [],
        origin: place,
        replayOptions: replayOptions,
        locate: DebugInformation.locate
      )
    case "arm64-hyp":
      .hyp(
        name,
        origin,
        plugins: plugins,
        dialect: dialect,
        isWide: isWide,
        unjudged: unjudged[system.name] ?? [],
        origin: place,
        replayOptions: replayOptions,
        locate: DebugInformation.locate
      )
    default: nil
    }
  }
}
