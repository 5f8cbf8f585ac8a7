import Architecture
import Machines
import Oracles

/// The litmus pairs of the memory that is mapped, and of how a call goes.
extension LitmusPair {
  static let memory: [LitmusPair] = [
    .arm(.notCleanedBeforeInstall, on: .guestWithoutForcing) { litmus, hasFault in
      litmus.mapCleaned(hasFault ? 2048 : 4096)
    },
    .arm(.instructionsNotInvalidated) { litmus, hasFault in
      litmus.call(.map) {
        $0.machine.invalidateInstructions(hasFault ? 0x8000_1000 : 0x8000_0000, sizeInBytes: 4096)
        $0.put($0.page(0x8000_0000) & ~Bits.executeNever, 0, of: $0.last)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.needlessClean, on: .guestWithoutForcing) { litmus, hasFault in
      litmus.mapCleaned(hasFault ? 8192 : 4096)
    },
    .arm(.needlessInstructionInvalidation) { litmus, hasFault in
      litmus.call(.map) {
        $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096)
        $0.put($0.page(0x8000_0000) & ~(hasFault ? 0 : Bits.executeNever), 0, of: $0.last)
        $0.machine.barrier(.dsbISHST)
      }
    },
    .arm(.notCleanedAfterUnmap, on: .guestWithoutForcing) { litmus, hasFault in
      litmus.mapCleaned()
      litmus.call(.unmap(cleans: true)) {
        $0.clear(0, of: $0.last)
        if hasFault { $0.machine.clean(0x8000_0000, sizeInBytes: 4096) }
        $0.invalidate(0, hint: 3)
        if !hasFault { $0.machine.clean(0x8000_0000, sizeInBytes: 4096) }
      }
    },
    .arm(.notFlushed, on: .guestWithoutForcing) { litmus, hasFault in
      let page: Range<UInt64> = 0x8000_0000..<0x8000_1000
      litmus.call(CallContract(flushedRanges: [page])) {
        $0.machine.clean(0x8000_0000, sizeInBytes: hasFault ? 2048 : 4096)
      }
    },
    .arm(.tooManySteps) { litmus, hasFault in
      litmus.call(CallContract(stepLimit: 3)) {
        for _ in 0..<(hasFault ? 4 : 3) { _ = $0.machine.load($0.last, at: 0) }
      }
    },
    .arm(.runaway) { litmus, hasFault in
      litmus.machine.stepAllowance = 3
      litmus.call { for _ in 0..<(hasFault ? 4 : 3) { _ = $0.machine.load($0.last, at: 0) } }
    },
    .arm(.lost) { litmus, hasFault in
      litmus.call(CallContract(permitsWarnings: true)) {
        // A walker that stops at what it thinks impossible, and one that goes on.
        let site = Site("gone")
        $0.machine.listener.observe(hasFault ? .lost(site) : .warn(site))
      }
    },
    .arm(.unexpectedWarning) { litmus, hasFault in
      litmus.call(CallContract(permitsWarnings: !hasFault)) { $0.machine.warn(Site("odd")) }
    },
    .arm(.auditMismatch) { litmus, hasFault in
      litmus.mapPages(4..<7)
      if hasFault {
        litmus.machine.memory.pointer(to: litmus.last + 8).pointee = 1 << 2
      } else {
        litmus.call { $0.put(1 << 2, 1, of: $0.last) }
      }
      litmus.machine.listener.audit()
    },
  ]
}
