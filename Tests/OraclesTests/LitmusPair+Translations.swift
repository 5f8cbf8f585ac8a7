import Architecture
import Machines
import Oracles

/// The litmus pairs of what may be cached, and of what orders that.
extension LitmusPair {
  static let translations: [LitmusPair] = [
    .arm(.noBreak) { litmus, hasFault in
      litmus.mapPages(0..<1)
      litmus.call(.map) {
        if !hasFault {
          $0.machine.store(0, to: $0.last, at: 0, order: .relaxed)
          $0.invalidate(0, hint: 3)
        }
        $0.machine.store($0.page(0x9000_0000), to: $0.last, at: 0, order: .release)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.makeBeforeInvalidate) { litmus, hasFault in
      litmus.mapPages(0..<1)
      litmus.call(.map) {
        $0.clear(0, of: $0.last)
        if !hasFault { $0.invalidate(0, hint: 3) }
        $0.put($0.page(0x9000_0000), 0, of: $0.last)
        $0.machine.barrier(.dsbISHST)
        if hasFault { $0.invalidate(0, hint: 3) }
      }
    },
    .arm(.missingFeature, on: .guestWithoutForcing) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        let operation: TLBInvalidation<UInt64>.Operation = hasFault ? .ripas2e1 : .ipas2e1
        $0.machine.invalidate(TLBInvalidation(operation, address: 0, sizeInBytes: 4096))
      }
    },
    .arm(.staleTranslation) { litmus, hasFault in
      litmus.mapPages(0..<4)
      litmus.call(.unmap(cleans: false)) {
        $0.clear(2, of: $0.last)
        $0.invalidate(hasFault ? 3 << 12 : 2 << 12)
      }
    },
    .arm(.stalePermission) { litmus, hasFault in
      litmus.mapPages(0..<1)
      litmus.call(hasFault ? .coherent : .owing) {
        let readable = $0.page(0x8000_0000) & ~Bits.write
        $0.machine.store(readable, to: $0.last, at: 0, order: .relaxed)
      }
    },
    .arm(.staleTable) { litmus, hasFault in
      litmus.call {
        $0.clear(0, of: $0.middle)
        if !hasFault { $0.invalidate(0) }
        // Given away, so that nothing but the entry that led to it is left.
        $0.machine.deferFree($0.last)
      }
    },
    .arm(.wrongLevelHint) { litmus, hasFault in
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.middle)
        $0.invalidate(0, hint: hasFault ? 2 : nil)
        $0.machine.release($0.last)
      }
    },
    .arm(.plainLink) { litmus, hasFault in
      litmus.call(.map) {
        _ = $0.link(at: 1, of: $0.middle, level: 3, order: hasFault ? .relaxed : .release)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.invalidateWithoutBarrier) { litmus, hasFault in
      litmus.mapPages(0..<1)
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.last)
        $0.machine.barrier(hasFault ? .dmbISHST : .dsbISHST)
        $0.machine.invalidate(TLBInvalidation(.vmalls12e1))
        $0.machine.barrier(.dsbISH)
      }
    },
    .arm(.incompleteInvalidation) { litmus, hasFault in
      litmus.mapPages(0..<1)
      litmus.call(.unmap(cleans: false)) {
        $0.clear(0, of: $0.last)
        $0.machine.barrier(.dsbISHST)
        $0.machine.invalidate(TLBInvalidation(.vmalls12e1))
        $0.machine.barrier(hasFault ? .dsbISHST : .dsbISH)
      }
    },
    .arm(.storeWithoutBarrier) { litmus, hasFault in
      litmus.call(.map) {
        $0.put($0.page(0x8000_0000), 0, of: $0.last)
        $0.machine.barrier(hasFault ? .dmbISHST : .dsbISHST)
      }
    },
    LitmusPair(rule: .rootWithoutBarrier) { hasFault in
      let regime = TranslationRegime(Stage2Configuration())
      let memory = PhysicalMemory(granule: regime.granule, base: 0x4000_0000, capacity: 64)
      let judges = Judges(regime: regime, memory: memory, countsPages: true)
      var machine = TracingMachine(memory: memory, listener: judges)
      machine.listener.beginCall(.map)
      let level = regime.startLevel
      guard machine.allocateRoot(pageCount: regime.rootTableCount, level: level) != nil else {
        return []
      }
      machine.barrier(hasFault ? .dmbISHST : .dsbISHST)
      machine.listener.endCall()
      return machine.listener.violations.map(\.rule)
    },
    .arm(.plainLeaf) { litmus, hasFault in
      litmus.call(.publishing) {
        let order: MemoryOrder = hasFault ? .relaxed : .release
        $0.machine.store($0.page(0x8000_0000), to: $0.last, at: 0, order: order)
        $0.machine.retain($0.last)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.contextNotSynchronised, on: .hypervisor) { litmus, hasFault in
      var contract = CallContract.map
      contract.synchronisesContext = true
      litmus.call(contract) {
        $0.put($0.page(0x8000_0000), 0, of: $0.last)
        if hasFault { $0.machine.barrier(.isb) }
        $0.machine.barrier(.dsbISHST)
        if !hasFault { $0.machine.barrier(.isb) }
      }
    },
  ]
}
