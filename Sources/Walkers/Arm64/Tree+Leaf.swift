public import Machines

extension Tree {
  /// The entry, valid or not, at which the walk for `address` ends; nil beyond the input address
  /// space.
  @inlinable
  func leaf(at address: M.W, on machine: inout M) -> Entry<M>? {
    guard machine.holds(address .< M.W(1 &<< geometry.inputAddressBits)) else { return nil }
    var table = machine.rootPage(root, at: geometry.rootIndex(of: address))
    var level = geometry.startLevel
    while true {
      let index = geometry.index(of: address, at: level)
      let descriptor = machine.load(table, at: index)
      let entry = Entry<M>(table: table, index: index, level: level, descriptor: descriptor)
      guard level < Geometry.lastLevel, machine.holds(Encoding.isTable(descriptor)) else {
        return entry
      }
      table = child(of: entry, on: &machine)
      level &+= 1
    }
  }
}

/// What a look-up of a leaf gives.
public struct Leaf<W: Word> {
  /// `ok`, or why there is none.
  public var result: Errno
  /// The descriptor as it is in memory.
  public var descriptor: W
  /// Its level.
  public var level: LookupLevel

  /// The leaf with this descriptor and level.
  @inlinable
  public init(result: Errno, descriptor: W, level: LookupLevel) {
    self.result = result
    self.descriptor = descriptor
    self.level = level
  }

  /// What is known before an entry was found.
  @inlinable
  init() { self.init(result: .ok, descriptor: W(0), level: 0) }

  /// What was found at an entry; `range` without one.
  @inlinable
  init<M: ArmMachine>(_ entry: Entry<M>?) where M.W == W {
    if let entry {
      self.init(result: .ok, descriptor: entry.descriptor, level: entry.level)
    } else {
      self.init(result: .range, descriptor: W(0), level: 0)
    }
  }
}
