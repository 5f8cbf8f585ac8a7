public import Machines

extension TranslationCache {
  /// How much an instruction removes of what it covers.
  enum Reach {
    case stage2
    case combined
    case everything
  }

  /// The level that an instruction's hint promises, where the encoding has one.
  ///
  /// Reference: Arm ARM DDI 0487, the TTL field of the TLBI instructions: without FEAT_LPA2 level 0
  /// is reserved, and level 1 with 16 KiB granules; a reserved value gives no information.
  public func promisedLevel(_ invalidation: TLBInvalidation<UInt64>) -> LookupLevel? {
    guard let hint = invalidation.levelHint, 1...3 ~= hint else { return nil }
    return hint == 1 && regime.granule == .size16K ? nil : hint
  }

  /// Issues a TLB maintenance instruction; one for another regime does nothing here.
  public mutating func invalidate(_ invalidation: TLBInvalidation<UInt64>) {
    guard !live.isEmpty else { return }
    let isStage2 = regime.stage == .stage2
    switch invalidation.operation {
    case .vmalls12e1: if isStage2 { invalidateAll(isBroadcast: invalidation.isBroadcast) }
    case .alle2: if !isStage2 { invalidateAll(isBroadcast: invalidation.isBroadcast) }
    case .vmalle1: if isStage2 { invalidateCombined(isBroadcast: invalidation.isBroadcast) }
    case .ipas2e1, .ipas2le1: if isStage2 { invalidateOne(invalidation) }
    case .vae2, .vale2: if !isStage2 { invalidateOne(invalidation) }
    case .ripas2e1: if isStage2 { invalidateRange(invalidation) }
    case .rvae2: if !isStage2 { invalidateRange(invalidation) }
    }
  }

  private mutating func invalidateAll(isBroadcast: Bool) {
    for position in live.indices {
      reach(live[position], .everything, isBroadcast: isBroadcast)
    }
  }

  private mutating func invalidateCombined(isBroadcast: Bool) {
    var kept = 0
    for position in awaitingStage1.indices {
      let id = awaitingStage1[position]
      guard awaitsStage1(id) else { continue }
      reach(id, .combined, isBroadcast: isBroadcast)
      if awaitsStage1(id) {
        awaitingStage1[kept] = id
        kept += 1
      }
    }
    awaitingStage1.removeLast(awaitingStage1.count - kept)
    for id in queue where entries[Int(id)].isLive {
      if min(entries[Int(id)].issuerPhase, entries[Int(id)].remotePhase) == .issued {
        entries[Int(id)].attempts.insert(.combinedTooEarly)
      }
    }
  }

  private func awaitsStage1(_ id: Int32) -> Bool {
    let entry = entries[Int(id)]
    return entry.isLive && (entry.issuerPhase == .combined || entry.remotePhase == .combined)
  }

  private mutating func invalidateOne(_ invalidation: TLBInvalidation<UInt64>) {
    for number in 0...3 {
      let level = LookupLevel(number)
      guard countAtLevel[level] > 0 else { continue }
      invalidate(regime.entryBase(of: invalidation.address, at: level), level, by: invalidation)
    }
  }

  private mutating func invalidateRange(_ invalidation: TLBInvalidation<UInt64>) {
    let size = max(invalidation.sizeInBytes, regime.granule.sizeInBytes)
    let last = invalidation.address &+ (size &- 1)
    for number in 0...3 {
      let level = LookupLevel(number)
      guard countAtLevel[level] > 0 else { continue }
      let shift = regime.entryShift(at: level)
      let unitCount = (last >> shift) &- (invalidation.address >> shift) &+ 1
      if unitCount <= UInt64(live.count) {
        for unit in 0..<unitCount {
          let address = ((invalidation.address >> shift) &+ unit) << shift
          invalidate(address, level, by: invalidation)
        }
      } else {
        for position in live.indices {
          let entry = entries[Int(live[position])]
          guard entry.level == level, entry.inputAddress >> shift <= last >> shift,
            entry.inputAddress >> shift >= invalidation.address >> shift
          else { continue }
          invalidate(live[position], by: invalidation)
        }
      }
    }
  }

  /// Applies an instruction to what is stale at exactly this place.
  private mutating func invalidate(
    _ inputAddress: UInt64,
    _ level: LookupLevel,
    by invalidation: TLBInvalidation<UInt64>
  ) {
    var id = chains[chain(of: key(inputAddress, level))]
    while id >= 0 {
      let entry = entries[Int(id)]
      if entry.inputAddress == inputAddress, entry.level == level {
        invalidate(id, by: invalidation)
      }
      id = entry.nextInChain
    }
  }

  private mutating func invalidate(_ id: Int32, by invalidation: TLBInvalidation<UInt64>) {
    let entry = entries[Int(id)]
    if let level = promisedLevel(invalidation), entry.kind == .table || entry.level != level {
      entries[Int(id)].attempts.insert(.wrongLevel)
      return
    }
    let isLastLevelOnly =
      invalidation.operation == .ipas2le1 || invalidation.operation == .vale2
    if isLastLevelOnly, entry.kind == .table {
      entries[Int(id)].attempts.insert(.lastLevelOnly)
      return
    }
    reach(id, .stage2, isBroadcast: invalidation.isBroadcast)
  }

