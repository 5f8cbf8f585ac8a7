import Architecture
public import Machines

/// The window of memory that tables are in, as the judges read it.
@usableFromInline
struct PhysicalMemoryView: @unchecked Sendable {
  private let memory: PhysicalMemory
  @usableFromInline let base: UInt64
  @usableFromInline let pageShift: UInt64
  @usableFromInline let capacity: Int

  init(_ memory: PhysicalMemory) {
    self.memory = memory
    base = memory.base
    pageShift = memory.pageShift
    capacity = memory.capacity
  }

  /// The number of the page at `address`; at least `capacity` outside the window.
  @inlinable @inline(__always)
  func page(of address: UInt64) -> Int {
    Int(truncatingIfNeeded: (address &- base) &>> pageShift)
  }

  /// The physical address of the page numbered `page`.
  func address(of page: Int) -> UInt64 { base &+ UInt64(page) &<< pageShift }

  /// The descriptor at an address inside the window.
  func descriptor(at address: UInt64) -> UInt64 { memory.pointer(to: address).pointee }
}

/// A pointer to the shadows that may cross threads with its owner.
@usableFromInline
struct UnsafeMutablePagePointer: @unchecked Sendable {
  @usableFromInline let pointer: UnsafeMutablePointer<PageShadow>

  init(_ pointer: UnsafeMutablePointer<PageShadow>) { self.pointer = pointer }

  @inlinable
  subscript(page: Int) -> PageShadow {
    @inline(__always) unsafeAddress { UnsafePointer(pointer + page) }
    @inline(__always) nonmutating unsafeMutableAddress { pointer + page }
  }
}
