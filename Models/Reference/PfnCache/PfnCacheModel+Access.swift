import Machines

/// What is known of a guest page's place in the dirty log.
struct DirtyNotes: Sendable {
  /// How many accesses have written it and not ended.
  var unended = 0
  /// How often it was in a harvest.
  var harvests = 0
  /// Whether a write has ended that is in no harvest, for certain or perhaps.
  var isDue = false
  var mayBeDue = false
}

extension PfnCacheModel {
  /// A thread accesses guest bytes where the kernel has them mapped, by a check that said yes; `frame` is
  /// what the address is the mapping of, nil for nothing.
  public mutating func accessed(
    _ thread: Int,
    guestAddress: UInt64,
    at address: UInt64,
    frame: UInt64?
  ) {
    guard let frame, let held = frames.first(where: { $0.number == frame }), held.mappings > 0
    else {
      return add(
        .unmappedAddress,
        "thread \(thread) accesses \(guestAddress.text) at \(address.text), where nothing is mapped",
        cause: address < 4096 ? "/null" : ""
      )
    }
    if address & 4095 != guestAddress & 4095 {
      add(
        .wrongOffset,
        "thread \(thread) accesses \(guestAddress.text) at \(address.text)"
      )
    }
    judge(thread, guestAddress, frame, "")
  }

  /// A vCPU accesses guest bytes in guest mode, by the frame that a check gave it.
  public mutating func accessedInGuestMode(
    _ thread: Int,
    guestAddress: UInt64,
    frame: UInt64
  ) {
    judge(thread, guestAddress, frame, "/guest-mode")
  }

  private mutating func judge(
    _ thread: Int,
    _ guestAddress: UInt64,
    _ frame: UInt64,
    _ cause: String
  ) {
    let pages = hostPages(of: guestAddress >> 12, for: thread)
    guard !pages.contains(where: { $0.map { owned[$0] == frame } ?? false }) else { return }
    let access = "thread \(thread) accesses \(guestAddress.text) in frame \(frame.text)"
    if owned.values.contains(frame) {
      add(.wrongPage, "\(access), which is another page", cause: cause)
    } else {
      add(.freedPage, "\(access), which was given up", cause: cause)
    }
  }

  // MARK: Guest mode

  /// A vCPU has a frame to use in guest mode.
  public mutating func usesInGuestMode(_ thread: Int, frame: UInt64) {
    inGuestMode[thread] = frame
  }

  /// A vCPU has left guest mode.
  public mutating func leftGuestMode(_ thread: Int) { inGuestMode[thread] = nil }

  /// A thread's invalidation of these host pages, which began at a time, has begun: what its call did is
  /// done.
  public mutating func invalidated(_ hostPages: [UInt64], by invalidator: Int, since beginning: Int)
  {
    takeBack(hostPages, by: invalidator, since: beginning)
    for case (let thread, let frame?) in inGuestMode.enumerated()
    where hostPages.contains(where: { owned[$0] == frame }) {
      add(
        .guestModeKept,
        "thread \(thread) is in guest mode with frame \(frame.text), which is invalidated"
      )
    }
  }

  /// Nobody is in a call, and a vCPU has these requests.
  public mutating func found(requests: UInt64) {
    if requests != 0 {
      add(.requestLeft, "a vCPU has requests \(requests.text) that nobody serves")
    }
  }

  // MARK: The dirty log

  /// A thread wrote a guest page.
  /// - Returns: what `writeEnded` has to be told.
  public mutating func wrote(_ guestPage: UInt64) -> Int {
    guard guestPage < UInt64(dirty.count) else { return 0 }
    dirty[Int(guestPage)].unended += 1
    return dirty[Int(guestPage)].harvests
  }

  /// The access with this write has ended.
  public mutating func writeEnded(_ guestPage: UInt64, _ harvests: Int) {
    guard guestPage < UInt64(dirty.count) else { return }
    let page = Int(guestPage)
    dirty[page].unended -= 1
    if dirty[page].harvests == harvests {
      dirty[page].isDue = true
    } else {
      dirty[page].mayBeDue = true
    }
  }

  /// The harvest comes by a guest page.
  public mutating func harvested(_ guestPage: UInt64, isDirty: Bool) {
    let page = Int(guestPage)
    let notes = dirty[page]
    guard isDirty else {
      if notes.isDue {
        add(.dirtyMissed, "guest page \(guestPage) was written, and the harvest has it not")
      }
      // What it does not have now was in the one before.
      dirty[page].isDue = false
      dirty[page].mayBeDue = false
      return
    }
    if !notes.isDue, !notes.mayBeDue, notes.unended == 0 {
      add(.dirtyInvented, "the harvest has guest page \(guestPage), which nobody wrote")
    }
    dirty[page].harvests += 1
    dirty[page].isDue = false
    dirty[page].mayBeDue = false
  }
}
