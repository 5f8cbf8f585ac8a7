public import Machines

/// What the TLBs of several CPUs may hold that memory no longer has: everything that they were ever
/// allowed to cache and were not told to forget, whoever changed it and whoever tells them.
///
/// What a walk from the root finds may be cached by any CPU at any moment, and needs no note. Of what was
/// replaced, each CPU's copies go when an invalidation that covers them and reaches that CPU is complete:
/// issued after the replacement was visible to its walks, and followed by a barrier of who issued it. A
/// replacement is visible after a barrier of the CPU that made it, or of one that has seen it (stores are
/// multi-copy atomic).
///
/// Reference: Arm ARM DDI 0487 M.b, RRVJDB, RFFWJK and RDDMVT, and the TLBI instructions' pages. As
/// `TranslationCache`, which knows one CPU that does all maintenance, and the sizes of real tables. Limits:
/// one VMID, no ASIDs; up to 16 CPUs.
public struct SharedTranslations: Sendable {
  /// CPUs, a bit each.
  public typealias CPUs = UInt16

  /// An entry that was replaced.
  public struct Stale: Sendable {
    /// The first byte of the input range that it covered.
    public var inputAddress: UInt64
    /// How many bytes that range has.
    public var sizeInBytes: UInt64
    /// The level of the lookup that read it.
    public var level: LookupLevel
    /// The address of its eight bytes.
    public var entryAddress: UInt64
    /// The descriptor.
    public var raw: UInt64
    /// The table that it led to; nil for a leaf.
    public var table: UInt64?
    /// Who replaced it.
    public var breaker: Int
    /// When, in events.
    public var brokenAt: Int
    /// Whether its replacement differs in permissions or the access flag alone.
    public var isPermissionOnly: Bool
    /// Who may hold it.
    public internal(set) var stage2: CPUs
    /// Who may hold translations that stages 1 and 2 made of it together.
    public internal(set) var combined: CPUs
    /// Who has seen the replacement, and whose walks are sure to.
    var observers: CPUs
    var published: CPUs = 0
    /// By who issued them, the CPUs that invalidations reach that are not complete.
    var issued = SIMD16<CPUs>()
    var issuedCombined = SIMD16<CPUs>()

    /// An entry of which nothing was invalidated yet, held by `holders`.
    public init(
      inputAddress: UInt64,
      sizeInBytes: UInt64,
      level: LookupLevel,
      entryAddress: UInt64,
      raw: UInt64,
      table: UInt64?,
      breaker: Int,
      brokenAt: Int,
      isPermissionOnly: Bool,
      holders: CPUs = .max
    ) {
      self.inputAddress = inputAddress
      self.sizeInBytes = sizeInBytes
      self.level = level
      self.entryAddress = entryAddress
      self.raw = raw
      self.table = table
      self.breaker = breaker
      self.brokenAt = brokenAt
      self.isPermissionOnly = isPermissionOnly
      stage2 = holders
      combined = table == nil ? holders : 0
      observers = 1 << CPUs(breaker)
    }

    /// Who may still use it.
    public var holders: CPUs { stage2 | combined }

    /// Whether its input range and that of `size` bytes from `first` have a byte in common.
    public func overlaps(_ first: UInt64, sizeInBytes size: UInt64) -> Bool {
      inputAddress < first &+ size && first < inputAddress &+ sizeInBytes
    }
  }

  /// Everything that some CPU may still hold.
  public private(set) var entries: [Stale] = []

  /// TLBs that hold nothing stale.
  public init() {}

  /// Forgets everything.
  public mutating func reset() { entries.removeAll(keepingCapacity: true) }

  /// An entry was replaced.
  public mutating func note(_ entry: Stale) { entries.append(entry) }

