import Machines

extension MutatingRecordMachine: HostMemoryMachine where Base: HostMemoryMachine {
  /// The word that an operation is given, or another.
  private mutating func altered(_ name: String, _ word: Base.W) -> Base.W {
    guard case .alter(name, let bits) = mutation?.change, changes(.alter(name, bits)) else {
      return word
    }
    return word ^ Base.W(bits)
  }

  /// How often an operation is done.
  private mutating func times(_ name: String) -> Int {
    changes(.skip(name)) ? 0 : changes(.twice(name)) ? 2 : 1
  }

  mutating func hostAddress(of guestFrame: Base.W, in slots: Base.Record) -> Base.W {
    base.hostAddress(of: altered("slot", guestFrame), in: slots)
  }

  mutating func lookUp(_ hostAddress: Base.W) -> Base.W {
    base.lookUp(altered("look-up", hostAddress))
  }

  mutating func put(_ frame: Base.W) {
    for _ in 0..<times("put") { base.put(frame) }
  }

  mutating func isRAM(_ frame: Base.W) -> Base.W.Condition { base.isRAM(frame) }

  mutating func map(_ frame: Base.W) -> Base.W { base.map(altered("map", frame)) }

  mutating func unmap(_ frame: Base.W) {
    for _ in 0..<times("unmap") { base.unmap(frame) }
  }

  mutating func remap(_ frame: Base.W) -> Base.W { base.remap(altered("map", frame)) }

  mutating func unmapRemapped(_ address: Base.W) {
    for _ in 0..<times("unmap") { base.unmapRemapped(address) }
  }

  mutating func markDirty(_ guestFrame: Base.W) {
    let page = altered("dirty", guestFrame)
    for _ in 0..<times("dirty") { base.markDirty(page) }
  }
}
