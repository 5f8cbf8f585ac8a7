import Machines
import Symbolic
import Walkers

/// The symbolic machine of records with a host that answers anything.
struct PfnProofMachine: LayeredRecordMachine {
  var base: SymbolicRecordMachine
  let discipline: PfnDiscipline

  private var cache: UInt64 { PfnDiscipline.cache }

  private func oblige(_ clause: Clause, _ formula: Formula) {
    base.oblige(clause, formula)
  }

  /// Comes to a step of the host's, which sleeps.
  private func sleep() -> Bool {
    base.obligeSleep()
    guard base.step() else { return false }
    base.note(.pause)
    return true
  }
}

extension PfnProofMachine: HostMemoryMachine {
  func hostAddress(of guestFrame: BitVector, in slots: BitVector) -> BitVector {
    guard !base.isCut else { return BitVector(0) }
    let isFirst = base.holds(slots .== BitVector(PfnProofRecord.layouts[0]))
    let address = discipline.hostAddress(
      of: guestFrame,
      layout: isFirst ? 0 : 1,
      in: base.state
    )
    base.explorer.assume(discipline.isHostAddress(address))
    base.note(.answer(address))
    return address
  }

  func lookUp(_ hostAddress: BitVector) -> BitVector {
    if discipline.isSecondLookUp { base.beginAgain() }
    discipline.isSecondLookUp = true
    guard sleep() else { return BitVector(0) }
    base.observeOthers()
    let frame = discipline.fresh("frame")
    discipline.lookUps.append(
      (
        frame: frame, address: hostAddress, passes: base.state[PfnMemory.passes, cache],
        isOpen: base.state.isSet(PfnMemory.isOpen, cache)
      )
    )
    discipline.references.add(frame, frame, where: frame .!= BitVector(HostMemory.noFrame))
    base.note(.answer(frame))
    return frame
  }

  func put(_ frame: BitVector) {
    guard !base.isCut else { return }
    oblige(.putsReferencesOnce, discipline.references.take { $0.first .== frame })
  }

  func isRAM(_ frame: BitVector) -> Formula {
    guard !base.isCut else { return Formula(false) }
    let isRAM = discipline.isRAM(frame)
    base.note(.answer(.select(isRAM, BitVector(1), BitVector(0))))
    return isRAM
  }

  func map(_ frame: BitVector) -> BitVector { mapped(frame, isRAM: true) }
  func remap(_ frame: BitVector) -> BitVector { mapped(frame, isRAM: false) }

  private func mapped(_ frame: BitVector, isRAM: Bool) -> BitVector {
    guard sleep() else { return BitVector(0) }
    let isOfKind = isRAM ? discipline.isRAM(frame) : .!discipline.isRAM(frame)
    oblige(.mapsReferenced, discipline.references.has { $0.first .== frame } .& isOfKind)
    let base = discipline.fresh("mapping") & ~BitVector(HostMemory.offsetMask)
    // Two frames are not mapped at one address.
    let isElsewhere = discipline.mappings.entries.map { entry in
      Formula.implies(entry.isThere .& (entry.second .== base), entry.first .== frame)
    }
    self.base.explorer.assume(.all(isElsewhere), later: true)
    discipline.mappings.add(frame, base, where: base .!= BitVector(0))
    self.base.note(.answer(base))
    return base
  }

  func unmap(_ frame: BitVector) {
    guard !base.isCut else { return }
    let isMapped = discipline.mappings.take { $0.first .== frame }
    oblige(.undoesMappingsOnce, discipline.isRAM(frame) .& isMapped)
    discipline.judgeUnmapped(base)
  }

  func unmapRemapped(_ address: BitVector) {
    guard sleep() else { return }
    let isMapped = discipline.mappings.take { [discipline] entry in
      (entry.second .== address) .& .!discipline.isRAM(entry.first)
    }
    oblige(.undoesMappingsOnce, isMapped)
    discipline.judgeUnmapped(base)
  }

  func markDirty(_ guestFrame: BitVector) {
    guard base.step() else { return }
    base.note(.pause)
    discipline.written.append(guestFrame)
  }
}
