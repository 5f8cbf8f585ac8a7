import Schedules

/// The worlds of a worker's cases: one in which memory is sequentially consistent, and one in which it is weak,
/// which is made for the first case that asks for it.
struct CaseWorlds<Listener: ThreadedListener> {
  typealias World = ScheduledWorld<CaseScheduler, Listener>

  private let make: (_ isWeak: Bool) -> World
  private let strong: World
  private var weak: World?
  /// The world of the case.
  private(set) var current: World

  init(
    _ settings: WorldSettings,
    length: RunLength = RunLength(),
    makeListener: @escaping () -> Listener
  ) {
    make = { isWeak in
      var settings = settings
      settings.isWeak = isWeak
      return World(CaseScheduler(length), listener: makeListener(), settings: settings)
    }
    strong = make(false)
    current = strong
  }

  /// Begins a case, in an empty world.
  mutating func begin(isWeak: Bool) {
    current = isWeak ? weakWorld() : strong
    current.reset()
  }

  private mutating func weakWorld() -> World {
    if let weak { return weak }
    let made = make(true)
    weak = made
    return made
  }
}
