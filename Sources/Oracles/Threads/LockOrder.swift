public import Machines

/// Lock order: locks that one thread takes in one order, no other takes in another.
///
/// Two threads that do so can wait for each other, whether or not they did. A lock that is tried is
/// waited for by nobody. Locks are told apart by where they are, not by what they are called.
///
/// Does not establish: that a lock around both keeps it from happening; that who shares a lock does not
/// wait for who wants it alone and waits for another who shares it.
struct LockOrder: Sendable {
  /// A lock that somebody holds.
  struct Held: Sendable {
    var place: FieldPlace
    var mode: LockMode
  }

  /// A lock that was waited for while another was held.
  private struct Edge: Sendable {
    var held: UInt64
    var heldMode: LockMode
    var wanted: FieldPlace
    var wantedMode: LockMode
    var thread: Int
  }

  private var heldBy = [[Held]](repeating: [], count: 16)
  private var edges: [Edge] = []

  /// The locks that a thread holds, the first taken first.
  func held(by thread: Int) -> [Held] { heldBy[thread] }

  mutating func reset() {
    for thread in heldBy.indices { heldBy[thread].removeAll(keepingCapacity: true) }
    edges.removeAll(keepingCapacity: true)
  }

  /// A lock was taken.
  mutating func take(
    _ place: FieldPlace,
    _ mode: LockMode,
    isTry: Bool,
    _ thread: Int,
    _ shadows: inout RecordShadows,
    _ findings: inout Findings
  ) {
    if !isTry, !heldBy[thread].isEmpty {
      for held in heldBy[thread] { judge(held, place, mode, thread, &shadows, &findings) }
    }
    heldBy[thread].append(Held(place: place, mode: mode))
  }

  /// A lock was given back.
  /// - Returns: whether the thread had it.
  mutating func giveBack(_ place: FieldPlace, _ mode: LockMode, _ thread: Int) -> Bool {
    let index = heldBy[thread].lastIndex {
      $0.place.address == place.address && $0.mode == mode
    }
    guard let index else { return false }
    heldBy[thread].remove(at: index)
    return true
  }

  private mutating func judge(
    _ held: Held,
    _ wanted: FieldPlace,
    _ mode: LockMode,
    _ thread: Int,
    _ shadows: inout RecordShadows,
    _ findings: inout Findings
  ) {
    let edge = Edge(
      held: held.place.address,
      heldMode: held.mode,
      wanted: wanted,
      wantedMode: mode,
      thread: thread
    )
    let isKnown = edges.contains {
      $0.held == edge.held && $0.wanted.address == wanted.address && $0.thread == thread
        && $0.heldMode == edge.heldMode && $0.wantedMode == mode
    }
    guard !isKnown else { return }
    edges.append(edge)
    var visited: Set<UInt64> = []
    guard closes(edge, from: wanted.address, mode, &visited) else { return }
    let names = [shadows.name(held.place), shadows.name(wanted)]
    findings.add(
      .lockOrderInversion,
      "thread \(thread) takes \(names[1]) while it holds \(names[0]); another takes them the"
        + " other way about",
      at: .word(wanted),
      detail: names.sorted().joined(separator: ", ")
    )
  }

  /// Whether others' edges lead from a lock that is wanted to the one that the edge's thread holds.
  private func closes(
    _ edge: Edge,
    from address: UInt64,
    _ mode: LockMode,
    _ visited: inout Set<UInt64>
  ) -> Bool {
    for next in edges where next.held == address && next.thread != edge.thread {
      guard !(mode.isShared && next.heldMode.isShared) else { continue }
      if next.wanted.address == edge.held, !(next.wantedMode.isShared && edge.heldMode.isShared) {
        return true
      }
      guard visited.insert(next.wanted.address).inserted else { continue }
      if closes(edge, from: next.wanted.address, next.wantedMode, &visited) { return true }
    }
    return false
  }
}

extension Rule {
  /// Two locks are taken in both orders.
  public static let lockOrderInversion = Rule(
    "lock-order-inversion",
    "locks that one thread takes one inside the other, another thread does not take the other way"
      + " about",
    reference: "Linux, Documentation/locking/lockdep-design.rst",
    oracle: "LockOrder"
  )
}

extension LockOrder {
  /// The rules that are judged here.
  static let rules: [Rule] = [.lockOrderInversion]
}
