import Machines
import Reference
import Walkers

/// The host's own records: its page table, its frames, its dirty log.
enum HostRecord {
  /// Protects the entries against others of the host.
  static var lock: Field { Field(0, "pt_lock", .spinLock) }
  /// Held by who may not sleep.
  static var reaper: Field { Field(1, "reaper", .spinLock) }
  /// The frame of a host page, `PfnHost.absent` or `swapped`.
  static func entry(_ page: Int) -> Field { Field(UInt8(2 + page), "pte") }
  /// 1 where a guest page is in the dirty log.
  static func dirty(_ page: Int) -> Field {
    Field(UInt8(2 + PfnCachePlan.pageCount + page), "dirty")
  }
  /// What is in a frame.
  static func contents(_ frame: Int) -> Field {
    Field(UInt8(2 + 2 * PfnCachePlan.pageCount + frame), "page")
  }
  /// Whether the kernel has a frame mapped.
  static func mapping(_ frame: Int) -> Field {
    Field(UInt8(2 + 2 * PfnCachePlan.pageCount + PfnHost.frameCount + frame), "mapping")
  }

  static let layout = Layout(
    "host",
    [lock, reaper] + (0..<PfnCachePlan.pageCount).map(entry)
      + (0..<PfnCachePlan.pageCount).map(dirty) + (0..<PfnHost.frameCount).map(contents)
      + (0..<PfnHost.frameCount).map(mapping)
  )
}

/// What the threads of a case share that is no record: the model, and where things are.
struct PfnHost {
  /// What is in an entry for no page, and for one that was written out.
  static let absent: UInt64 = 0
  static let swapped: UInt64 = 1
  /// Two frames for each host page; those of the last are no RAM.
  static let frameCount = 2 * PfnCachePlan.pageCount

  var model = PfnHost.fresh
  var plan = PfnCachePlan()
  /// What the threads do that run.
  var operations: [PfnCacheOperation] = []
  /// What each call returned, as far as it did.
  var results: [Errno?] = []
  /// How many invalidations have been asked for of each host page, and have not returned.
  var underInvalidation = [Int](repeating: 0, count: PfnCachePlan.pageCount)
  /// Where the records are.
  var owner: UInt64 = 0
  var host: UInt64 = 0
  var vcpus: [UInt64] = []
  var caches: [UInt64] = []
  /// What the case reached.
  var situations = PfnSituations()
  /// The bytes that each cache was ever asked for.
  var asked: [[PfnCacheOperation.Bytes]] = []

  /// Begins a case.
  mutating func begin(_ plan: PfnCachePlan) {
    model = PfnHost.fresh
    model.isMemoryWeak = plan.isWeak
    self.plan = plan
    vcpus.removeAll(keepingCapacity: true)
    for page in underInvalidation.indices { underInvalidation[page] = 0 }
    situations.reset()
    caches.removeAll(keepingCapacity: true)
    asked = Array(repeating: [], count: PfnCachePlan.cacheCount)
  }

  /// The vCPU that uses a cache in guest mode, where it is used there: both are used by one that is alone.
  func vcpu(of cache: Int) -> UInt64? {
    vcpus.isEmpty ? nil : vcpus[min(cache, vcpus.count - 1)]
  }

  /// A cache is asked for bytes.
  mutating func asks(_ cache: Int, _ bytes: PfnCacheOperation.Bytes) {
    if !asked[cache].contains(bytes) { asked[cache].append(bytes) }
  }

  /// Below and above the number of a page's bytes, so that who takes one for the other is found.
  private static let ramFrames: UInt64 = 0xffc
  private static let otherFrames: UInt64 = 0xf000

  /// The number of a host page's frame, the first or the second.
  static func frame(_ page: Int, _ which: Int) -> UInt64 {
    (page == PfnCachePlan.pageCount - 1 ? otherFrames : ramFrames) + UInt64(2 * page + which)
  }

  /// Which frame has a number; nil for none.
  static func index(of frame: UInt64) -> Int? {
    let index = frame &- (isRAM(frame) ? ramFrames : otherFrames)
    guard index < UInt64(frameCount) else { return nil }
    return self.frame(Int(index / 2), Int(index % 2)) == frame ? Int(index) : nil
  }

  /// Of the numbers of the pages from here on, the first two end in ones and the others in noughts: who takes
  /// too many of their bits, or too few, comes to another place.
  private static let firstHostAddress: UInt64 = 0x7f12_34ff_e000

  /// The host address of a page.
  static func hostAddress(_ page: Int) -> UInt64 { firstHostAddress + UInt64(page) << 12 }

  /// The page at a host address; nil for none.
  static func page(at hostAddress: UInt64) -> Int? {
    let page = (hostAddress &- firstHostAddress) >> 12
    return page < UInt64(PfnCachePlan.pageCount) ? Int(page) : nil
  }

  /// Where frames are mapped that are RAM, and those that are not.
  static let ramBase: UInt64 = 0xffff_8880_0000_0000
  static let otherBase: UInt64 = 0xffff_c900_0000_0000

  /// The frame that is mapped at an address, where one is; nil for no such address.
  static func frame(mappedAt address: UInt64) -> UInt64? {
    for base in [ramBase, otherBase] {
      let frame = (address &- base) >> 12
      if index(of: frame) != nil { return frame }
    }
    return nil
  }

  static func isRAM(_ frame: UInt64) -> Bool { frame < otherFrames }

  private static func makeModel() -> PfnCacheModel {
    let pages = 0..<PfnCachePlan.pageCount
    let frames = pages.flatMap { [frame($0, 0), frame($0, 1)] }
    return PfnCacheModel(
      ram: frames.filter(isRAM),
      others: frames.filter { !isRAM($0) },
      owned: Dictionary(uniqueKeysWithValues: pages.map { (hostAddress($0), frame($0, 0)) }),
      layout: pages.map(hostAddress),
      cacheCount: PfnCachePlan.cacheCount
    )
  }

  /// A model of the beginning, to copy.
  static let fresh = makeModel()
}