  /// Moves one entry on, on this CPU or on both.
  private mutating func reach(_ id: Int32, _ reach: Reach, isBroadcast: Bool) {
    let entry = entries[Int(id)]
    var issuer = entry.issuerPhase
    var remote = entry.remotePhase
    let isEarly = entry.brokenAt >= (isBroadcast ? lastSharedBarrier : lastLocalBarrier)
    if isEarly, min(issuer, remote) == .cached {
      entries[Int(id)].attempts.insert(.tooEarly)
    }
    if entry.brokenAt < lastLocalBarrier { issuer = advance(issuer, by: reach) }
    if isBroadcast {
      if entry.brokenAt < lastSharedBarrier { remote = advance(remote, by: reach) }
    } else {
      entries[Int(id)].attempts.insert(.local)
    }
    guard issuer != entry.issuerPhase || remote != entry.remotePhase else { return }
    entries[Int(id)].issuerPhase = issuer
    entries[Int(id)].remotePhase = remote
    if !entry.isQueued {
      entries[Int(id)].isQueued = true
      queue.append(id)
    }
  }

  private func advance(_ phase: StaleEntry.Phase, by reach: Reach) -> StaleEntry.Phase {
    switch (reach, phase) {
    case (.stage2, .cached): .issued
    case (.combined, .combined), (.everything, .combined): .combinedIssued
    case (.everything, .cached), (.everything, .issued): .wholeIssued
    default: phase
    }
  }

  /// Completes what was issued, on this CPU and, by a barrier of the shareable domain, elsewhere.
  mutating func complete(remote isShared: Bool) {
    var kept = 0
    for position in queue.indices {
      let id = queue[position]
      let old = entries[Int(id)]
      entries[Int(id)].isQueued = false
      guard old.isLive else {
        freeSlots.append(id)
        continue
      }
      let issuer = completed(old.issuerPhase, of: old)
      let remote = isShared ? completed(old.remotePhase, of: old) : old.remotePhase
      entries[Int(id)].issuerPhase = issuer
      entries[Int(id)].remotePhase = remote
      let entry = entries[Int(id)]
      if old.isWalkable, !entry.isWalkable { releaseTable(entry.tablePage) }
      if min(issuer, remote) == .gone {
        retired.append(entry)
        remove(id)
        continue
      }
      let isReached = issuer == .combined || remote == .combined
      if isReached, (issuer, remote) != (old.issuerPhase, old.remotePhase) {
        awaitingStage1.append(id)
      }
      if remote == .issued || remote == .wholeIssued || remote == .combinedIssued {
        entries[Int(id)].isQueued = true
        queue[kept] = id
        kept += 1
      }
    }
    queue.removeLast(queue.count - kept)
    if live.isEmpty { awaitingStage1.removeAll(keepingCapacity: true) }
  }

  private func completed(
    _ phase: StaleEntry.Phase,
    of entry: StaleEntry
  ) -> StaleEntry.Phase {
    switch phase {
    case .issued: regime.stage == .stage2 && entry.hasCombinedCopies ? .combined : .gone
    case .wholeIssued, .combinedIssued: .gone
    case .cached, .combined, .gone: phase
    }
  }
}

extension TranslationCache {
  /// The stale entries of tables that are not empty, of which an instruction about to be issued
  /// forgets the table entry but not everything beneath it.
  public func tablesExposed(by invalidation: TLBInvalidation<UInt64>) -> [StaleEntry] {
    guard populatedCount > 0, promisedLevel(invalidation) == nil else { return [] }
    let first = invalidation.address
    let size: UInt64
    switch invalidation.operation {
    case .ipas2e1, .vae2: size = regime.granule.sizeInBytes
    case .ripas2e1, .rvae2: size = max(invalidation.sizeInBytes, regime.granule.sizeInBytes)
    case .ipas2le1, .vale2, .vmalle1, .vmalls12e1, .alle2: return []
    }
    return live.lazy.map { entries[Int($0)] }.filter { entry in
      let entryLast = entry.inputAddress &+ (regime.entrySizeInBytes(at: entry.level) &- 1)
      let last = first &+ (size &- 1)
      return entry.isPopulatedTable && entry.isWalkable && entry.inputAddress <= last
        && entryLast >= first && !(first <= entry.inputAddress && entryLast <= last)
    }
  }

  /// Takes note that everything beneath the table that `entry` led to is noted by itself.
  public mutating func setExposed(_ entry: StaleEntry) {
    var id = chains[chain(of: key(entry.inputAddress, entry.level))]
    while id >= 0 {
      let known = entries[Int(id)]
      if known.isPopulatedTable, known.tablePage == entry.tablePage {
        entries[Int(id)].hasCombinedCopies = false
        populatedCount -= 1
      }
      id = known.nextInChain
    }
  }
}
