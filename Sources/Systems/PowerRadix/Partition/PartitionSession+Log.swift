import Architecture
import Checking
import Machines
import Oracles
import Reference
import Walkers

extension PartitionSession {
  /// What a leaf's reference bit was, and what became of it in a call.
  private func reference(_ before: RadixLeaf?, _ after: RadixLeaf?) -> PartitionModel.Reference {
    let bits = before.flatMap { machine.base.listener.judges.hardwareBits[$0.place] } ?? 0
    return PartitionModel.Reference(
      before: before?.has(RadixField.reference) == true,
      isSetMeanwhile: RadixField.reference.value(in: bits) == 1,
      after: after?.has(RadixField.reference) == true
    )
  }

  /// Forgets that a frame was accessed.
  mutating func age(_ frame: UInt64) -> Finding? {
    let before = leaf(of: frame)
    var wasYoung = false
    call(demandsLock: !isFreed) { host, machine in
      host.lock(on: &machine)
      wasYoung = host.table.age(frame, on: &machine)
      host.unlock(on: &machine)
    }
    let reference = reference(before, leaf(of: frame))
    guard PartitionModel.mayAge(reference, answering: wasYoung) else {
      return wrongAge("age", frame, reference, wasYoung, before)
    }
    return needlessChange("age", .age(frame: frame))
  }

  /// Asks whether a frame was accessed.
  mutating func testAge(_ frame: UInt64) -> Finding? {
    let before = leaf(of: frame)
    var isYoung = false
    call { host, machine in isYoung = host.table.isYoung(frame, on: &machine) }
    let reference = reference(before, leaf(of: frame))
    guard PartitionModel.mayTestAge(reference, answering: isYoung) else {
      return wrongAge("test_age", frame, reference, isYoung, before)
    }
    return needlessChange("test_age", .testAge(frame: frame))
  }

  func wrongAge(
    _ call: String,
    _ frame: UInt64,
    _ reference: PartitionModel.Reference,
    _ answer: Bool,
    _ leaf: RadixLeaf?
  ) -> Finding {
    let was = reference.before ? "set" : "clear"
    let meanwhile = reference.isSetMeanwhile ? ", set by the hardware meanwhile," : ""
    return Finding(
      .wrongAge,
      "\(call) answers \(answer), and the reference bit was \(was)\(meanwhile) and is"
        + " \(reference.after ? "set" : "clear")",
      cause: " \(call)",
      entryAddress: leaf?.place,
      inputAddress: frame << host.pageShift
    )
  }

  /// Has the log of a slot handed out.
  mutating func harvest(_ number: Int) -> Finding? {
    let before = model.due[number]
    call { host, machine in
      let table = host.table
      host.lock(on: &machine)
      table.harvest(host.slots[number].slot, on: &machine, log: &host)
      host.unlock(on: &machine)
    }
    let report = host.slots[number].map
    lastReport = report
    for word in report.indices { host.slots[number].map[word] = 0 }
    let judges = machine.base.listener.judges
    let frames = host.slots[number].slot.frames
    func changed(_ isCounted: (UInt64) -> Bool) -> [Range<UInt64>] {
      judges.leaves.filter { place, leaf in
        RadixField.change.value(in: leaf.entry) == 1 && isCounted(place)
          && self.frames(of: leaf).overlaps(frames)
      }.map { self.frames(of: $0.value) }
    }
    let fault = model.harvest(
      report,
      due: before,
      stillSet: changed { _ in true },
      setMeanwhile: changed { place in
        RadixField.change.value(in: judges.hardwareBits[place] ?? 0) == 1
      },
      slot: number
    )
    return fault.map { finding($0) }
      ?? needlessChange("harvest", .harvest(slot: number))
  }

  /// What is wrong with the logs as they wait.
  mutating func judgeLogs() -> Finding? {
    guard !isFreed else { return nil }
    var changed: [Range<UInt64>] = []
    for leaf in machine.base.listener.judges.leaves.values
    where RadixField.change.value(in: leaf.entry) == 1 {
      changed.append(frames(of: leaf))
    }
    for number in host.slots.indices {
      let log = host.slots[number].log
      if let fault = model.judgeLog(log, stillSet: changed, slot: number) { return finding(fault) }
    }
    return nil
  }

  private func finding(_ fault: PartitionModel.LogFault) -> Finding {
    let frame: UInt64 =
      switch fault {
      case .lost(let frame), .missing(let frame), .needless(let frame), .kept(let frame): frame
      }
    let place = machine.base.listener.judges.changePlace(of: frame << host.pageShift)
    return .log(fault, host.pageShift, entry: place)
  }
}
