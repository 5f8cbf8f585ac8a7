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

    init(_ plugin: Plugin, _ configuration: Stage2Configuration, flags: Int32) {
      machine = MachinePool.make(TranslationRegime(configuration), countsPages: true)
      pageSize = plugin.granule.sizeInBytes
      table = PluginCase(plugin)
      table.create(
        flags: flags,
        inputAddressBits: configuration.inputAddressBits,
        outputAddressBits: configuration.outputAddressBits,
        on: &machine
      )
    }

    /// Makes one call.
    mutating func call(
      _ call: walkproof_call,
      _ arguments: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    ) -> PluginCase.Answer {
      table.call(call, arguments, on: &machine)
    }

    /// Maps `count` pages from the page number `first`, readable and writable.
    ///
    /// Their output lies `offset` pages further on: 8 leaves no room for a block, 0 does.
    mutating func map(
      _ first: UInt64,
      _ count: UInt64,
      offset: UInt64 = 8,
      flags: UInt64 = 0
    ) -> Errno {
      let protection = Protection.read | Protection.write
      let output = (first + offset) * pageSize
      return call(
        WALKPROOF_CALL_MAP,
        (first * pageSize, count * pageSize, output, protection, flags)
      )
      .errno
    }

    /// Whether something was done in the last call that satisfies `predicate`.
    func did(_ predicate: (walkproof_record) -> Bool) -> Bool {
      table.records?.contains(where: predicate) ?? false
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

  /// Whether a table that a block replaces is given away when that is asked for.
  func defersFrees() -> Bool {
    var table = table(flags: Int32(WALKPROOF_F_RCU_FREE))
    _ = table.map(0, 1)
    _ = table.map(0, blockPages, offset: 0)
    return table.did { $0.kind == WALKPROOF_EV_DETACH.rawValue }
  }
}
