import Machines
import Schedules

/// The machine of one thread of a case: records that others share, and the pretended host.
struct HostedMachine<S: Scheduler, L: RecordListener>: LayeredRecordMachine {
  /// The records' machine.
  var base: ScheduledMachine<S, L>
  /// The host's state; no access to it spans a step.
  let state: UnsafeMutablePointer<PfnHost>
  /// Invalidates what nobody uses, where mapping something does.
  let invalidateOther: ((inout HostedMachine<S, L>) -> Void)?

  /// Whose it is; who looks at the end alone does so in the place of the first.
  var thread: Int { base.thread == ThreadSet.setup ? 0 : base.thread }

  /// Lets others run, since the thread waits for them.
  func yield() {
    state.pointee.situations.waits(thread)
    base.yield()
  }
}
