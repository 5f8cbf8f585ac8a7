import Machines

/// The host's memory, its slots and what caches may make of them: everything that a caller may rely on.
///
/// It is told of what is done, in the order in which it is done: by users of caches, by the owners of
/// pages, by who changes slots and who harvests the dirty log; and of every reference and mapping that
/// is taken or given back. It knows nothing of how a cache finds out.
///
/// Does not establish: that a check that says no has a reason to, but where it comes next after a refresh.
public struct PfnCacheModel: Sendable {
  /// What the kernel holds of a frame.
  struct Holdings: Sendable {
    var number: UInt64
    var isRAM: Bool
    var references = 0
    var mappings = 0
  }

  var frames: [Holdings]
  /// The frame at each host page; nil where its owner gave it up, or has none.
  var owned: [UInt64: UInt64]
  /// Every layout of the slots so far: the host page of each guest page.
  var layouts: [[UInt64?]]
  /// The oldest layout whose replacement is not complete.
  var oldestLayout = 0
  var threads: [ThreadNotes]
  var caches: [CacheNotes]
  var dirty: [DirtyNotes]
  /// The frame that each thread uses in guest mode.
  var inGuestMode: [UInt64?]
  /// How many invalidations are under way, and how often one began or ended or new slots were published.
  var invalidationsUnderWay = 0
  var disturbanceCount = 0
  /// How many of these every thread sees.
  var seenDisturbanceCount = 0
  /// Counts what can decide whether a cache is valid.
  var time = 0
  /// Every frame that was ever at a host page.
  var places: [Place]
  /// Whether a thread may not see yet what another has done before.
  public var isMemoryWeak = false

  /// The rules that were broken, in order; each cause once.
  public private(set) var breaches: [PfnCacheBreach] = []

  /// A host with these frames, at these host pages, and these slots.
  public init(
    ram: [UInt64],
    others: [UInt64],
    owned: [UInt64: UInt64],
    layout: [UInt64?],
    cacheCount: Int
  ) {
    frames =
      ram.map { Holdings(number: $0, isRAM: true) }
      + others.map { Holdings(number: $0, isRAM: false) }
    self.owned = owned
    places = owned.map { Place(hostPage: $0.key, frame: $0.value) }
    layouts = [layout]
    threads = Array(repeating: ThreadNotes(), count: 16)
    caches = Array(repeating: CacheNotes(), count: cacheCount)
    dirty = Array(repeating: DirtyNotes(), count: layout.count)
    inGuestMode = Array(repeating: nil, count: 16)
  }

  mutating func add(_ rule: Rule, _ message: String, cause: String = "") {
    guard !breaches.contains(where: { $0.rule == rule && $0.cause == cause }) else { return }
    breaches.append(PfnCacheBreach(rule: rule, message: message, cause: cause))
  }
}

/// A frame at a host page.
struct Place: Sendable, Hashable {
  var hostPage: UInt64
  var frame: UInt64
}

/// What is known of a thread.
struct ThreadNotes: Sendable {
  /// The oldest layout that it may see in its section.
  var oldestLayout = 0
  /// How often the host refused it something in its call.
  var refusals = 0
  /// What it refreshes, where that was valid when it began.
  var valid: Valid?

  /// A cache that is valid unless something has come since.
  struct Valid: Sendable {
    var cache: Int
    var callCount: Int
    var disturbanceCount: Int
  }
}

// MARK: The host

extension PfnCacheModel {
  /// The owner of a host page gives its frame up, which an invalidation announced.
  public mutating func gaveUp(_ hostPage: UInt64) { owned[hostPage] = nil }

  /// A host page is somewhere from here on.
  public mutating func placed(_ frame: UInt64, at hostPage: UInt64) {
    owned[hostPage] = frame
    let place = Place(hostPage: hostPage, frame: frame)
    if !places.contains(place) { places.append(place) }
  }

  /// New slots may be seen.
  public mutating func published(_ layout: [UInt64?]) {
    layouts.append(layout)
    disturbanceCount += 1
  }

  /// An invalidation begins.
  /// - Returns: what `invalidated` has to be told.
  public mutating func beganInvalidation() -> Int {
    invalidationsUnderWay += 1
    disturbanceCount += 1
    return time
  }

