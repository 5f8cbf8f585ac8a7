import Architecture
import Checking
import Machines
import Reference
import Walkers

extension PartitionSession {
  var eventCount: Int { machine.base.listener.recording.count }

  func account(of finding: Finding, operationEnds: [Int]) -> CaseAccount {
    let history = EventHistory(
      entryAddress: finding.entryAddress ?? place(of: finding.inputAddress),
      inputAddress: finding.inputAddress,
      pageShift: 12,
      linkedTable: { entry in
        RadixField.isTable(entry) ? entry & RadixField.nextBase.mask : nil
      }
    )
    let events = machine.base.listener.recording
    return CaseAccount(
      history: history.steps(
        of: events,
        sites: Array(repeating: 0, count: events.count),
        callEnds: operationEnds
      ),
      sections: [
        .init("in memory", hardwareText(finding.inputAddress)),
        .init("the model", modelText(finding.inputAddress)),
      ]
    )
  }

  private func walk(_ address: UInt64) -> Result<RadixLeaf, RadixFault> {
    let memory = machine.base.memory
    return RadixTree.walk(address, from: machine.base.listener.root) { memory.descriptor(at: $0) }
  }

  /// Where the leaf for an address is.
  private func place(of address: UInt64?) -> UInt64? {
    guard let address, case .success(let leaf) = walk(address) else { return nil }
    return leaf.place
  }

  /// What the hardware makes of an address at the end.
  private func hardwareText(_ address: UInt64?) -> String {
    guard let address else { return "no guest real address is concerned" }
    switch walk(address) {
    case .failure(let fault): return "\(hex(address)): no translation (\(fault.name))"
    case .success(let leaf):
      let bits: [(PowerField, String)] = [
        (RadixField.read, "R"), (RadixField.write, "W"), (RadixField.execute, "X"),
        (RadixField.reference, " accessed"), (RadixField.change, " changed"),
      ]
      let text = bits.filter { leaf.has($0.0) }.map(\.1).joined()
      return "\(hex(address)): \(hex(leaf.realAddress(of: address))) \(text), in a page of"
        + " 2^\(leaf.shift) bytes"
    }
  }

  /// What the host and the reference model make of it.
  private func modelText(_ address: UInt64?) -> String {
    guard let address else { return "no guest real address is concerned" }
    let frame = address >> host.pageShift
    guard let (real, slot) = host.realAddress(ofFrame: frame) else {
      return "\(hex(address)): no slot has it"
    }
    let offset = address % (1 << host.pageShift)
    return "\(hex(address)): \(hex(real + offset)) at most, in slot \(slot)"
      + (model.due[slot].contains(frame) ? ", written and not reported" : "")
  }
}
