import Machines
import Walkers

/// A fault at the same address that another CPU deals with while this CPU's call is at it: it adds
/// permissions and sets the access flag between two of the call's looks at the entry.
struct RivalFault {
  /// The permissions that it adds.
  struct Plan: Sendable, Hashable {
    /// Read, write and execute permission.
    var protection: UInt64
    /// After how many of the call's loads of the entry it comes, from 1.
    var loadCount: Int
  }

  /// The memory of the tables.
  let memory: PhysicalMemory
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

  init(_ plan: Plan, memory: PhysicalMemory, address: UInt64, isOwed: Bool) {
    self.memory = memory
    self.address = address
    protection = plan.protection
    loadsLeft = plan.loadCount
    self.isOwed = isOwed
  }

  /// Acts if the event is the load after which it comes.
  mutating func act(on event: Event) -> EntryRewrite? {
    guard case .load(address, let old) = event, loadsLeft > 0 else { return nil }
    loadsLeft -= 1
    guard loadsLeft == 0 else { return nil }
    let set = (protection & Protection.read) << 4 | (protection & Protection.write) << 6 | 1 << 10
    let clear = (protection & Protection.execute) << 54
    let new = (old | set) & ~clear
    guard new != old else { return nil }
    memory.pointer(to: address).pointee = new
    hasActed = true
    return EntryRewrite(address: address, old: old, new: new)
  }
}
