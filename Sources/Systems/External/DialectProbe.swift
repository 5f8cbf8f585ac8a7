import Architecture
import CWalkerPlugin
import Machines

/// Asks a plugin what its dialect is, on tables of its own.
struct DialectProbe {
  /// A table that is asked.
  struct Table {
    private let table: PluginCase
    private let pageSize: UInt64
    private var machine: CheckMachine
    /// Whether there is one.
    let isMade: Bool
    /// Whether the plugin says that it makes none with these flags; one that dies of them says nothing.
    var isRefused: Bool { table.isRefused }

    init(_ plugin: Plugin, _ configuration: Stage2Configuration, flags: Int32) {
      machine = MachinePool.make(TranslationRegime(configuration), countsPages: true)
      pageSize = plugin.granule.sizeInBytes
      table = PluginCase(plugin)
      isMade = table.create(
        flags: flags,
        inputAddressBits: configuration.inputAddressBits,
        outputAddressBits: configuration.outputAddressBits,
        on: &machine
      )
    }

    /// Makes one call; nil where there is no table, or it does not come back.
    mutating func call(
      _ call: walkproof_call,
      _ arguments: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    ) -> PluginCase.Answer? {
      guard isMade, table.isAlive else { return nil }
      let answer = table.call(call, arguments, on: &machine)
      return table.isAlive ? answer : nil
    }

    /// Maps `count` pages from the page number `first`, readable and writable.
    ///
    /// Their output lies `offset` pages further on: 8 leaves no room for a block, 0 does.
    mutating func map(
      _ first: UInt64,
      _ count: UInt64,
      offset: UInt64 = 8,
      flags: UInt64 = 0
    ) -> Errno? {
      let protection = Protection.read | Protection.write
      let output = (first + offset) * pageSize
      return call(
        WALKPROOF_CALL_MAP,
        (first * pageSize, count * pageSize, output, protection, flags)
      )
      .map(\.errno)
    }

    /// What the last store of the last call stored; nil for no store.
    var lastStored: UInt64? {
      guard isMade, table.isAlive else { return nil }
      return table.records?.last { $0.kind == WALKPROOF_EV_STORE.rawValue }?.val
    }

    /// Whether something was done in the last call that satisfies `predicate`.
    func did(_ predicate: (walkproof_record) -> Bool) -> Bool {
      guard isMade, table.isAlive else { return false }
      return table.records?.contains(where: predicate) ?? false
    }
  }

  private let plugin: Plugin
  private let configuration: Stage2Configuration
  /// How many pages a block of the last level but one has.
  private let blockPages: UInt64

  init(_ plugin: Plugin) {
    self.plugin = plugin
    blockPages = 1 << plugin.granule.bitsPerLevel
    configuration = Stage2Configuration(
      granule: plugin.granule,
      outputAddressBits: plugin.granule == .size64K ? 52 : 48
    )
  }

  /// A table that translates nothing.
  func table(flags: Int32 = 0) -> Table { Table(plugin, configuration, flags: flags) }

  /// What an owner's annotation has besides the owner, and whether having no owner is one.
  ///
  /// Where it is none an annotation has a type, in bits 63:60; one that should have, and has not, is
  /// given a type that no entry has.
  func ownerAnnotation() -> (type: UInt64, hasNone: Bool) {
    var table = table()
    let none = table.call(WALKPROOF_CALL_SET_OWNER, (0, plugin.granule.sizeInBytes, 0, 0, 0))
    guard none?.result == -Int64(WALKPROOF_ENOSYS) else { return (0, true) }
    let typeBits: UInt64 = 0xf << 60
    _ = table.call(WALKPROOF_CALL_SET_OWNER, (0, plugin.granule.sizeInBytes, 1, 0, 0))
    let last = table.lastStored.map { $0 & typeBits } ?? 0
    return (last == 0 ? typeBits : last, false)
  }

  /// Whether a hypervisor's table can be unmapped.
  func unmapsHyp() -> Bool {
    var table = table(flags: Int32(WALKPROOF_F_STAGE1))
    let answer = table.call(WALKPROOF_CALL_UNMAP, (0, plugin.granule.sizeInBytes, 0, 0, 0))
    return answer?.result != -Int64(WALKPROOF_ENOSYS)
  }

  /// Whether a table that a block replaces is given away when that is asked for.
  func defersFrees() -> Bool {
    var table = table(flags: Int32(WALKPROOF_F_RCU_FREE))
    _ = table.map(0, 1)
    _ = table.map(0, blockPages, offset: 0)
    return table.did { $0.kind == WALKPROOF_EV_DETACH.rawValue }
  }
}
