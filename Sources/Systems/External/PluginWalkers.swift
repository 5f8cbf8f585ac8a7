import CWalkerPlugin
import Machines
import Walkers

/// A plugin's guest stage 2.
struct PluginStage2: Stage2Walker {
  typealias M = CheckMachine

  private let table: PluginCase
  private let plugin: Plugin
  private let inputAddressBits: UInt64
  private let mapFlags: UInt64

  /// Plugins are found by name, and made by `init`.
  static func create(_ configuration: Stage2Configuration, on machine: inout M) -> PluginStage2? {
    nil
  }

  init(_ plugin: Plugin, _ configuration: Stage2Configuration, on machine: inout M) {
    self.plugin = plugin
    inputAddressBits = configuration.inputAddressBits
    mapFlags =
      (configuration.mapsForFaults ? UInt64(WALKPROOF_MAP_FAULT) : 0)
      | (configuration.sharesWalks ? UInt64(WALKPROOF_MAP_SHARED) : 0)
    table = PluginCase(plugin)
    var flags: UInt32 = 0
    if configuration.hasForceWriteBack { flags |= UInt32(WALKPROOF_F_FWB) }
    if configuration.hasRangeInvalidation { flags |= UInt32(WALKPROOF_F_TLBRANGE) }
    if configuration.disablesForceWriteBack { flags |= UInt32(WALKPROOF_F_NOFWB) }
    if configuration.isIdentityMap { flags |= UInt32(WALKPROOF_F_IDMAP) }
    if configuration.pageForcing == .always { flags |= UInt32(WALKPROOF_F_FORCE_PTE) }
    if configuration.defersTableFrees { flags |= UInt32(WALKPROOF_F_RCU_FREE) }
    if !configuration.maintainsCaches { flags |= UInt32(WALKPROOF_F_NO_CMO) }
    if configuration.hasExecutionByPrivilege { flags |= UInt32(WALKPROOF_F_XNX) }
    table.create(
      flags: Int32(flags),
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      on: &machine
    )
  }

  var root: UInt64 { table.root }

  func map(
    ipa: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    on machine: inout M
  ) -> Errno {
    let arguments = (ipa, sizeInBytes, physical, protection, mapFlags)
    return table.call(WALKPROOF_CALL_MAP, arguments, on: &machine).errno
  }

  func unmap(ipa: UInt64, sizeInBytes: UInt64, on machine: inout M) -> Errno {
    table.call(WALKPROOF_CALL_UNMAP, (ipa, sizeInBytes, 0, 0, 0), on: &machine).errno
  }

  func setOwner(ipa: UInt64, sizeInBytes: UInt64, owner: UInt64, on machine: inout M) -> Errno {
    table.call(WALKPROOF_CALL_SET_OWNER, (ipa, sizeInBytes, owner, 0, 0), on: &machine).errno
  }

  func writeProtect(ipa: UInt64, sizeInBytes: UInt64, on machine: inout M) -> Errno {
    table.call(WALKPROOF_CALL_WRPROTECT, (ipa, sizeInBytes, 0, 0, 0), on: &machine).errno
  }

  func makeYoung(ipa: UInt64, on machine: inout M) -> UInt64 {
    table.call(WALKPROOF_CALL_MKYOUNG, (ipa, 0, 0, 0, 0), on: &machine).outputs.0
  }

  func makeOld(ipa: UInt64, on machine: inout M) -> UInt64 {
    guard plugin.has(WALKPROOF_CALL_MKOLD) else { return age(ipa, clears: true, on: &machine) }
    return table.call(WALKPROOF_CALL_MKOLD, (ipa, 0, 0, 0, 0), on: &machine).outputs.0
  }

  func isYoung(ipa: UInt64, on machine: inout M) -> Bool {
    guard plugin.has(WALKPROOF_CALL_IS_YOUNG) else {
      return age(ipa, clears: false, on: &machine) != 0
    }
    return table.call(WALKPROOF_CALL_IS_YOUNG, (ipa, 0, 0, 0, 0), on: &machine).result > 0
  }

