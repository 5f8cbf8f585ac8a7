import Machines
import Schedules

/// A litmus test of the memory model: threads, and an end that may be forbidden.
struct MemoryLitmus: Sendable {
  /// One access; what a read finds goes to a register, counted over all threads.
  enum Step: Sendable {
    case write(Field, UInt64, Access)
    case read(Field, Access)
    case fence(Fence)
    case lock, unlock
    /// Ends the thread where the latest read found 0.
    case check
  }

  /// Whether some execution ends so.
  enum Verdict: String, Sendable { case sometimes, never }

  /// What the kernel's model says, where its directory has the test, and what this one says.
  struct Verdicts: Sendable {
    let kernel: Verdict?
    let own: Verdict
    static func both(_ verdict: Verdict) -> Verdicts { Verdicts(kernel: verdict, own: verdict) }
    static func own(_ verdict: Verdict) -> Verdicts { Verdicts(kernel: nil, own: verdict) }
  }

  /// The name; one that the kernel's directory has is of a test there.
  let name: String
  /// What the two models say.
  let verdicts: Verdicts
  let threads: [[Step]]
  /// What the registers hold, in the order in which threads have them; nil for anything.
  let registers: [UInt64?]
  /// What is left in fields.
  var left: [(Field, UInt64)] = []

  /// Whether some schedule ends so, and whether all were gone through.
  func explored(isWeak: Bool) -> (verdict: Verdict, exploration: Exploration<Bool>) {
    let values = UnsafeMutablePointer<UInt64>.allocate(capacity: registers.count + 1)
    defer { values.deallocate() }
    var explorer = Explorer()
    explorer.settings.isWeak = isWeak
    let exploration = explorer.explore(listener: NoListener()) { world in
      values.initialize(repeating: .max, count: registers.count + 1)
      let toy = makeToy(world)
      var first = 0
      return threads.map { steps in
        let base = first
        first += steps.filter { if case .read = $0 { true } else { false } }.count
        return { machine in Self.run(steps, &machine, toy, values + base) }
      }
    } end: { world, _ in
      zip(registers, 0...).allSatisfy { $0 == nil || $0 == values[$1] }
        && left.allSatisfy { world.alone.read($0, of: 136, .once) == $1 }
    }
    return (exploration.outcomes[true] == nil ? .never : .sometimes, exploration)
  }

  private static func run<M: RecordMachine>(
    _ steps: [Step],
    _ machine: inout M,
    _ toy: M.Record,
    _ registers: UnsafeMutablePointer<UInt64>
  ) where M.W == UInt64 {
    var count = 0
    for step in steps {
      switch step {
      case .write(let field, let value, let access): machine.write(value, field, of: toy, access)
      case .read(let field, let access):
        registers[count] = machine.read(field, of: toy, access)
        count += 1
      case .fence(let fence): machine.fence(fence)
      case .lock: machine.acquire(Toy.lock, of: toy, .spin)
      case .unlock: machine.release(Toy.lock, of: toy, .spin)
      case .check: if registers[count - 1] == 0 { return }
      }
    }
  }
}

extension MemoryLitmus.Step {
  static func write(_ field: Field, _ value: UInt64 = 1) -> Self { .write(field, value, .once) }
  static func release(_ field: Field, _ value: UInt64 = 1) -> Self {
    .write(field, value, .release)
  }
  static func read(_ field: Field) -> Self { .read(field, .once) }
  static func acquire(_ field: Field) -> Self { .read(field, .acquire) }
  static var mb: Self { .fence(.smpMB) }
  static var rmb: Self { .fence(.smpRMB) }
  static var wmb: Self { .fence(.smpWMB) }
}

private let x = Toy.x
private let y = Toy.y
private let z = Toy.z

