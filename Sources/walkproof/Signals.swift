import CWalkerPlugin
import Foundation
import Property
import Reports
import Synchronization

/// Raised when the user interrupts, or somebody else does for them.
let interruptFlag = InterruptFlag()

/// Whether the command looks at the flag.
private let answersInterrupts = Atomic<Bool>(false)

/// From here on the command looks at the flag, and ends in good order with what it has found; before, and
/// at a second interrupt, it ends at once.
func catchInterrupts() { answersInterrupts.store(true, ordering: .relaxed) }

/// What the process does with the signals that it may be sent.
enum Signals {
  /// What is asked for by a terminal, by whoever started the command, and by a limit on its time.
  private static let interrupts = [SIGINT, SIGTERM, SIGHUP, SIGXCPU]
  /// What a trap, a failed allocation or a wild access ends in.
  private static let crashes = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

  /// Prepares the process, first of all things.
  static func prepare() {
    // A descriptor that is closed would be given to the next file, and the report be written into it.
    for descriptor in 0..<Int32(3) where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
    // A reader that has gone and a file that is too large show as failed writes, which have a line and a
    // status of their own.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    _ = interruptFlag.isRaised
    _ = answersInterrupts.load(ordering: .relaxed)
    _ = hasCrashed.load(ordering: .relaxed)
    for number in answered { signal(number, interrupt) }
    // Who started the command may have had signals blocked, and that is inherited.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_UNBLOCK, &all, nil)
    // Who asks for the runtime's own account of a crash gets it.
    if getenv("SWIFT_BACKTRACE") == nil { for number in crashes { signal(number, tellOfCrash) } }
  }

  /// Answers interrupts on a thread of their own, from before others are started on: Z3 installs handlers,
  /// and a signal that is blocked everywhere but waited for here comes to none.
  static func listen() {
    var numbers = sigset_t()
    sigemptyset(&numbers)
    for number in answered { sigaddset(&numbers, number) }
    let set = numbers
    pthread_sigmask(SIG_BLOCK, &numbers, nil)
    let isStarted = WorkThread.start(stackSizeInBytes: 1 << 18) {
      var (awaited, number) = (set, Int32(0))
      while sigwait(&awaited, &number) == 0 { interrupt(number) }
    }
    if !isStarted { pthread_sigmask(SIG_UNBLOCK, &numbers, nil) }
  }

  /// Those of the interrupts that are answered: of a command that shall survive its terminal that is known.
  private static var answered: [Int32] {
    interrupts.filter { $0 != SIGHUP || !isIgnored($0) }
  }

  private static let interrupt: @convention(c) (Int32) -> Void = { number in
    // The limit on its time is told of every second.
    let isSecond = interruptFlag.isRaised && number != SIGXCPU
    if isSecond || !answersInterrupts.load(ordering: .relaxed) {
      _exit(ExitStatus.undecided.rawValue)
    }
    interruptFlag.raise()
    walkproof_interrupt()
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// Whether a thread is at the end of the process.
  private static let hasCrashed = Atomic<Bool>(false)

  /// Ends the process with a line: what was found is on the disk by then.
  private static let tellOfCrash: @convention(c) (Int32) -> Void = { number in
    // Of threads that come to grief together one tells of it.
    if hasCrashed.exchange(true, ordering: .relaxed) {
      sleep(1)
      _exit(ExitStatus.internalFault.rawValue)
    }
    if lacksMemory() {
      tell("walkproof: there is too little memory; allow more of it, or fewer --jobs\n")
      _exit(ExitStatus.world.rawValue)
    }
    tell("walkproof: a fault of walkproof itself; set SWIFT_BACKTRACE=enable=yes to see where\n")
    _exit(ExitStatus.internalFault.rawValue)
  }

  private static func tell(_ line: StaticString) {
    _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
  }

  /// Whether the process is so near a limit of its memory that it cannot have had what it wanted.
  private static func lacksMemory() -> Bool {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return false }
    let room = mmap(nil, 256 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return room == MAP_FAILED
  }
}
