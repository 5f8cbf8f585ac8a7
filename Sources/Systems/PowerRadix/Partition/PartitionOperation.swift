import Machines

/// What happens to a guest whose memory is kept by a partition-scoped tree.
enum PartitionOperation: Sendable, Hashable {
  /// The guest accesses memory until that succeeds, its faults being handled.
  case access(address: UInt64, isWrite: Bool, setsBits: Bool)
  /// The guest accesses a run of frames, one after the other.
  case sweep(frames: Range<UInt64>, pageShift: UInt64, isWrite: Bool, setsBits: Bool)
  /// A fault is handled, while something else may happen.
  case fault(
    PartitionFault,
    allocations: Int?,
    point: InterferencePoint,
    interference: Interference?
  )
  /// A notifier takes frames from the guest.
  case unmap(slot: Int, frames: Range<UInt64>)
  /// It is forgotten that a frame was accessed.
  case age(frame: UInt64)
  /// It is asked whether a frame was accessed.
  case testAge(frame: UInt64)
  /// The dirty log is handed out.
  case harvest(slot: Int)
  /// The host writes pages back.
  case clean(slot: Int, frames: Range<UInt64>)
  /// The host moves pages.
  case move(slot: Int, frames: Range<UInt64>)
  /// The host splits pages, or puts them together.
  case resize(slot: Int, frames: Range<UInt64>)
  /// The host permits no stores to pages for a while.
  case protect(slot: Int, frames: Range<UInt64>)
  /// Somebody else than a fault's handler maps a page of the host's.
  case install(LeafRequest)
  /// Tables are made for an address, so that small pages there need no more.
  case prepare(frame: UInt64, allocations: Int?)
  /// User space removes a slot.
  case remove(slot: Int)
  /// The tables are freed.
  case free

  /// How operations are told apart in statistics.
  enum Kind: Int, Sendable, CaseIterable {
    case access, fault, unmap, age, testAge, harvest, clean, move, resize, remove, free, sweep
    case protect, install, prepare

    /// The name in reports.
    var name: String {
      switch self {
      case .access: "access"
      case .fault: "fault"
      case .unmap: "unmap"
      case .age: "age"
      case .testAge: "test-age"
      case .harvest: "harvest"
      case .clean: "host: write back"
      case .move: "host: move"
      case .resize: "host: split or join"
      case .remove: "remove slot"
      case .free: "free"
      case .sweep: "sweep"
      case .protect: "host: protect"
      case .install: "install"
      case .prepare: "make tables"
      }
    }
  }

  /// The kind.
  var kind: Kind {
    switch self {
    case .access: .access
    case .fault: .fault
    case .unmap: .unmap
    case .age: .age
    case .testAge: .testAge
    case .harvest: .harvest
    case .clean: .clean
    case .move: .move
    case .resize: .resize
    case .remove: .remove
    case .free: .free
    case .sweep: .sweep
    case .protect: .protect
    case .install: .install
    case .prepare: .prepare
    }
  }
}

/// A leaf that somebody else than a fault's handler wants.
struct LeafRequest: Sendable, Hashable {
  let slot: Int
  let frame: UInt64
  /// The highest level at which it may be; it is at the highest at which it fits.
  let level: RadixLevel
  /// What it permits, and which of reference and change it has; stores where the host permits them.
  let bits: UInt64
  /// There was an invalidation since the page was looked up.
  let isStale: Bool
  /// For how many tables there is memory; nil for enough.
  let allocations: Int?
}

extension PartitionOperation: CustomStringConvertible {
  /// The operation as it would be written.
  var description: String {
    switch self {
    case .access(let address, let isWrite, let setsBits):
      "guest: \(isWrite ? "store to" : "load from") \(hex(address))"
        + (setsBits ? "" : ", reference and change left to software")
    case .fault(let fault, let allocations, let point, let interference):
      "fault(\(text(fault)))"
        + text(allocations)
        + (interference.map { "; before \(text(point)): \(text($0))" } ?? "")
    case .unmap(let slot, let frames): "unmap(slot: \(slot), \(text(frames)))"
    case .age(let frame): "age(frame: \(hex(frame)))"
    case .testAge(let frame): "test_age(frame: \(hex(frame)))"
    case .harvest(let slot): "harvest(slot: \(slot))"
    case .clean(let slot, let frames): "host: write back \(text(frames)) of slot \(slot)"
    case .move(let slot, let frames): "host: move \(text(frames)) of slot \(slot)"
    case .resize(let slot, let frames): "host: split or join \(text(frames)) of slot \(slot)"
    case .remove(let slot): "remove slot \(slot)"
    case .free: "free()"
    case .sweep(let frames, _, let isWrite, let setsBits):
      "guest: \(isWrite ? "stores to" : "loads from") \(text(frames))"
        + (setsBits ? "" : ", reference and change left to software")
    case .protect(let slot, let frames): "host: protect \(text(frames)) of slot \(slot)"
    case .install(let request):
      "install(frame: \(hex(request.frame)), level: \(request.level) at most, bits"
        + " \(hex(request.bits)))\(request.isStale ? ", looked up before an invalidation" : "")"
        + text(request.allocations)
    case .prepare(let frame, let allocations):
      "make_tables(frame: \(hex(frame)))" + text(allocations)
    }
  }

  private func text(_ allocations: Int?) -> String {
    allocations.map { ", memory for \($0) table\($0 == 1 ? "" : "s")" } ?? ""
  }

  private func text(_ frames: Range<UInt64>) -> String {
    frames.count == 1
      ? "frame: \(hex(frames.lowerBound))"
      : "frames: \(hex(frames.lowerBound)) + \(hex(UInt64(frames.count)))"
  }

  private func text(_ fault: PartitionFault) -> String {
    let cause =
      switch fault.cause {
      case .translation: ""
      case .referenceOrChange: ", to set reference or change"
      case .tableWalk: ", of a walk of the guest's tables"
      case .badAccess: ", bad access"
      case .unsupported: ", unsupported"
      }
    return "\(hex(fault.address)), \(fault.isWrite ? "store" : "load")\(cause)"
  }

  private func text(_ point: InterferencePoint) -> String {
    switch point {
    case .slot: "the slot is looked up"
    case .page: "the page is held"
    case .entry: "the host's entry is looked up"
    case .lock: "the lock is taken"
    }
  }

  private func text(_ interference: Interference) -> String {
    switch interference {
    case .move(let frames): "the host moves \(text(frames))"
    case .remove(let slot): "slot \(slot) is removed"
    case .fault(let fault): "another CPU's fault(\(text(fault)))"
    case .collapse: "the host's entry is gone for a moment"
    }
  }
}
