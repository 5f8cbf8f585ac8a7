public import Machines

/// Every oracle of threads and records at once, listening to all threads' events.
///
/// It knows nothing of the code that runs. Attach it to a scheduled world, `reset()` it with the world,
/// and read `violations` when the run is over.
///
/// Does not establish: anything about schedules that were not run. What is a matter of the order in
/// which things happened is found in every run that has the two accesses in no order, whichever came
/// first; what is not, in those runs alone in which it happens.
public struct ThreadJudges: RecordListener, Sendable {
  var findings = Findings()
  var order = HappensBefore()
  var shadows = RecordShadows()
  var locks = LockOrder()
  var sleeping = SleepContext()
  var sections = SectionBalance()
  /// The queue that each thread prepared to wait on.
  private var queues = [FieldPlace?](repeating: nil, count: 16)

  /// Judges that have seen nothing.
  public init() { findings.tellsOnce = true }

  /// The rules that are judged.
  public static let rules =
    DataRaces.rules + LockOrder.rules + LockUse.rules + SleepContext.rules + RecordLifetime.rules
    + SectionBalance.rules + ThreadProgress.rules + Warnings.rules

  /// The first violations since the last reset, in order.
  public var violations: [Violation] { findings.violations }
  /// How many violations there were since the last reset.
  public var violationCount: Int { findings.count }
  /// How many events there were since the last reset.
  public var eventCount: Int { findings.now }
  /// Fingerprints of violations that are known and accepted: they are counted, and are none.
  public var acceptedFingerprints: Set<String> {
    get { findings.accepted }
    set { findings.accepted = newValue }
  }

  /// Forgets everything.
  public mutating func reset() {
    findings.reset()
    order.reset()
    shadows.reset()
    locks.reset()
    sleeping.reset()
    sections.reset()
    for thread in queues.indices { queues[thread] = nil }
  }

  /// Judges one event.
  public mutating func observe(_ event: RecordEvent, by thread: Int) {
    findings.now &+= 1
    switch event {
    case .read(let place, _, let access, let number):
      judgeRead(place, access, from: number, thread)
    case .write(let place, _, _, let access, let number):
      judgeWrite(place, access, number: number, thread)
    case .update(let place, _, _, let atomicity, let from, let number):
      judgeUpdate(place, atomicity, from: from, number: number, thread)
    case .mismatch(let place, _, let number): judgeRead(place, .once, from: number, thread)
    case .fence(let fence): order.fence(fence, thread)
    case .acquire, .release, .initialise, .busy: observeLock(event, thread)
    case .allocate, .free, .freeLater, .reclaim, .refuse: observeRecord(event, thread)
    case .enterSection, .leaveSection, .beginGracePeriod, .endGracePeriod:
      observeSection(event, thread)
    default: observeThread(event, thread)
    }
  }

  private mutating func observeThread(_ event: RecordEvent, _ thread: Int) {
    switch event {
    case .interrupts(let areEnabled): sleeping.setInterrupts(areEnabled, thread)
    case .prepareToWait(let place):
      judgeQueue(thread, leaves: place)
      queues[thread] = place
      let index = touchQueue(place, thread)
      shadows.words[index].waiters |= 1 << UInt32(thread)
      meet(index, thread)
    case .finishWait(let place):
      judgeQueue(thread, leaves: place)
      queues[thread] = nil
      shadows.words[touch(place, thread)].waiters &= ~(1 << UInt32(thread))
    case .wake(let place, _): meet(touchQueue(place, thread), thread)
    case .sleep: sleeping.judge("sleeps", thread, &findings)
    case .awake:
      guard let place = queues[thread] else { return }
      order.take(shadows.words[touch(place, thread)].handed, thread)
    case .complete(let place):
      let index = touch(place, thread)
      shadows.words[index].handed.join(order.give(thread))
    case .completed(let place):
      sleeping.judge("waits for a completion", thread, &findings)
      order.take(shadows.words[touch(place, thread)].handed, thread)
    case .mightSleep: sleeping.judge("calls what may sleep", thread, &findings)
    case .warn(let site):
      findings.add(.unexpectedWarning, "a warning: \(site)", detail: site.description)
    case .begin(let count): order.begin(threadCount: count)
    case .end: order.end()
    case .finish: judgeEnd(of: thread)
    case .stuck(let reason, let place):
      let name = place.map { shadows.name($0) }
      ThreadProgress.judge(reason, name, thread, &findings)
    case .runaway:
      ThreadProgress.judgeRunaway(thread, &findings)
    default: break
    }
  }

  /// Notes what was done amiss with a field; its name tells this from the same done with another.
  mutating func add(_ rule: Rule, _ place: FieldPlace, _ message: (_ name: String) -> String) {
    let name = shadows.name(place)
    findings.add(rule, message(name), at: .word(place), detail: name)
  }

  /// Finds the shadow of a queue that a thread uses, and judges that somebody made it.
  private mutating func touchQueue(_ place: FieldPlace, _ thread: Int) -> Int {
    let index = touch(place, thread)
    if !shadows.words[index].isMade { judgeUnmade(place, index, thread) }
    return index
  }

  /// A thread leaves a queue, prepares to wait on it once more, or ends where there is none.
  private mutating func judgeQueue(_ thread: Int, leaves place: FieldPlace?) {
    guard let queue = queues[thread], queue != place else { return }
    ThreadProgress.judgeQueue(shadows.name(queue), thread, &findings)
  }

  /// A thread hands its past on to whoever meets it there, and takes theirs.
  private mutating func meet(_ index: Int, _ thread: Int) {
    order.take(shadows.words[index].handed, thread)
    shadows.words[index].handed.join(order.give(thread))
  }

  private mutating func judgeEnd(of thread: Int) {
    LockUse.judgeEnd(locks.held(by: thread), thread, &shadows, &findings)
    sections.judgeEnd(thread, &findings)
    judgeQueue(thread, leaves: nil)
  }
}
