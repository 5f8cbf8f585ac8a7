import Machines
import Schedules

private let x = Toy.x
private let y = Toy.y
private let z = Toy.z

extension MemoryLitmus {
  /// Whether writes of one thread are seen by others in one order, and by third threads.
  static let propagation: [MemoryLitmus] = [
    iriw("IRIW+poonceonces+OnceOnce", .both(.sometimes), []),
    iriw("IRIW+fencembonceonces+OnceOnce", .both(.never), [.mb]),
    iriw("IRIW+rmbs", .own(.sometimes), [.rmb]),
    wrc("WRC+poonceonces+Once", .both(.sometimes), [.write(y)], []),
    wrc("WRC+pooncerelease+fencermbonceonce+Once", .both(.never), [.release(y)], [.rmb]),
    wrc("WRC+release, no rmb", .own(.sometimes), [.release(y)], []),
    wrc("WRC+rmb, no release", .own(.sometimes), [.write(y)], [.rmb]),
    wrc("WRC+mbs", .own(.never), [.mb, .write(y)], [.mb]),
    isa2(
      "ISA2+poonceonces",
      .both(.sometimes),
      [.write(x), .write(y)],
      [.read(y), .write(z)],
      [.read(z)]
    ),
    isa2(
      "ISA2+pooncerelease+poacquirerelease+poacquireonce",
      .both(.never),
      [.write(x), .release(y)],
      [.acquire(y), .release(z)],
      [.acquire(z)]
    ),
    isa2(
      "ISA2+pooncelock+pooncelock+pombonce",
      .both(.never),
      [.lock, .write(x), .write(y), .unlock],
      [.lock, .read(y), .write(z), .unlock],
      [.read(z), .mb]
    ),
  ]

  private static func iriw(
    _ name: String,
    _ verdicts: Verdicts,
    _ fence: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [
        [.write(x)], [.read(x)] + fence + [.read(y)], [.write(y)], [.read(y)] + fence + [.read(x)],
      ],
      registers: [1, 0, 1, 0]
    )
  }

  private static func wrc(
    _ name: String,
    _ verdicts: Verdicts,
    _ middle: [Step],
    _ fence: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [[.write(x)], [.read(x)] + middle, [.read(y)] + fence + [.read(x)]],
      registers: [1, 1, 0]
    )
  }

  private static func isa2(
    _ name: String,
    _ verdicts: Verdicts,
    _ first: [Step],
    _ second: [Step],
    _ third: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [first, second, third + [.read(x)]],
      registers: [1, 1, 0]
    )
  }

  /// Whether writes of two threads to the same fields are taken in one order.
  static let coherence: [MemoryLitmus] = [
    r("R+poonceonces", .both(.sometimes), [.write(x), .write(y)], [.write(y, 2), .read(x)]),
    r(
      "R+fencembonceonces",
      .both(.never),
      [.write(x), .mb, .write(y)],
      [.write(y, 2), .mb, .read(x)]
    ),
    r("R+wmb, mb", .own(.sometimes), [.write(x), .wmb, .write(y)], [.write(y, 2), .mb, .read(x)]),
    r("R+mb, none", .own(.sometimes), [.write(x), .mb, .write(y)], [.write(y, 2), .read(x)]),
    s("S+poonceonces", .both(.sometimes), [.write(x, 2), .write(y)], [.read(y), .write(x)]),
    s(
      "S+fencewmbonceonce+poacquireonce",
      .both(.never),
      [.write(x, 2), .wmb, .write(y)],
      [.acquire(y), .write(x)]
    ),
    s(
      "S+wmb, no acquire",
      .own(.sometimes),
      [.write(x, 2), .wmb, .write(y)],
      [.read(y), .write(x)]
    ),
    s("S+acquire, no wmb", .own(.sometimes), [.write(x, 2), .write(y)], [.acquire(y), .write(x)]),
    w("2+2W", .own(.sometimes), []),
    w("2+2W+wmbs", .own(.sometimes), [.wmb]),
    w("2+2W+mbs", .own(.never), [.mb]),
    z6(
      "Z6.0+pooncerelease+poacquirerelease+fencembonceonce",
      .both(.sometimes),
      [.write(x), .release(y)],
      [.acquire(y), .release(z)]
    ),
    z6(
      "Z6.0+pooncelock+pooncelock+pombonce",
      .both(.sometimes),
      [.lock, .write(x), .write(y), .unlock],
      [.lock, .read(y), .write(z), .unlock]
    ),
    z6(
      "Z6.0+pooncelock+poonceLock+pombonce",
      .both(.never),
      [.lock, .write(x), .write(y), .unlock],
      [.lock, .mb, .read(y), .write(z), .unlock]
    ),
    MemoryLitmus(
      name: "CoRR+poonceonce+Once",
      verdicts: .both(.never),
      threads: [[.write(x)], [.read(x), .read(x)]],
      registers: [1, 0]
    ),
    MemoryLitmus(
      name: "CoRW+poonceonce+Once",
      verdicts: .both(.never),
      threads: [[.read(x), .write(x)], [.write(x, 2)]],
      registers: [2],
      left: [(x, 2)]
    ),
    MemoryLitmus(
      name: "CoWR+poonceonce+Once",
      verdicts: .both(.never),
      threads: [[.write(x), .read(x)], [.write(x, 2)]],
      registers: [2],
      left: [(x, 1)]
    ),
    MemoryLitmus(
      name: "CoWW+poonceonce",
      verdicts: .both(.never),
      threads: [[.write(x), .write(x, 2)]],
      registers: [],
      left: [(x, 1)]
    ),
  ]

  private static func r(
    _ name: String,
    _ verdicts: Verdicts,
    _ first: [Step],
    _ second: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [first, second],
      registers: [0],
      left: [(y, 2)]
    )
  }

  private static func s(
    _ name: String,
    _ verdicts: Verdicts,
    _ first: [Step],
    _ second: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [first, second],
      registers: [1],
      left: [(x, 2)]
    )
  }

  private static func w(_ name: String, _ verdicts: Verdicts, _ fence: [Step]) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [[.write(x)] + fence + [.write(y, 2)], [.write(y)] + fence + [.write(x, 2)]],
      registers: [],
      left: [(x, 1), (y, 1)]
    )
  }

  private static func z6(
    _ name: String,
    _ verdicts: Verdicts,
    _ first: [Step],
    _ second: [Step]
  ) -> MemoryLitmus {
    MemoryLitmus(
      name: name,
      verdicts: verdicts,
      threads: [first, second, [.write(z, 2), .mb, .read(x)]],
      registers: [1, 0],
      left: [(z, 2)]
    )
  }
}
