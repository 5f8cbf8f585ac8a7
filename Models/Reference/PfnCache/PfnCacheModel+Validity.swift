import Machines

/// A call that made a cache valid, or may be doing so.
struct Validation: Sendable {
  var thread: Int
  var guestAddress: UInt64
  /// When it ended; nil while it is under way.
  var end: Int?
  /// The host pages where its bytes were for it.
  var hostPages: [UInt64?] = []
  /// When it was taken back: by something that began after its end, and has ended too.
  var takenBackAt = Int.max
  /// The threads that have taken it back, as bits.
  var takenBackBy: UInt16 = 0
}

extension PfnCacheModel {
  /// Notes a call that has made a cache valid, or has emptied it.
  mutating func note(_ call: PfnCacheCall, _ guestAddress: UInt64, _ result: Errno) {
    time += 1
    let isForBytes = call.kind == .refresh || call.kind == .activate
    // One that is refused for its arguments has done nothing.
    if !isForBytes || result != .invalid {
      takeBack(cache: call.cache, by: call.thread, since: call.beginning) {
        !isForBytes || result != Errno.ok || $0.guestAddress != guestAddress
      }
    }
    guard isForBytes,
      let index = caches[call.cache].validations.firstIndex(where: {
        $0.thread == call.thread && $0.end == nil
      })
    else { return }
    var latest = caches[call.cache].validations.remove(at: index)
    guard result == .ok else { return }
    latest.end = time
    latest.hostPages = hostPages(of: guestAddress >> 12, for: call.thread)
    // What takes this one back takes back those before it for the same place.
    caches[call.cache].validations.removeAll {
      $0.end != nil && $0.guestAddress == guestAddress && $0.hostPages == latest.hostPages
    }
    caches[call.cache].validations.append(latest)
  }

  /// Notes that what is at these host pages is valid no more.
  mutating func takeBack(_ hostPages: [UInt64], by thread: Int, since beginning: Int) {
    time += 1
    for cache in caches.indices {
      takeBack(cache: cache, by: thread, since: beginning) { validation in
        validation.hostPages.allSatisfy { $0.map(hostPages.contains) ?? true }
      }
    }
  }

  /// Every thread sees what was done so far, however weak memory is.
  public mutating func settled() {
    seenDisturbanceCount = disturbanceCount
    for cache in caches.indices {
      caches[cache].callers = 0
      caches[cache].validations.removeAll { $0.takenBackAt != .max }
    }
  }

  private mutating func takeBack(
    cache: Int,
    by thread: Int,
    since beginning: Int,
    where isMeant: (Validation) -> Bool
  ) {
    for index in caches[cache].validations.indices {
      let validation = caches[cache].validations[index]
      guard let end = validation.end, end <= beginning, isMeant(validation) else { continue }
      caches[cache].validations[index].takenBackAt = min(validation.takenBackAt, time)
      caches[cache].validations[index].takenBackBy |= 1 << UInt16(thread)
    }
  }

  /// Judges a check that says yes by what has made its cache valid.
  mutating func judgeValidity(_ check: PfnCacheCall, _ guestAddress: UInt64, _ frame: UInt64?) {
    let pages = hostPages(of: guestAddress >> 12, for: check.thread).compactMap(\.self)
    let yes = "a check of \(guestAddress.text) says yes"
    let isMadeValid = caches[check.cache].validations.contains { validation in
      guard validation.guestAddress == guestAddress else { return false }
      let isTakenBack =
        isMemoryWeak
        ? validation.takenBackBy & 1 << UInt16(check.thread) != 0
        : validation.takenBackAt <= check.beginning
      return !isTakenBack
    }
    if !isMadeValid {
      add(.notMadeValid, "\(yes), and nothing made the cache valid for it that was not taken back")
    }
    if let frame, !places.contains(where: { $0.frame == frame && pages.contains($0.hostPage) }) {
      add(.wrongFrame, "\(yes) with frame \(frame.text), which was never there")
    }
  }
}
