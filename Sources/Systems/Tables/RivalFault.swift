import Machines
import Walkers

/// A fault at the same address that another CPU deals with while this CPU's call is at it: it adds
/// permissions and sets the access flag between two of the call's looks at the entry.
final class RivalFault {
  /// The permissions that it adds.
  struct Plan: Sendable, Hashable {
    /// Read, write and execute permission.
    var protection: UInt64
    /// After how many of the call's loads of the entry it comes, from 1.
    var loadCount: Int
  }

  /// The physical address of the entry.
  let address: UInt64
  /// The permissions that it adds.
  let protection: UInt64
  /// Whether what the call's CPU holds of the entry as it was may stay until its next fault there.
  let isOwed: Bool
  /// After how many more loads of the entry it comes.
  private var loadsLeft: Int
  /// Whether it has changed the entry.
  private(set) var hasActed = false

  init(_ plan: Plan, address: UInt64, isOwed: Bool) {
    self.address = address
    protection = plan.protection
    loadsLeft = plan.loadCount
    self.isOwed = isOwed
  }

  /// Acts if the access is the load after which it comes.
  func act(
    after access: UInt64,
    isLoad: Bool,
    on machine: inout TracingMachine<CheckListener>
  ) {
    guard isLoad, access == address, loadsLeft > 0 else { return }
    loadsLeft -= 1
    guard loadsLeft == 0 else { return }
    let old = machine.memory.pointer(to: address).pointee
    let set = (protection & Protection.read) << 4 | (protection & Protection.write) << 6 | 1 << 10
    let clear = (protection & Protection.execute) << 54
    let new = (old | set) & ~clear
    guard new != old else { return }
    machine.listener.observe(machine.rewrite(new, at: address), isOwed: isOwed)
    hasActed = true
  }
}
