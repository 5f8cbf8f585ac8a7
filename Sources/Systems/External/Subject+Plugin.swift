import Architecture
import CWalkerPlugin
public import Checking
import Machines
import Reference

extension Subject {
  /// The guest stage 2 of a library, given as a plugin for each granule.
  ///
  /// - Parameters:
  ///   - name: Its name in reports and tokens.
  ///   - summary: What it is, in a few words.
  ///   - plugins: The plugins, each for a granule of its own; at least one.
  ///   - dialect: Where the library differs without being wrong.
  ///   - isWide: Whether it always has 52 bits of output address with 64 KiB granules.
  ///   - unjudged: What of it no case exercises, in sentences.
  ///   - origin: The folder or files that it is.
  ///   - replayOptions: The options besides the token that a replay needs.
  ///   - locate: Says where in the library's source an instruction is.
  /// - Returns: The subject.
  public static func stage2(
    _ name: String,
    _ summary: String,
    plugins: [Plugin],
    dialect: PluginDialect,
    isWide: Bool,
    unjudged: [String] = [],
    origin: String,
    replayOptions: String,
    locate: @escaping SourceLocator
  ) -> Subject {
    let byGranule = PluginSet(plugins)
    var contract = Stage2Model.Contract()
    // Success on an entry that is not there is a fault of history, and no dialect.
    contract.relaxOfUnmapped = .again
    contract.goesOnAfterSame = dialect.goesOnAfterSame
    let calls = plugins.map(\.stage2Calls).reduce(into: Set(Stage2Operation.Kind.allCases)) {
      $0.formIntersection($1)
    }
    return Subject(
      name,
      .external,
      summary,
      checkedIn: Stage2Session.self,
      TableVariant(
        Stage2Library<PluginStage2>(
          create: { PluginStage2(byGranule[$0.granule], $0, on: &$1) },
          contract: contract,
          calls: calls,
          returnsOldDescriptors: !dialect.agesByRange,
          warnsOfMisuse: true,
          relaxesLocally: dialect.relaxesLocally,
          ownerType: dialect.ownerType,
          reportsEvents: plugins.allSatisfy { $0.reports(WALKPROOF_CAP_EVENTS) }
        ),
        countsPages: plugins.allSatisfy { $0.reports(WALKPROOF_CAP_REFCOUNTS) }
      ),
      notJudged: notJudged(plugins, calls: calls) + unjudged,
      unreachable: dialect.unreachable(with: calls).labels,
      dialect: dialect.benefits,
      loaded: titles(plugins),
      origin: origin,
      replay: .command(options: replayOptions),
      locate: locate,
      limits: limits(plugins, isWide: isWide, dialect: dialect, calls: calls)
    )
  }

  /// The hypervisor stage 1 of a library, given as a plugin for each granule.
  public static func hyp(
    _ name: String,
    _ summary: String,
    plugins: [Plugin],
    dialect: PluginDialect,
    isWide: Bool,
    unjudged: [String] = [],
    origin: String,
    replayOptions: String,
    locate: @escaping SourceLocator
  ) -> Subject {
    let byGranule = PluginSet(plugins)
    var calls = plugins.map(\.hypCalls).reduce(into: Set(HypOperation.Kind.allCases)) {
      $0.formIntersection($1)
    }
    if !dialect.unmapsHyp { calls.remove(.unmap) }
    let unmaps = calls.contains(.unmap)
    let isSeen = plugins.allSatisfy { $0.reports(WALKPROOF_CAP_EVENTS) }
    var unreachable: Set<System.Transition> = []
    // Where only what is left is seen, a block that goes with its table is not seen to go.
    if !isSeen || !unmaps { unreachable.insert(System.Transition(old: .block, new: .invalid)) }
    if !unmaps {
      unreachable.insert(System.Transition(old: .page, new: .invalid))
      unreachable.insert(System.Transition(old: .table, new: .invalid))
    }
    return Subject(
      name,
      .external,
      summary,
      checkedIn: HypSession.self,
      TableVariant(
        HypLibrary<PluginHyp>(
          create: { PluginHyp(byGranule[$0.granule], $0, on: &$1) },
          calls: calls,
          warnsOfMisuse: true
        ),
        countsPages: plugins.allSatisfy { $0.reports(WALKPROOF_CAP_REFCOUNTS) }
      ),
      notJudged: HypOperation.Kind.allCases.filter { !calls.contains($0) }.map {
        "\($0.name): it has none"
      } + unreported(by: plugins) + unjudged,
      unreachable: unreachable.labels,
      loaded: titles(plugins),
      origin: origin,
      replay: .command(options: replayOptions),
      locate: locate,
      limits: limits(plugins, isWide: isWide, dialect: dialect)
    )
  }

