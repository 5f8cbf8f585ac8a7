public import Machines
import Walkers

/// A walker of shared tables where nobody else walks: what is right beside others is right alone, with every
/// table and every argument that the walker of tables of one's own is given.
struct AloneStage2<Walker: SoundSharedWalker>: Stage2Walker {
  typealias M = CheckMachine

  private let table: Stage2<M>
  private let walker = Walker()

  static func create(_ configuration: Stage2Configuration, on machine: inout M) -> Self? {
    Stage2.create(configuration, on: &machine).map { AloneStage2(table: $0) }
  }

  private init(table: Stage2<M>) { self.table = table }

  var root: M.Table { table.root }

  func map(
    ipa: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    on machine: inout M
  ) -> Errno {
    let result = walker.map(
      ipa: ipa,
      sizeInBytes: sizeInBytes,
      physical: physical,
      protection: protection,
      in: table,
      on: &machine
    )
    while let (child, level) = machine.base.listener.unlinked.popLast() {
      walker.freeUnlinked(child, level: level, in: table, on: &machine)
    }
    return result
  }

  func unmap(ipa: UInt64, sizeInBytes: UInt64, on machine: inout M) -> Errno {
    walker.unmap(ipa: ipa, sizeInBytes: sizeInBytes, in: table, on: &machine)
  }

  func writeProtect(ipa: UInt64, sizeInBytes: UInt64, on machine: inout M) -> Errno {
    walker.writeProtect(ipa: ipa, sizeInBytes: sizeInBytes, in: table, on: &machine)
  }

  func makeYoung(ipa: UInt64, on machine: inout M) -> UInt64 {
    walker.makeYoung(ipa: ipa, in: table, on: &machine)
  }

  /// The descriptor that was there, as old as the call says.
  func makeOld(ipa: UInt64, on machine: inout M) -> UInt64 {
    let found = table.leaf(at: ipa, on: &machine).descriptor
    let wasYoung = walker.age(ipa: ipa, clears: true, in: table, on: &machine)
    guard found & Encoding.valid != 0 else { return wasYoung ? Encoding.accessFlag : 0 }
    return found & ~Encoding.accessFlag | (wasYoung ? Encoding.accessFlag : 0)
  }

  func isYoung(ipa: UInt64, on machine: inout M) -> Bool {
    walker.age(ipa: ipa, clears: false, in: table, on: &machine)
  }

  func relaxPermissions(ipa: UInt64, protection: UInt64, on machine: inout M) -> Errno {
    walker.relaxPermissions(ipa: ipa, protection: protection, in: table, on: &machine)
  }

  // MARK: What nobody does beside others

  func setOwner(ipa: UInt64, sizeInBytes: UInt64, owner: UInt64, on machine: inout M) -> Errno {
    table.setOwner(ipa: ipa, sizeInBytes: sizeInBytes, owner: owner, on: &machine)
  }

  func flush(ipa: UInt64, sizeInBytes: UInt64, on machine: inout M) -> Errno {
    table.flush(ipa: ipa, sizeInBytes: sizeInBytes, on: &machine)
  }

  func leaf(at ipa: UInt64, on machine: inout M) -> Leaf<UInt64> {
    table.leaf(at: ipa, on: &machine)
  }

  func destroy(on machine: inout M) { table.destroy(on: &machine) }
}

/// A walker of shared tables as it is without faults.
protocol SoundSharedWalker: SharedStage2Walker {
  init()
}

extension SharedStage2: SoundSharedWalker {}
extension LockingStage2: SoundSharedWalker {
  init() { self.init(faults: []) }
}

/// Nobody else walks: what is unlinked is kept until the call is over.
extension FailingMachine: SharedTableMachine where Base == TracingMachine<CheckListener> {
  /// Nobody has to be told.
  public func enterWalk() {}
  /// Nobody has to be told.
  public func leaveWalk() {}
  /// Keeps it.
  public mutating func unlink(_ table: Table, level: LookupLevel) {
    base.listener.unlinked.append((table, level))
  }
}
