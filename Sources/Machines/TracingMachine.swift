/// A machine with real memory that tells a listener of everything a walker does.
///
/// A freed page is quarantined: it is not handed out again before `reset()`, so that a use after
/// free is always seen as one. Freed memory keeps its contents; who reads it shows in the events.
public struct TracingMachine<Listener: EventListener>: ArmMachine, PowerMachine {
  /// Plain numbers.
  public typealias W = UInt64
  /// The physical address of a table page.
  public typealias Table = UInt64

  /// Who is told.
  public var listener: Listener
  /// The memory that tables come from.
  public let memory: PhysicalMemory
  /// How many more loads and stores the current call may take before it is cut off.
  public var stepAllowance = Int.max
  /// What others do after each of the walker's loads, stores and exchanges.
  private var others: Others?
  /// Whether there are others.
  @usableFromInline var hasOthers = false
  /// The addresses of the descriptors written since `reset()`, for undoing.
  @usableFromInline var written: [UInt64] = []
  /// Whether the current call was cut off.
  @usableFromInline var isRunaway = false

  /// A machine whose tables come from `memory`, watched by `listener`.
  public init(memory: PhysicalMemory, listener: Listener) {
    self.memory = memory
    self.listener = listener
  }

  /// Forgets every table: all pages free, zero and unquarantined.
  ///
  /// Complexity: linear in the stores since the last reset and in the pages handed out.
  public mutating func reset() {
    for address in written { memory.pointer(to: address).pointee = 0 }
    written.removeAll(keepingCapacity: true)
    for page in 0..<memory.nextPage { memory.counts[page] = 0 }
    memory.nextPage = 0
    isRunaway = false
    stepAllowance = .max
    run(beside: nil)
  }

  /// The condition itself.
  @inlinable @inline(__always)
  public func holds(_ condition: Bool) -> Bool { condition }

  /// Another CPU, or the hardware of its own accord: acts after an access of the walker's to an address.
  public typealias Others =
    (_ machine: inout TracingMachine, _ address: UInt64, _ isLoad: Bool) -> Void

  /// Has others act after each of the walker's loads, stores and exchanges from here on; nil for nobody.
  public mutating func run(beside others: Others?) {
    self.others = others
    hasOthers = others != nil
  }

  @usableFromInline @inline(never)
  mutating func letOthersAct(after address: UInt64, isLoad: Bool) {
    others?(&self, address, isLoad)
  }

  /// Takes one step off the allowance; false once it is used up.
  @inlinable @inline(__always)
  mutating func step() -> Bool {
    stepAllowance &-= 1
    if stepAllowance >= 0 { return true }
    if !isRunaway {
      isRunaway = true
      listener.observe(.runaway)
    }
    return false
  }

  /// Reads one descriptor; 0 outside the window.
  @inlinable
  public mutating func load(_ table: UInt64, at index: UInt64) -> UInt64 {
    let address = table &+ index &<< 3
    guard step(), memory.page(of: address) != nil else {
      listener.observe(.load(address: address, value: 0))
      if hasOthers { letOthersAct(after: address, isLoad: true) }
      return 0
    }
    let value = memory.pointer(to: address).pointee
    listener.observe(.load(address: address, value: value))
    if hasOthers { letOthersAct(after: address, isLoad: true) }
    return value
  }

  /// Writes one descriptor; outside the window it is only reported.
  @inlinable
  public mutating func store(
    _ value: UInt64,
    to table: UInt64,
    at index: UInt64,
    order: MemoryOrder
  ) {
    let address = table &+ index &<< 3
    guard step(), memory.page(of: address) != nil else {
      listener.observe(.store(address: address, old: 0, new: value, order: order))
      if hasOthers { letOthersAct(after: address, isLoad: false) }
      return
    }
    let old = write(value, at: address)
    listener.observe(.store(address: address, old: old, new: value, order: order))
    if hasOthers { letOthersAct(after: address, isLoad: false) }
  }

  /// Writes and remembers that it did.
  @inlinable @inline(__always)
  mutating func write(_ value: UInt64, at address: UInt64) -> UInt64 {
    let pointer = memory.pointer(to: address)
    let old = pointer.pointee
    if old == 0 { written.append(address) }
    pointer.pointee = value
    return old
  }

  /// Compares and exchanges one descriptor.
  @inlinable
  public mutating func compareExchange(
    _ expected: UInt64,
    with value: UInt64,
    in table: UInt64,
    at index: UInt64
  ) -> UInt64 {
    let address = table &+ index &<< 3
    let loaded = load(table, at: index)
    // Once the steps are used up an exchange succeeds, so that whoever repeats it comes to an end.
    if isRunaway { return expected }
    guard memory.page(of: address) != nil else { return loaded }
    // Others may have changed it after the load.
    let found = memory.pointer(to: address).pointee
    guard found == expected else { return found }
    let old = write(value, at: address)
    listener.observe(.exchange(address: address, old: old, new: value))
    if hasOthers { letOthersAct(after: address, isLoad: false) }
    return found
  }

