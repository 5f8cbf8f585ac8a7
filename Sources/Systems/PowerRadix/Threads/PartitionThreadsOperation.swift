import Machines

/// What a thread of a case on shared partition-scoped tables does.
public struct PartitionThreadsOperation: Sendable, Hashable {
  /// What is done.
  public enum Kind: Sendable, Hashable {
    /// A vCPU accesses a frame, and takes faults until that is done.
    case access(frame: UInt64, isWrite: Bool)
    /// The host moves a unit of an area elsewhere: starts an invalidation, gives the page up, ends it.
    case move(area: Int, unit: Int)
    /// The host splits a unit into small pages, or puts them together elsewhere.
    case resize(area: Int, unit: Int)
    /// User space moves the slot to an area; nil for nowhere.
    case changeSlot(area: Int?)
    /// User space fetches the dirty log.
    case harvest
    /// The host ages a frame.
    case age(frame: UInt64)
    /// A handler deals with a fault that may be there no more.
    case fault(frame: UInt64, isWrite: Bool, isRecorded: Bool)
    /// The hardware of a vCPU accesses a frame, once.
    case touch(frame: UInt64, isWrite: Bool)
    /// The host asks for a frame's age.
    case isYoung(frame: UInt64)
    /// Waits until all threads have come to the end of what they were given.
    case join
  }

  /// Who does it beside all others that were given something; nil where it is done alone.
  public var thread: Int?
  /// What is done.
  public var kind: Kind

  /// Something that a thread does; nil for what is done alone.
  public init(thread: Int?, kind: Kind) {
    self.thread = thread
    self.kind = kind
  }

  /// Its name, and the number that it is counted by.
  public static let names = [
    "access", "move", "resize", "changeSlot", "harvest", "age", "fault", "touch", "isYoung", "join",
  ]

  /// The number of its kind.
  public var number: Int {
    switch kind {
    case .access: 0
    case .move: 1
    case .resize: 2
    case .changeSlot: 3
    case .harvest: 4
    case .age: 5
    case .fault: 6
    case .touch: 7
    case .isYoung: 8
    case .join: 9
    }
  }

  /// What events call it.
  var site: Site {
    switch kind {
    case .access: Site("access")
    case .move: Site("move")
    case .resize: Site("resize")
    case .changeSlot: Site("changeSlot")
    case .harvest: Site("harvest")
    case .age: Site("age")
    case .fault: Site("fault")
    case .touch: Site("touch")
    case .isYoung: Site("isYoung")
    case .join: Site("join")
    }
  }
}

extension PartitionThreadsOperation: CustomStringConvertible {
  /// The call as a person writes it, behind whose it is.
  public var description: String {
    let call = "\(Self.names[number])(\(arguments))"
    return thread.map { "thread \($0): \(call)" } ?? call
  }

  private var arguments: String {
    switch kind {
    case .access(let frame, let isWrite), .touch(let frame, let isWrite):
      "frame \(frame), \(isWrite ? "store" : "load")"
    case .fault(let frame, let isWrite, let isRecorded):
      "frame \(frame), \(isWrite ? "store" : "load")\(isRecorded ? ", R or C not set" : "")"
    case .move(let area, let unit), .resize(let area, let unit): "area \(area), unit \(unit)"
    case .changeSlot(let area): area.map { "to area \($0)" } ?? "to nowhere"
    case .age(let frame), .isYoung(let frame): "frame \(frame)"
    case .harvest, .join: ""
    }
  }
}

extension PartitionThreadsOperation: ThreadedOperation {
  var isJoin: Bool { kind == .join }
}