  /// Whether the page was young, where a plugin answers for ranges only.
  ///
  /// Such a plugin is never asked beyond the input space: ranges there are not its callers' to ask.
  private func age(_ ipa: UInt64, clears: Bool, on machine: inout M) -> UInt64 {
    guard ipa >> inputAddressBits == 0 else { return 0 }
    let arguments = (ipa, plugin.granule.sizeInBytes, clears ? UInt64(1) : 0, UInt64(0), UInt64(0))
    return table.call(WALKPROOF_CALL_TEST_CLEAR_YOUNG, arguments, on: &machine).result > 0 ? 1 : 0
  }

  func relaxPermissions(ipa: UInt64, protection: UInt64, on machine: inout M) -> Errno {
    table.call(WALKPROOF_CALL_RELAX, (ipa, protection, 0, 0, 0), on: &machine).errno
  }

  func flush(ipa: UInt64, sizeInBytes: UInt64, on machine: inout M) -> Errno {
    table.call(WALKPROOF_CALL_FLUSH, (ipa, sizeInBytes, 0, 0, 0), on: &machine).errno
  }

  func leaf(at ipa: UInt64, on machine: inout M) -> Leaf<UInt64> {
    table.leaf(at: ipa, on: &machine)
  }

  func split(ipa: UInt64, sizeInBytes: UInt64, cachedPages: Int, on machine: inout M) -> Errno {
    let arguments = (ipa, sizeInBytes, UInt64(cachedPages), UInt64(0), UInt64(0))
    return table.call(WALKPROOF_CALL_SPLIT, arguments, on: &machine).errno
  }

  func testClearYoung(
    ipa: UInt64,
    sizeInBytes: UInt64,
    clears: Bool,
    on machine: inout M
  ) -> Bool {
    let arguments = (ipa, sizeInBytes, clears ? UInt64(1) : 0, UInt64(0), UInt64(0))
    return table.call(WALKPROOF_CALL_TEST_CLEAR_YOUNG, arguments, on: &machine).result > 0
  }

  func quiesce(on machine: inout M) { _ = table.call(WALKPROOF_CALL_QUIESCE, on: &machine) }

  func destroy(on machine: inout M) { table.destroy(on: &machine) }
}

/// A plugin's hypervisor stage 1.
struct PluginHyp: HypWalker {
  typealias M = CheckMachine

  private let table: PluginCase

  /// Plugins are found by name, and made by `init`.
  static func create(_ configuration: HypConfiguration, on machine: inout M) -> PluginHyp? { nil }

  init(_ plugin: Plugin, _ configuration: HypConfiguration, on machine: inout M) {
    table = PluginCase(plugin)
    var flags = UInt32(WALKPROOF_F_STAGE1)
    if configuration.hasUnprivilegedAccess { flags |= UInt32(WALKPROOF_F_HVHE) }
    if configuration.hasBranchTargets { flags |= UInt32(WALKPROOF_F_BTI) }
    if configuration.hasRangeInvalidation { flags |= UInt32(WALKPROOF_F_TLBRANGE) }
    table.create(
      flags: Int32(flags),
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      on: &machine
    )
  }

  var root: UInt64 { table.root }

  func map(
    address: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    on machine: inout M
  ) -> Errno {
    let arguments = (address, sizeInBytes, physical, protection, UInt64(0))
    return table.call(WALKPROOF_CALL_MAP, arguments, on: &machine).errno
  }

  func unmap(address: UInt64, sizeInBytes: UInt64, on machine: inout M) -> UInt64 {
    let answer = table.call(WALKPROOF_CALL_UNMAP, (address, sizeInBytes, 0, 0, 0), on: &machine)
    return UInt64(bitPattern: answer.result)
  }

  func leaf(at address: UInt64, on machine: inout M) -> Leaf<UInt64> {
    table.leaf(at: address, on: &machine)
  }

  func destroy(on machine: inout M) { table.destroy(on: &machine) }
}

extension PluginCase {
  /// The descriptor and level at which a walk ends.
  func leaf(at address: UInt64, on machine: inout CheckMachine) -> Leaf<UInt64> {
    let answer = call(WALKPROOF_CALL_GET_LEAF, (address, 0, 0, 0, 0), on: &machine)
    return Leaf(
      result: answer.errno,
      descriptor: answer.outputs.0,
      level: LookupLevel(Int(Int64(bitPattern: answer.outputs.1)))
    )
  }

  /// Frees everything.
  func destroy(on machine: inout CheckMachine) {
    _ = call(WALKPROOF_CALL_DESTROY, on: &machine)
  }
}
