import Architecture
import Checking
import Machines
import Oracles
import Reference

extension TableComparison {
  /// What a call may do, with a bound on the steps that it may take.
  ///
  /// No walk takes more steps than a few for each page of its range and each entry there is, those of
  /// `newTables` tables that it may make and fill among them.
  func bounded(
    _ contract: CallContract,
    size: UInt64?,
    newTables: Int = 0
  ) -> CallContract {
    var contract = contract
    let pages = min((size ?? 0) >> memory.pageShift, 1 << 20)
    let entries = regime.entryCount * (memory.usedPages + newTables + 8)
    contract.stepLimit = 64 + 16 * Int(pages) + 8 * entries
    return contract
  }

  /// Compares every entry that either side changed in the last call.
  func compareChanges(_ tables: TableModel, _ machine: borrowing CheckMachine) -> Finding? {
    let changes = tables.changes
    for place in changes {
      if let finding = compare(place, with: tables) { return finding }
    }
    for number in 0..<machine.base.listener.judges.touchedCount {
      let touched = machine.base.listener.judges.touched(at: number)
      let place = EntryLocation(level: touched.level, address: touched.inputAddress)
      // Both sides mostly change the same entries in the same order.
      if number < changes.count, changes[number] == place { continue }
      if let finding = compare(place, with: tables) { return finding }
    }
    return nil
  }
}

extension TableModel {
  /// A result that is not the model's.
  ///
  /// Says why a range is refused, so that one cause has one fingerprint whatever the call.
  func wrongResult(
    _ call: String,
    expected: Errno,
    found: Errno,
    address: UInt64?,
    size: UInt64?
  ) -> Finding {
    var cause = "\(call) \(expected), found \(found)"
    if expected == .range, let address {
      let isInput = pages(from: address, sizeInBytes: size ?? 1) == nil
      cause = isInput ? "input range not refused" : "output range not refused"
    }
    return .wrongResult(
      call,
      expected: "\(expected)",
      found: "\(found)",
      fingerprint: cause,
      inputAddress: address ?? 0
    )
  }
}