  /// The names that plugins have for themselves, each with its granules.
  private static func titles(_ plugins: [Plugin]) -> [String] {
    var names: [String] = []
    for plugin in plugins where !names.contains(plugin.name) { names.append(plugin.name) }
    return names.map { name in
      let granules = plugins.filter { $0.name == name }.map { "\($0.granule)" }
      return "\(name), \(granules.joined(separator: ", "))"
    }
  }

  private static func notJudged(
    _ plugins: [Plugin],
    calls: Set<Stage2Operation.Kind>
  ) -> [String] {
    Stage2Operation.Kind.allCases.filter { !calls.contains($0) }.map { "\($0.name): it has none" }
      + unreported(by: plugins)
  }

  /// What cannot be judged because a plugin does not report it.
  private static func unreported(by plugins: [Plugin]) -> [String] {
    let capabilities: [(bit: UInt32, text: String)] = [
      (WALKPROOF_CAP_EVENTS, "stores, barriers, TLB and caches: it reports none"),
      (WALKPROOF_CAP_REFCOUNTS, "page counts: it reports none"),
      (WALKPROOF_CAP_STORE_ORDER, "the order of stores: it reports none"),
      (WALKPROOF_CAP_TTL, "level hints: it reports none"),
    ]
    let missing = capabilities.filter { capability in
      !plugins.allSatisfy { $0.reports(capability.bit) }
    }
    // Where nothing is reported the rest goes without saying.
    return missing.first?.bit == WALKPROOF_CAP_EVENTS
      ? [capabilities[0].text] : missing.map(\.text)
  }

  private static func limits(
    _ plugins: [Plugin],
    isWide: Bool,
    dialect: PluginDialect? = nil,
    calls: Set<Stage2Operation.Kind> = []
  ) -> GeneratorLimits {
    GeneratorLimits(
      granules: Granule.allCases.filter { granule in
        plugins.contains { $0.granule == granule }
      },
      isAlwaysWide: isWide,
      hasForcingByProtection: false,
      hasSharedWalks: dialect?.hasSharedWalks ?? false,
      disablesForceWriteBack: dialect?.canDisableForceWriteBack ?? true,
      hasNoOwner: dialect?.hasNoOwner ?? true,
      hasUnprivilegedAccess: dialect?.makesHVHE ?? false,
      hasBranchTargets: dialect?.hasBranchTargets ?? false,
      leavesCachesAlone: dialect?.leavesCachesAlone ?? false,
      hasExecutionByPrivilege: dialect?.tellsPrivilegesApart ?? false,
      refusesExecutionByPrivilege: dialect?.tellsPrivilegesApart ?? false,
      hasSplit: calls.contains(.split),
      agesByRange: calls.contains(.testClearYoung),
      hasFaultMaps: dialect?.goesOnAfterSame ?? false,
      // Who lets other walks run has to free later what they may be reading.
      hasDeferredFrees: calls.contains(.quiesce)
        && (dialect?.defersFrees ?? false || dialect?.hasSharedWalks ?? false)
    )
  }
}

/// A library's plugins, one a granule.
private struct PluginSet: Sendable {
  private let plugins: [Plugin]

  init(_ plugins: [Plugin]) {
    precondition(!plugins.isEmpty, "a library without plugins")
    self.plugins = plugins
  }

  /// The one for a granule; the generator draws no other.
  subscript(granule: Granule) -> Plugin {
    plugins.first { $0.granule == granule } ?? plugins[0]
  }
}
