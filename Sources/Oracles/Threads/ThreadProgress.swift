public import Machines

/// Progress of threads: nobody waits for ever, and a call ends once others have stopped.
///
/// That a call never ends is said of a run in which every thread had its turn again and again.
/// Does not establish: anything about time.
enum ThreadProgress {
  /// A thread cannot go on, nor can any other.
  static func judge(
    _ reason: WaitReason,
    _ name: String?,
    _ thread: Int,
    _ findings: inout Findings
  ) {
    let what = name ?? "others' sections"
    switch reason {
    case .lock, .sections:
      findings.add(
        .deadlock,
        "thread \(thread) waits for \(what), and nobody can go on",
        detail: what
      )
    case .wake, .completion:
      findings.add(
        .lostWakeUp,
        "thread \(thread) sleeps on \(what), and nobody is left to wake it",
        detail: what
      )
    }
  }

  /// A thread does something else, or ends, and is on a queue still.
  static func judgeQueue(_ name: String, _ thread: Int, _ findings: inout Findings) {
    findings.add(.queueNotLeft, "thread \(thread) has not left \(name)", detail: name)
  }

  /// A thread is at it still.
  static func judgeRunaway(_ thread: Int, _ findings: inout Findings) {
    findings.add(.threadNeverEnds, "thread \(thread) goes on for ever, though all have their turns")
  }
}

extension Rule {
  /// Threads wait for each other.
  public static let deadlock = Rule(
    "deadlock",
    "of threads that have not ended, one can go on",
    oracle: "ThreadProgress"
  )

  /// A thread sleeps for ever.
  public static let lostWakeUp = Rule(
    "lost-wake-up",
    "a thread that sleeps is woken, and what it waits for is completed",
    oracle: "ThreadProgress"
  )

  /// A thread stays on a queue.
  public static let queueNotLeft = Rule(
    "queue-not-left",
    "who prepared to wait on a queue leaves it before it waits on another, and before it ends",
    oracle: "ThreadProgress"
  )

  /// A thread goes on for ever.
  public static let threadNeverEnds = Rule(
    "thread-never-ends",
    "where every thread has its turn again and again, each comes to its end",
    oracle: "ThreadProgress"
  )
}

extension ThreadProgress {
  /// The rules that are judged here.
  static let rules: [Rule] = [.deadlock, .lostWakeUp, .queueNotLeft, .threadNeverEnds]
}
