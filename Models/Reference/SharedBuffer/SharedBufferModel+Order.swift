public import Machines

/// What somebody is about to say of a buffer's fences, or to do behind them.
public struct FenceClaim: Sendable {
  /// Whose they are.
  let buffer: Int
  let usage: UInt8
  /// Those behind which it is done, signalled or not.
  let behind: [Int]
  /// Those of them that were pending, and have to be signalled.
  let required: [Int]
  /// When it began.
  let began: Int
  let refusals: Int

  /// Of no buffer, and so of no fence.
  public static let none = FenceClaim(
    buffer: 0,
    usage: 0,
    behind: [],
    required: [],
    began: 0,
    refusals: 0
  )
}

extension SharedBufferModel {
  /// Somebody is about to look at the fences of a buffer up to a usage.
  public mutating func looks(_ thread: Int, at buffer: Int, usage: UInt8) -> FenceClaim {
    now += 1
    let behind = buffers[buffer].added.filter {
      $0.isDone && $0.usage <= usage
        && (!isMemoryWeak || $0.thread == nil || $0.thread == thread)
    }.map(\.fence)
    return FenceClaim(
      buffer: buffer,
      usage: usage,
      behind: behind,
      required: behind.filter { fences[$0].signalledAt == nil },
      began: unseenSince,
      refusals: refusals[thread].count
    )
  }

  /// The fences that are signalled of those behind which something is done: what was done before they were
  /// is seen by who does it.
  public func signalled(before claim: FenceClaim) -> [UInt64] {
    claim.behind.filter { fences[$0].doneAt != nil }.map { fences[$0].id }
  }

  private func pending(_ claim: FenceClaim) -> Int? {
    claim.required.first { fences[$0].signalledAt == nil }
  }

  /// Whether some fence may have been pending at some moment since the claim was begun.
  private func mayHaveBeenPending(_ claim: FenceClaim) -> Bool {
    buffers[claim.buffer].added.contains {
      $0.usage <= claim.usage && fences[$0.fence].doneAt.map { $0 >= claim.began } ?? true
    }
  }

  /// What a poll says.
  public mutating func polled(_ claim: FenceClaim, isReady: Bool, toWrite: Bool) {
    let what = toWrite ? "to write" : "to read"
    if isReady, let fence = pending(claim) {
      add(
        .pollTooEarly,
        "buffer \(claim.buffer) is ready \(what), and fence \(fences[fence].id.text) is"
          + " pending",
        cause: toWrite ? "/write" : "/read"
      )
    }
    if !isReady, !mayHaveBeenPending(claim) {
      add(
        .pollTooLate,
        "buffer \(claim.buffer) is not ready \(what), and no fence is pending",
        cause: toWrite ? "/write" : "/read"
      )
    }
  }

  /// A poll says that something is ready for what it was not asked.
  public mutating func polledUnasked(_ buffer: Int) {
    add(
      .pollTooEarly,
      "a poll of buffer \(buffer) is told what it did not ask for",
      cause: "/unasked"
    )
  }

  /// A wait, or what waits, returns.
  public mutating func waited(_ thread: Int, _ claim: FenceClaim, _ result: Errno) {
    if result == .ok {
      guard let fence = pending(claim) else { return }
      add(
        .waitTooShort,
        "a wait for buffer \(claim.buffer) is over, and fence"
          + " \(fences[fence].id.text) is pending"
      )
    } else {
      failed(thread, "wait", result, since: claim.refusals)
    }
  }

  /// A call fails that may do so only where the host refused something, and returns what it was refused with.
  public mutating func failed(_ thread: Int, _ what: String, _ result: Errno, since refusals: Int) {
    let reasons = self.refusals[thread][refusals...]
    if let reason = reasons.last, !reasons.contains(result) {
      returned(what, result, expected: reason)
    } else if reasons.isEmpty {
      add(.failedWithoutReason, "\(what) returns \(result)", cause: "/\(what)")
    }
  }

  /// How often a thread was refused something so far.
  public func refusalCount(_ thread: Int) -> Int { refusals[thread].count }

  // MARK: Accesses

