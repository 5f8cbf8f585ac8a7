public import Machines

/// A cache of where one guest page is: what its users, its refreshes and invalidations share.
public enum PfnCacheRecord {
  /// Protects everything below, but `next` and `previous`.
  @inlinable public static var lock: Field { Field(0, "lock", .readWriteLock) }
  /// Held by whoever changes more than `lock` can be kept for.
  @inlinable public static var refreshLock: Field { Field(1, "refresh_lock", .mutex) }
  /// The cache after it on the list that invalidations go through, or 0.
  @inlinable public static var next: Field { Field(2, "next") }
  /// The cache before it there, or 0.
  @inlinable public static var previous: Field { Field(3, "previous") }
  /// Whether it is in use.
  @inlinable public static var isActive: Field { Field(4, "active") }
  /// Whether `frame` and `mapping` are what they say.
  @inlinable public static var isValid: Field { Field(5, "valid") }
  /// The guest address, with its place in the page.
  @inlinable public static var guestAddress: Field { Field(6, "gpa") }
  /// The generation of the slots by which it was looked up.
  @inlinable public static var generation: Field { Field(7, "generation") }
  /// The host address, or `HostMemory.noAddress`.
  @inlinable public static var hostAddress: Field { Field(8, "uhva") }
  /// The frame, or `HostMemory.noFrame`.
  @inlinable public static var frame: Field { Field(9, "pfn") }
  /// Where the kernel has it mapped, with the place in the page; 0 for nowhere.
  @inlinable public static var mapping: Field { Field(10, "khva") }
  /// Who uses it: `PfnCacheUse`, as bits.
  @inlinable public static var use: Field { Field(11, "usage") }
  /// The vCPU that uses it in guest mode, or 0.
  @inlinable public static var vcpu: Field { Field(12, "vcpu") }
  /// Whether an invalidation went by since a refresh began.
  @inlinable public static var wasInvalidated: Field { Field(13, "needs_retry") }
  /// Whether a refresh was told that its user will write.
  @inlinable public static var isDirty: Field { Field(14, "dirty") }
  /// Odd while what a check reads is written.
  @inlinable public static var sequence: Field { Field(15, "seq") }

  /// The record.
  public static let layout = Layout(
    "cache",
    [
      lock, refreshLock, next, previous, isActive, isValid, guestAddress, generation, hostAddress,
      frame, mapping, use, vcpu, wasInvalidated, isDirty, sequence,
    ]
  )
}

/// What the caches of a virtual machine share.
public enum PfnMachineRecord {
  /// Protects the list of caches.
  @inlinable public static var listLock: Field { Field(0, "gpc_lock", .spinLock) }
  /// The first cache on the list, or 0.
  @inlinable public static var first: Field { Field(1, "gpc_list") }
  /// Protects what is said of invalidations.
  @inlinable public static var notifierLock: Field { Field(2, "mn_lock", .spinLock) }
  /// How many invalidations have begun and not ended.
  @inlinable public static var activeCount: Field { Field(3, "mn_active") }
  /// The first address of a range around them all.
  @inlinable public static var rangeStart: Field { Field(4, "mn_start") }
  /// The first address after it.
  @inlinable public static var rangeEnd: Field { Field(5, "mn_end") }
  /// How many invalidations have ended.
  @inlinable public static var sequence: Field { Field(6, "mn_seq") }
  /// Protects the tables of the guest, and `tableCount` and `sequence` as posted.
  @inlinable public static var tableLock: Field { Field(7, "mmu_lock", .readWriteLock) }
  /// How many invalidations have reached the tables and not ended.
  @inlinable public static var tableCount: Field { Field(8, "mn_count") }
  /// The slots' layout, a `SlotsRecord`.
  @inlinable public static var slots: Field { Field(9, "memslots") }
  /// Keeps layouts from being freed while they are read.
  @inlinable public static var slotsDomain: Field { Field(10, "srcu", .srcu) }
  /// Held by who changes the slots.
  @inlinable public static var slotsLock: Field { Field(11, "slots_lock", .mutex) }
  /// The first vCPU, or 0.
  @inlinable public static var vcpu: Field { Field(12, "vcpus") }
  /// The index of caches by host address, where there is one: an `IndexRootRecord`.
  @inlinable public static var index: Field { Field(13, "gpc_index") }

  /// The record.
  public static let layout = Layout(
    "vm",
    [
      listLock, first, notifierLock, activeCount, rangeStart, rangeEnd, sequence, tableLock,
      tableCount, slots, slotsDomain, slotsLock, vcpu, index,
    ]
  )
}

/// Where guest pages are in user space; never changed once it is published.
public enum SlotsRecord {
  /// How often the layout was changed.
  @inlinable public static var generation: Field { Field(0, "generation") }
  /// How many guest pages have a field.
  @inlinable public static var pageCount: Int { 4 }
  /// The host address of a guest page, or `HostMemory.noAddress`.
  @inlinable public static func hostAddress(_ page: Int) -> Field {
    Field(UInt8(1 + page), "slot")
  }

  /// The record.
  public static let layout = Layout(
    "memslots",
    [generation] + (0..<pageCount).map(hostAddress)
  )
}

/// A vCPU, as who kicks it out of guest mode sees it.
public enum VCPURecord {
  /// The next vCPU, or 0.
  @inlinable public static var next: Field { Field(0, "next") }
  /// A bit of its own.
  @inlinable public static var bit: Field { Field(1, "bit") }
  /// 1 in guest mode.
  @inlinable public static var mode: Field { Field(2, "mode") }
  /// Requests that it has to serve before it enters guest mode, as bits.
  @inlinable public static var requests: Field { Field(3, "requests") }
  /// 1 where it was interrupted: it leaves guest mode.
  @inlinable public static var isKicked: Field { Field(4, "kick") }

  /// The record.
  public static let layout = Layout("vcpu", [next, bit, mode, requests, isKicked])
}

/// Who uses a cache, as bits.
public enum PfnCacheUse {
  /// The kernel, by a mapping.
  public static let kernel: UInt64 = 1
  /// A vCPU in guest mode, by the frame's number.
  public static let guest: UInt64 = 2
}