/// Reference: Linux, tools/memory-model/litmus-tests, for the names, the shapes and the kernel's results.
extension MemoryLitmus {
  /// Message passing: what was written first is seen by who saw what was written second.
  static let messagePassing: [MemoryLitmus] = [
    mp("MP+poonceonces", .both(.sometimes), [.write(x), .write(y)], [.read(y), .read(x)]),
    mp(
      "MP+fencewmbonceonce+fencermbonceonce",
      .both(.never),
      [.write(x), .wmb, .write(y)],
      [.read(y), .rmb, .read(x)]
    ),
    mp("MP+wmb, no rmb", .own(.sometimes), [.write(x), .wmb, .write(y)], [.read(y), .read(x)]),
    mp("MP+rmb, no wmb", .own(.sometimes), [.write(x), .write(y)], [.read(y), .rmb, .read(x)]),
    mp(
      "MP+rmb and wmb on the wrong sides",
      .own(.sometimes),
      [.write(x), .rmb, .write(y)],
      [.read(y), .wmb, .read(x)]
    ),
    mp(
      "MP+pooncerelease+poacquireonce",
      .both(.never),
      [.write(x), .release(y)],
      [.acquire(y), .read(x)]
    ),
    mp(
      "MP+release, no acquire",
      .own(.sometimes),
      [.write(x), .release(y)],
      [.read(y), .read(x)]
    ),
    mp(
      "MP+acquire, no release",
      .own(.sometimes),
      [.write(x), .write(y)],
      [.acquire(y), .read(x)]
    ),
    mp(
      "MP+onceassign+derefonce",
      .both(.never),
      [.write(x), .release(y)],
      [.acquire(y), .read(x)]
    ),
    mp(
      "MP+polocks",
      .both(.never),
      [.write(x), .lock, .write(y), .unlock],
      [.lock, .read(y), .unlock, .read(x)]
    ),
    mp(
      "MP+porevlocks",
      .both(.never),
      [.lock, .write(x), .unlock, .write(y)],
      [.read(y), .lock, .read(x), .unlock]
    ),
  ]

  private static func mp(
    _ name: String,
    _ verdicts: Verdicts,
    _ first: [Step],
    _ second: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [first, second],
      registers: [1, 0]
    )
  }

  /// Store buffering, load buffering: who writes and then reads, and the other way about.
  static let buffering: [MemoryLitmus] = [
    sb("SB+poonceonces", .both(.sometimes), [[.write(x), .read(y)], [.write(y), .read(x)]]),
    sb(
      "SB+fencembonceonces",
      .both(.never),
      [[.write(x), .mb, .read(y)], [.write(y), .mb, .read(x)]]
    ),
    sb("SB+one mb", .own(.sometimes), [[.write(x), .mb, .read(y)], [.write(y), .read(x)]]),
    sb(
      "SB+wmbs and rmbs",
      .own(.sometimes),
      [[.write(x), .wmb, .rmb, .read(y)], [.write(y), .wmb, .rmb, .read(x)]]
    ),
    sb(
      "SB+releases and acquires",
      .own(.sometimes),
      [[.release(x), .acquire(y)], [.release(y), .acquire(x)]]
    ),
    MemoryLitmus(
      name: "SB+rfionceonce-poonceonces",
      verdicts: .both(.sometimes),
      threads: [[.write(x), .read(x), .read(y)], [.write(y), .read(y), .read(x)]],
      registers: [nil, 0, nil, 0]
    ),
    // Stronger than the kernel's: no store is made before an earlier load.
    lb(
      "LB+poonceonces",
      Verdicts(kernel: .sometimes, own: .never),
      [[.read(x), .write(y)], [.read(y), .write(x)]]
    ),
    lb(
      "LB+fencembonceonce+ctrlonceonce",
      .both(.never),
      [[.read(x), .check, .write(y)], [.read(y), .mb, .write(x)]]
    ),
    lb(
      "LB+poacquireonce+pooncerelease",
      .both(.never),
      [[.read(x), .release(y)], [.acquire(y), .write(x)]]
    ),
  ]

  private static func sb(
    _ name: String,
    _ verdicts: Verdicts,
    _ threads: [[Step]]
  ) -> MemoryLitmus {
    MemoryLitmus(name: name, verdicts: verdicts, threads: threads, registers: [0, 0])
  }

  private static func lb(
    _ name: String,
    _ verdicts: Verdicts,
    _ threads: [[Step]]
  ) -> MemoryLitmus {
    MemoryLitmus(name: name, verdicts: verdicts, threads: threads, registers: [1, 1])
  }
}
