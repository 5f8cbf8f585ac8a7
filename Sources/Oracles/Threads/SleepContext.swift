public import Machines

/// Sleeping: nobody does what may sleep while they hold a lock that others spin for, with interrupts
/// disabled, or in a section of RCU.
///
/// What may sleep is a mutex, memory that is waited for, a queue, a completion, a grace period, and
/// whatever says so by `mightSleep`.
struct SleepContext: Sendable {
  private struct Context: Sendable {
    var spinCount = 0
    var disabledCount = 0
    var hasDisabledInterrupts = false
    var rcuDepth = 0
  }

  private var contexts = [Context](repeating: Context(), count: 16)

  mutating func reset() {
    for thread in contexts.indices { contexts[thread] = Context() }
  }

  mutating func setInterrupts(_ areEnabled: Bool, _ thread: Int) {
    contexts[thread].hasDisabledInterrupts = !areEnabled
  }

  /// A lock was taken.
  mutating func take(_ mode: LockMode, _ thread: Int) {
    if !mode.sleeps { contexts[thread].spinCount += 1 }
    if mode.disablesInterrupts { contexts[thread].disabledCount += 1 }
  }

  /// A lock was given back.
  mutating func giveBack(_ mode: LockMode, _ thread: Int) {
    if !mode.sleeps { contexts[thread].spinCount -= 1 }
    if mode.disablesInterrupts { contexts[thread].disabledCount -= 1 }
  }

  /// Whether an interrupt may come.
  func takesInterrupts(_ thread: Int) -> Bool {
    contexts[thread].disabledCount == 0 && !contexts[thread].hasDisabledInterrupts
  }

  /// A section of RCU was entered or left.
  mutating func changeRCU(by change: Int, _ thread: Int) { contexts[thread].rcuDepth += change }

  /// A thread may sleep.
  func judge(_ what: String, _ thread: Int, _ findings: inout Findings) {
    let context = contexts[thread]
    let reason: String
    if context.disabledCount > 0 || context.hasDisabledInterrupts {
      reason = "with interrupts disabled"
    } else if context.spinCount > 0 {
      reason = "while it holds a lock that others spin for"
    } else if context.rcuDepth > 0 {
      reason = "in a section of RCU"
    } else {
      return
    }
    findings.add(
      .sleepNotPermitted,
      "thread \(thread) \(what) \(reason)",
      detail: "\(what) \(reason)"
    )
  }
}

extension Rule {
  /// A thread sleeps where it may not.
  public static let sleepNotPermitted = Rule(
    "sleep-not-permitted",
    "nothing that may sleep is done under a spinning lock, with interrupts disabled, or in a section"
      + " of RCU",
    reference: "Linux, Documentation/kernel-hacking/locking.rst",
    oracle: "SleepContext"
  )
}

extension SleepContext {
  /// The rules that are judged here.
  static let rules: [Rule] = [.sleepNotPermitted]
}
