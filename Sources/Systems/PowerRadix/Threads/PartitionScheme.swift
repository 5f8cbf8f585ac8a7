public import Machines
public import Walkers

/// Somebody who is to use a keeping of partition-scoped tables, whichever it is.
public protocol PartitionUser<M> {
  /// The machine it runs on.
  associatedtype M: PowerMachine

  /// Uses it.
  mutating func use<Table: PartitionWalker>(_ table: Table) -> Errno where Table.M == M
}

/// A way of keeping partition-scoped tables on any machine.
public protocol PartitionScheme: Sendable {
  /// Has a tree's keeper used whose root is there already.
  func give<User: PartitionUser>(
    _ root: User.M.Table,
    _ configuration: PartitionConfiguration,
    to user: inout User
  ) -> Errno
}

/// The optimised walker.
public struct BuiltInScheme: PartitionScheme {
  /// The walker.
  public init() {}

  /// Has it used.
  public func give<User: PartitionUser>(
    _ root: User.M.Table,
    _ configuration: PartitionConfiguration,
    to user: inout User
  ) -> Errno {
    user.use(PartitionTable<User.M>(root: root, configuration))
  }
}

/// The reference, or a museum variant of it.
public struct SteppedScheme: PartitionScheme {
  /// What is wrong with it.
  public let faults: PartitionTableFaultSet

  /// The reference with these faults.
  public init(faults: PartitionTableFaultSet = []) { self.faults = faults }

  /// Has it used.
  public func give<User: PartitionUser>(
    _ root: User.M.Table,
    _ configuration: PartitionConfiguration,
    to user: inout User
  ) -> Errno {
    user.use(SteppedPartitionTable<User.M>(root: root, configuration, faults: faults))
  }
}