  /// A device or a processor accesses a buffer's memory at a place, behind the fences of a claim.
  public mutating func accessed(
    _ buffer: Int,
    at place: Int,
    behind claim: FenceClaim,
    by who: String
  ) {
    guard buffers[buffer].exists, buffers[buffer].place == place else {
      return add(
        .foreignPage,
        "\(who) accesses buffer \(buffer) where it is not"
          + (buffers[buffer].exists ? " any more" : ": it was released"),
        cause: "/\(who)"
      )
    }
    if let fence = pending(claim) {
      add(
        .accessBeforeFence,
        "\(who) accesses buffer \(buffer), and fence \(fences[fence].id.text) is pending"
          + " that it has to wait for",
        cause: "/\(who)"
      )
    }
  }

  /// A device accesses a buffer in video memory, or in system memory, which all reach.
  public mutating func reached(_ buffer: Int, isVideoMemory: Bool, reachesPeers: Bool) {
    if isVideoMemory, !reachesPeers {
      add(.peerMemory, "a device accesses buffer \(buffer) in memory that it does not reach")
    }
  }

  // MARK: Sync files

  /// A sync file was made of a buffer's fences: it waits for these.
  public mutating func exported(_ claim: FenceClaim, waitsFor leaves: [UInt64]) {
    let known = leaves.compactMap { index(of: $0) }
    for required in claim.required where fences[required].signalledAt == nil {
      let fence = fences[required]
      let isCovered = known.contains {
        fences[$0].line == fence.line && fences[$0].number >= fence.number
      }
      if !isCovered {
        add(
          .syncFileIncomplete,
          "a sync file of buffer \(claim.buffer) does not wait for fence"
            + " \(fence.id.text)"
        )
      }
    }
    for leaf in known {
      let isOwn = buffers[claim.buffer].added.contains {
        $0.fence == leaf && $0.usage <= claim.usage
      }
      if !isOwn {
        add(
          .syncFileExcess,
          "a sync file of buffer \(claim.buffer) waits for fence \(fences[leaf].id.text)"
        )
      }
    }
  }

  /// Somebody is about to ask what became of a sync file.
  /// - Returns: what `told` has to be told.
  public mutating func asks() -> Int {
    now += 1
    return unseenSince
  }

  /// What a sync file that waits for these fences is said to have come to: 0 as long as one is pending, then 1,
  /// or, where it tells of them, the negated number of an error that one of them has.
  public mutating func told(
    _ status: UInt64,
    of leaves: [UInt64],
    since began: Int,
    tellsErrors: Bool
  ) {
    let known = leaves.compactMap { index(of: $0) }.map { fences[$0] }
    guard !known.isEmpty else { return }
    let errors = tellsErrors ? known.map(\.error).filter { $0 != 0 } : []
    func tellsAmiss() -> String? {
      if status == 1 { return errors.isEmpty ? nil : "does not tell of an error" }
      return errors.contains(0 &- status) ? nil : "tells of an error that no fence has"
    }
    let amiss =
      amiss(isSignalled: status != 0, known, since: began) ?? (status == 0 ? nil : tellsAmiss())
    if let amiss { add(.syncFileStatus, "a sync file \(amiss)") }
  }

  /// What is wrong with what was said of all of some fences.
  private func amiss(isSignalled: Bool, _ fences: [FenceNotes], since began: Int) -> String? {
    guard isSignalled else {
      let isOver = fences.allSatisfy { $0.doneAt.map { $0 < began } ?? false }
      return isOver ? "is said to be pending, and all that it waits for is signalled" : nil
    }
    return fences.first { $0.signalledAt == nil }.map {
      "is said to be signalled, and fence \($0.id.text) is pending"
    }
  }

  // MARK: Timelines

  /// A timeline was asked for a point: what its link is said to be, or all up to it where there is no link; nil
  /// where the number is said not to be reached yet.
  ///
  /// `leaves` is what is signalled before the point is; nil where the number is not reached.
  public mutating func foundPoint(isSignalled: Bool?, of leaves: [UInt64]?, since began: Int) {
    guard let leaves else {
      if isSignalled != nil {
        add(.timelinePointAmiss, "a point is found that is beyond the end of a timeline")
      }
      return
    }
    guard let isSignalled else {
      return add(.timelinePointAmiss, "a point is not found that is on a timeline")
    }
    let known = leaves.compactMap { index(of: $0) }.map { fences[$0] }
    guard !known.isEmpty, let amiss = amiss(isSignalled: isSignalled, known, since: began) else {
      return
    }
    add(.timelinePointAmiss, "a point of a timeline \(amiss)")
  }

  /// A buffer has a fence in its reservation that is a container.
  public mutating func foundContainer(in buffer: Int) {
    add(.containerAdded, "a fence of buffer \(buffer) is an array or a chain")
  }
}
