#if canImport(Glibc)
private import Glibc
#endif

/// A window of physical memory from which table pages come, with a count for each page.
///
/// The window is reserved once and touched lazily. Physical addresses run from `base`, so that a
/// table's address can be put anywhere the configuration allows (above 2^48 with 64 KiB granules,
/// for one). Not thread-safe: one memory a worker.
public final class PhysicalMemory {
  /// The physical address of the window's first byte.
  public let base: UInt64
  /// The base-2 logarithm of a table page's size in bytes.
  public let pageShift: UInt64
  /// How many table pages the window holds.
  public let capacity: Int
  /// The host address of the window's first byte.
  @usableFromInline let host: UnsafeMutableRawPointer
  /// The count of each page; 0 while free.
  @usableFromInline let counts: UnsafeMutablePointer<Int32>
  /// The first page that was never handed out.
  @usableFromInline var nextPage = 0
  /// Pages that were freed and may be handed out again.
  @usableFromInline var freePages: [Int] = []

  /// Reserves `capacity` table pages of `granule` bytes from physical address `base`, which must be
  /// aligned to 16 granules.
  public init(granule: Granule, base: UInt64, capacity: Int) {
    precondition(base % (16 * granule.sizeInBytes) == 0, "base \(base) is not aligned")
    self.base = base
    self.pageShift = granule.shift
    self.capacity = capacity
    let sizeInBytes = capacity << Int(granule.shift)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard
      let memory = mmap(nil, sizeInBytes, PROT_READ | PROT_WRITE, flags, -1, 0),
      memory != MAP_FAILED
    else {
      Shortage.end(
        "there is no room for \(sizeInBytes >> 20) MiB of tables; allow more memory, or fewer --jobs"
      )
    }
    host = memory
    counts = .allocate(capacity: capacity)
    counts.initialize(repeating: 0, count: capacity)
  }

  /// How many pages were never handed out.
  public var remainingPages: Int { capacity - nextPage }
  /// How many pages were handed out at least once.
  public var usedPages: Int { nextPage }
  /// The count of a page by its number; 0 or less while it is free.
  public func count(ofPage page: Int) -> Int32 { counts[page] }

  deinit {
    munmap(host, capacity << Int(pageShift))
    counts.deallocate()
  }

  /// Takes back a page that may be handed out again.
  ///
  /// Kept out of the walks that it would be inlined into, where it is rare.
  @usableFromInline @inline(never)
  func free(_ page: Int) { freePages.append(page) }

  /// The page number of a physical address; nil outside the window.
  @inlinable @inline(__always)
  public func page(of address: UInt64) -> Int? {
    let page = (address &- base) &>> pageShift
    return page < UInt64(capacity) ? Int(page) : nil
  }

  /// The host address of a physical address inside the window, aligned to a descriptor.
  @inlinable @inline(__always)
  public func pointer(to address: UInt64) -> UnsafeMutablePointer<UInt64> {
    (host + Int(bitPattern: UInt(address &- base))).assumingMemoryBound(to: UInt64.self)
  }

  /// The physical address of a host address inside the window.
  @inlinable @inline(__always)
  public func address(of pointer: UnsafeMutablePointer<UInt64>) -> UInt64 {
    UInt64(UInt(bitPattern: UnsafeMutableRawPointer(pointer) - host)) &+ base
  }

  /// The descriptor at a physical address; nil outside the window.
  @inlinable
  public func descriptor(at address: UInt64) -> UInt64? {
    page(of: address) == nil ? nil : pointer(to: address).pointee
  }
}