  /// A zeroed page that was never handed out since `reset()`.
  public mutating func allocateTable(level: LookupLevel) -> UInt64? {
    guard memory.nextPage < memory.capacity else {
      listener.observe(.refuse(level: level))
      return nil
    }
    return handOut(firstPage: memory.nextPage, pageCount: 1, level: level)
  }

  /// Contiguous zeroed pages, aligned to their total size.
  public mutating func allocateRoot(pageCount: Int, level: LookupLevel) -> UInt64? {
    let firstPage = (memory.nextPage + pageCount - 1) / pageCount * pageCount
    guard firstPage + pageCount <= memory.capacity else {
      listener.observe(.refuse(level: level))
      return nil
    }
    return handOut(firstPage: firstPage, pageCount: pageCount, level: level)
  }

  private mutating func handOut(firstPage: Int, pageCount: Int, level: LookupLevel) -> UInt64 {
    memory.nextPage = firstPage + pageCount
    for page in firstPage..<memory.nextPage { memory.counts[page] = 1 }
    let address = memory.base &+ UInt64(firstPage) &<< memory.pageShift
    listener.observe(.allocate(address: address, pageCount: pageCount, level: level))
    return address
  }

  /// The page number `index` of a root.
  @inlinable @inline(__always)
  public func rootPage(_ root: UInt64, at index: UInt64) -> UInt64 {
    root &+ index &<< memory.pageShift
  }

  /// Gives a root's pages back.
  public mutating func freeRoot(_ root: UInt64, pageCount: Int) {
    if let firstPage = memory.page(of: root) {
      for page in firstPage..<min(firstPage + pageCount, memory.capacity) {
        memory.counts[page] = 0
      }
    }
    listener.observe(.freeRoot(address: root, pageCount: pageCount))
  }

  /// Whether the root was not freed.
  @inlinable
  public func hasRoot(_ root: UInt64) -> Bool {
    memory.page(of: root).map { memory.counts[$0] != 0 } ?? false
  }

  /// Lets somebody else have the next pages, so that those after them are handed out.
  public mutating func skip(pages: Int) {
    memory.nextPage = min(memory.nextPage + pages, memory.capacity)
  }

  /// The table's own handle.
  @inlinable @inline(__always)
  public func address(of table: UInt64) -> UInt64 { table }

  /// The address itself.
  @inlinable @inline(__always)
  public func table(at address: UInt64, linkedFrom parent: UInt64, index: UInt64) -> UInt64 {
    address
  }

  /// Adds to a page's count.
  @inlinable
  public mutating func retain(_ table: UInt64, by amount: Int) {
    if let page = memory.page(of: table) {
      memory.counts[page] &+= Int32(truncatingIfNeeded: amount)
    }
    listener.observe(.retain(address: table, amount: amount))
  }

  /// Takes from a page's count; at 0 it is freed and quarantined.
  @inlinable
  public mutating func release(_ table: UInt64, by amount: Int) {
    var remaining = 0
    if let page = memory.page(of: table) {
      memory.counts[page] &-= Int32(truncatingIfNeeded: amount)
      remaining = Int(memory.counts[page])
    }
    listener.observe(.release(address: table, amount: amount, remaining: remaining))
  }

  /// A page's count; 0 outside the window.
  @inlinable
  public func count(of table: UInt64) -> UInt64 {
    guard let page = memory.page(of: table) else { return 0 }
    return UInt64(truncatingIfNeeded: memory.counts[page])
  }

  /// Reports the invalidation.
  @inlinable
  public mutating func invalidate(_ invalidation: TLBInvalidation<UInt64>) {
    listener.observe(.invalidate(invalidation))
  }

  /// Reports the invalidation.
  @inlinable
  public mutating func invalidate(_ invalidation: RadixInvalidation<UInt64>) {
    listener.observe(.invalidateRadix(invalidation))
  }

  /// Reports the barrier.
  @inlinable
  public mutating func barrier(_ barrier: Barrier) { listener.observe(.barrier(barrier)) }

  /// Reports the barrier.
  @inlinable
  public mutating func barrier(_ barrier: PowerBarrier) {
    listener.observe(.powerBarrier(barrier))
  }

  /// Reports the clean.
  @inlinable
  public mutating func clean(_ address: UInt64, sizeInBytes: UInt64) {
    listener.observe(.clean(address: address, sizeInBytes: sizeInBytes))
  }

  /// Reports the invalidation.
  @inlinable
  public mutating func invalidateInstructions(_ address: UInt64, sizeInBytes: UInt64) {
    listener.observe(.invalidateInstructions(address: address, sizeInBytes: sizeInBytes))
  }

  /// Reports that others may run.
  @inlinable
  public mutating func yield() { listener.observe(.yield) }

  /// Reports that a table is given away, to be freed later.
  public mutating func deferFree(_ table: UInt64) {
    listener.observe(.deferFree(address: table))
  }

  /// Reports that a section in which tables are kept for other walks is entered or left.
  public mutating func readSection(isEntered: Bool) {
    listener.observe(.readSection(isEntered: isEntered))
  }

  /// Reports that the walker did not come back from the call.
  public mutating func lose(_ site: Site) { listener.observe(.lost(site)) }

  /// Reports the warning.
  public mutating func warn(_ site: Site) { listener.observe(.warn(site)) }
}