  /// What `cached` hangs from a table that was unlinked and that some CPUs may still come to by `entry`:
  /// who holds that, may hold this, until the same invalidations.
  public mutating func note(_ cached: Stale, reachedBy entry: Stale) {
    var copy = cached
    copy.stage2 = entry.stage2
    copy.combined = entry.stage2
    copy.published = entry.published
    copy.observers = entry.observers
    copy.issued = entry.issued
    copy.issuedCombined = entry.issuedCombined
    entries.append(copy)
  }

  /// An entry that covers `size` bytes from an input address was changed in more than permissions.
  ///
  /// What was replaced there before, or beneath it, is no more forgiven, and the CPU `breaker` answers for
  /// it: no walk comes to it any more once that change is visible, whoever had replaced it.
  public mutating func cutOff(
    at entryAddress: UInt64,
    level: LookupLevel,
    inputAddress: UInt64,
    sizeInBytes size: UInt64,
    by breaker: Int,
    at time: Int
  ) {
    for index in entries.indices {
      let isBeneath =
        entries[index].level > level && entries[index].overlaps(inputAddress, sizeInBytes: size)
      guard isBeneath || entries[index].entryAddress == entryAddress else { continue }
      entries[index].observers |= 1 << CPUs(breaker)
      guard entries[index].isPermissionOnly else { continue }
      entries[index].isPermissionOnly = false
      entries[index].breaker = breaker
      entries[index].brokenAt = time
    }
  }

  /// A CPU has read an entry.
  public mutating func observe(_ entryAddress: UInt64, by cpu: Int) {
    for index in entries.indices where entries[index].entryAddress == entryAddress {
      entries[index].observers |= 1 << CPUs(cpu)
    }
  }

  /// A barrier of a CPU's.
  public mutating func barrier(_ barrier: Barrier, by cpu: Int) {
    let own: CPUs = 1 << CPUs(cpu)
    let reach: CPUs
    let completes: Bool
    switch barrier {
    case .dsbISH: (reach, completes) = (.max, true)
    case .dsbISHST: (reach, completes) = (.max, false)
    case .dsbNSH: (reach, completes) = (own, true)
    case .dsbNSHST: (reach, completes) = (own, false)
    case .dmbISHST, .isb: return
    }
    for index in entries.indices {
      if entries[index].observers & own != 0 { entries[index].published |= reach }
      guard completes else { continue }
      entries[index].stage2 &= ~(entries[index].issued[cpu] & reach)
      entries[index].combined &= ~(entries[index].issuedCombined[cpu] & reach)
      entries[index].issued[cpu] &= ~reach
      entries[index].issuedCombined[cpu] &= ~reach
    }
    if completes { entries.removeAll { $0.holders == 0 } }
  }

  /// A TLB maintenance instruction of a CPU's.
  public mutating func invalidate(_ invalidation: TLBInvalidation<UInt64>, by cpu: Int) {
    let reach: CPUs = invalidation.isBroadcast ? .max : 1 << CPUs(cpu)
    for index in entries.indices {
      let reached = reach & entries[index].published
      switch invalidation.operation {
      case .ipas2e1, .ipas2le1, .ripas2e1:
        if covers(invalidation, entries[index]) { entries[index].issued[cpu] |= reached }
      case .vmalle1:
        // Where stage 2 may still be used, a walk could make them again.
        entries[index].issuedCombined[cpu] |= reach & ~entries[index].stage2
      case .vmalls12e1:
        entries[index].issued[cpu] |= reached
        entries[index].issuedCombined[cpu] |= reached
      case .vae2, .vale2, .rvae2, .alle2: break
      }
    }
  }

  private func covers(_ invalidation: TLBInvalidation<UInt64>, _ entry: Stale) -> Bool {
    if invalidation.operation == .ipas2le1, entry.table != nil { return false }
    if let hint = invalidation.levelHint, entry.table != nil || entry.level != hint {
      return false
    }
    return entry.overlaps(
      invalidation.address,
      sizeInBytes: max(invalidation.sizeInBytes, 1 << 12)
    )
  }
}
