import Schedules

/// The worlds of a worker's cases: one in which memory is sequentially consistent, and one in which it is weak,
/// which is made for the first case that asks for it.
struct CaseWorlds<Listener: ThreadedListener> {
  typealias World = ScheduledWorld<CaseScheduler, Listener>

  private let length: RunLength
  private let settings: WorldSettings
  private let makeListener: () -> Listener
  private let strong: World
  private var weak: World?
  /// The world of the case.
  private(set) var current: World

  init(
    _ settings: WorldSettings,
    length: RunLength = RunLength(),
    makeListener: @escaping () -> Listener
  ) {
    self.length = length
    self.settings = settings
    self.makeListener = makeListener
    strong = World(CaseScheduler(length), listener: makeListener(), settings: settings)
    current = strong
  }

  /// Begins a case, in an empty world.
  mutating func begin(isWeak: Bool) {
    current = isWeak ? weakWorld() : strong
    current.reset()
  }

  private mutating func weakWorld() -> World {
    if let weak { return weak }
    var settings = settings
    settings.isWeak = true
    let made = World(CaseScheduler(length), listener: makeListener(), settings: settings)
    weak = made
    return made
  }
}
