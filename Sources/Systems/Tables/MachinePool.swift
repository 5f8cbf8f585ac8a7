import Architecture
import Checking
import Machines
import Oracles

/// Machines that cases reuse, by the regime that their judges read descriptors by.
struct MachinePool {
  /// Whether the tables' pages are counted by what is checked.
  let countsPages: Bool
  private var machines: [TranslationRegime: CheckMachine] = [:]

  /// None yet.
  init(countsPages: Bool) { self.countsPages = countsPages }

  /// A machine as new.
  mutating func take(_ regime: TranslationRegime, _ setting: CaseSetting) -> CheckMachine {
    var machine =
      machines.removeValue(forKey: regime) ?? MachinePool.make(regime, countsPages: countsPages)
    machine.reset()
    machine.base.listener.isRecording = setting.isRecorded
    machine.base.listener.forget()
    machine.judges.acceptedFingerprints = setting.accepted
    return machine
  }

  /// Gives a machine back.
  mutating func put(_ machine: consuming CheckMachine, for regime: TranslationRegime) {
    machines[regime] = machine
  }

  /// A new machine.
  static func make(_ regime: TranslationRegime, countsPages: Bool) -> CheckMachine {
    // Where output addresses have 52 bits the tables lie above 2^48, so that a lost bit shows.
    let base: UInt64 = regime.outputAddressBits == 52 ? 0xa << 48 | 1 << 32 : 1 << 36
    let memory = PhysicalMemory(granule: regime.granule, base: base, capacity: 1536)
    return CheckMachine(
      judges: Judges(regime: regime, memory: memory, countsPages: countsPages),
      memory: memory
    )
  }
}