  /// An invalidation has ended.
  public mutating func endedInvalidation() {
    invalidationsUnderWay -= 1
    disturbanceCount += 1
  }

  /// Whether nothing happened since there had been so many disturbances that makes a cache invalid, and a
  /// thread sees the last slots and all that had happened before.
  func isCalm(since count: Int, for thread: Int) -> Bool {
    invalidationsUnderWay == 0 && disturbanceCount == count
      && (!isMemoryWeak || seenDisturbanceCount == count)
      && threads[thread].oldestLayout == layouts.count - 1
  }

  /// Nobody is in a section any more that began before the last change of the slots.
  public mutating func retired() { oldestLayout = layouts.count - 1 }

  /// A thread enters a section in which it reads slots.
  public mutating func enteredSection(_ thread: Int) {
    threads[thread].oldestLayout = oldestLayout
  }

  /// A thread asks the host for a frame.
  public mutating func looksUp(_ thread: Int) {
    guard let valid = threads[thread].valid, caches[valid.cache].callCount == valid.callCount,
      isCalm(since: valid.disturbanceCount, for: thread)
    else { return }
    add(.lookedUpInVain, "a frame is looked up for cache \(valid.cache), which is valid")
  }

  /// Something is mapped for a cache that is used in guest mode alone.
  public mutating func mappedForNobody(_ cache: Int) {
    add(.mappedInVain, "a frame is mapped for cache \(cache), which the kernel does not use")
  }

  /// The host refused a look-up or a mapping.
  public mutating func refused(_ thread: Int) { threads[thread].refusals += 1 }

  /// The host pages where a thread may see a guest page, nil among them where it may see none.
  func hostPages(of guestPage: UInt64, for thread: Int) -> [UInt64?] {
    layouts[threads[thread].oldestLayout...].map { layout in
      guestPage < UInt64(layout.count) ? layout[Int(guestPage)] : nil
    }
  }
}

// MARK: References and mappings

extension PfnCacheModel {
  private func index(of frame: UInt64) -> Int? { frames.firstIndex { $0.number == frame } }

  /// A reference was taken.
  public mutating func took(_ frame: UInt64) {
    if let index = index(of: frame) { frames[index].references += 1 }
  }

  /// A reference was given back.
  public mutating func put(_ frame: UInt64) {
    guard let index = index(of: frame), frames[index].references > 0 else {
      return add(.referenceTwice, "a reference to frame \(frame.text) is put that nobody has")
    }
    frames[index].references -= 1
  }

  /// A frame was mapped once more, by what maps RAM or other frames.
  public mutating func mapped(_ frame: UInt64, asRAM isRAM: Bool) {
    guard let index = index(of: frame) else { return }
    frames[index].mappings += 1
    if frames[index].references == 0 {
      add(.mappedUnheld, "frame \(frame.text) is mapped, and nobody holds a reference to it")
    }
    if frames[index].isRAM != isRAM {
      add(.mappedAmiss, "frame \(frame.text) is mapped as one that is \(isRAM ? "" : "not ")RAM")
    }
  }

  /// A mapping was undone, by what undoes those of RAM or of other frames; `frame` is the one whose mapping
  /// begins at `address`, nil for none.
  public mutating func unmapped(_ frame: UInt64?, at address: UInt64, asRAM isRAM: Bool) {
    guard let index = frame.flatMap(index), frames[index].mappings > 0,
      frames[index].isRAM == isRAM
    else {
      return add(.mappingTwice, "\(address.text) is unmapped, where nothing is mapped so")
    }
    frames[index].mappings -= 1
  }

  /// Nobody is in a call; `areCachesInUse` where one may be in use.
  public mutating func restsNow(areCachesInUse: Bool) {
    for frame in frames where frame.references > 0 {
      add(
        areCachesInUse ? .pagePinned : .referenceLeaked,
        "frame \(frame.number.text) has \(frame.references) references, and nobody is in a call"
      )
    }
    guard !areCachesInUse else { return }
    for frame in frames where frame.mappings > 0 {
      add(.mappingLeaked, "frame \(frame.number.text) is mapped, and no cache is in use")
    }
  }
}

extension UInt64 {
  /// In hexadecimal.
  var text: String { "0x" + String(self, radix: 16) }
}
