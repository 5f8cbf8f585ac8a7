import Architecture
import Machines
import Oracles

/// The litmus pairs of the life of tables, of their counts, and of those who walk beside a call.
extension LitmusPair {
  /// A call beside which other walks may run.
  private static let sharing: CallContract = {
    var contract = CallContract.map
    contract.sharesTables = true
    return contract
  }()

  static let tables: [LitmusPair] = [
    .arm(.useAfterFree) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.middle)
        $0.invalidate(0)
        if !hasFault { _ = $0.machine.load($0.last, at: 0) }
        $0.machine.release($0.last)
        if hasFault { _ = $0.machine.load($0.last, at: 0) }
      }
    },
    .arm(.accessOutsideMemory) { litmus, hasFault in
      litmus.call { _ = $0.machine.load(hasFault ? 0x1000 : $0.last, at: 0) }
    },
    .arm(.doubleFree) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.middle)
        $0.invalidate(0)
        $0.machine.release($0.last)
        if hasFault { $0.machine.release($0.last) }
      }
    },
    .arm(.countBelowZero) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.middle)
        $0.invalidate(0)
        $0.machine.release($0.last, by: hasFault ? 2 : 1)
      }
    },
    .arm(.freedWhileLinked) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        if !hasFault { $0.clear(0, of: $0.middle) }
        $0.invalidate(0)
        $0.machine.release($0.last)
      }
    },
    .arm(.freedWhileWalkable) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.middle)
        if !hasFault { $0.invalidate(0) }
        $0.machine.release($0.last)
        if hasFault { $0.invalidate(0) }
      }
    },
    .arm(.linkedFreedTable) { litmus, hasFault in
      litmus.call(.map) {
        $0.clear(0, of: $0.middle)
        $0.invalidate(0)
        if hasFault { $0.machine.release($0.last) }
        $0.put($0.last | 0b11, 3, of: $0.middle)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.linkedTwice) { litmus, hasFault in
      litmus.call(.map) {
        let table = hasFault ? $0.last : $0.machine.allocateTable(level: 3) ?? 0
        $0.put(table | 0b11, 3, of: $0.middle)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.rootMismatch) { litmus, hasFault in
      litmus.call(.destroy) {
        $0.machine.release($0.last)
        $0.machine.release($0.middle, by: 2)
        $0.machine.release($0.root)
        $0.machine.freeRoot($0.root, pageCount: hasFault ? 1 : 2)
      }
    },
    .arm(.lostTable) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.middle)
        $0.invalidate(0)
        if !hasFault { $0.machine.release($0.last) }
      }
    },
    .arm(.leakAfterDestroy) { litmus, hasFault in
      litmus.call(.destroy) {
        if !hasFault { $0.machine.release($0.last) }
        $0.machine.release($0.middle, by: 2)
        $0.machine.release($0.root)
        $0.machine.freeRoot($0.root, pageCount: 2)
      }
    },
    .arm(.countMismatch) { litmus, hasFault in
      litmus.call {
        $0.machine.store(1 << 2, to: $0.last, at: 0, order: .release)
        if !hasFault { $0.machine.retain($0.last) }
      }
    },
    .arm(.unbalancedSection) { litmus, hasFault in
      litmus.call {
        $0.machine.readSection(isEntered: true)
        if !hasFault { $0.machine.readSection(isEntered: false) }
      }
    },
    .arm(.storeOutsideSection) { litmus, hasFault in
      litmus.call(sharing) {
        $0.machine.readSection(isEntered: true)
        if hasFault { $0.machine.readSection(isEntered: false) }
        $0.put($0.page(0x8000_0000), 0, of: $0.last)
        $0.machine.barrier(.dsbISHST)
        if !hasFault { $0.machine.readSection(isEntered: false) }
      }
    },
    .arm(.freedWhileShared) { litmus, hasFault in
      litmus.call(sharing) {
        $0.machine.readSection(isEntered: true)
        $0.clear(0, of: $0.middle)
        $0.invalidateEverything()
        if hasFault { $0.machine.release($0.last) } else { $0.machine.deferFree($0.last) }
        $0.machine.readSection(isEntered: false)
      }
    },
    .arm(.yieldNotPermitted) { litmus, hasFault in
      var contract = CallContract.unmap(cleans: false)
      contract.permitsYield = !hasFault
      litmus.call(contract) { $0.machine.yield() }
    },
  ]
}
