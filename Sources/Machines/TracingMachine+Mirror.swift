/// What a descriptor was and became, by whatever way.
public struct EntryRewrite: Sendable, Hashable {
  /// The physical address of the descriptor.
  public var address: UInt64
  /// The descriptor before.
  public var old: UInt64
  /// The descriptor after.
  public var new: UInt64

  /// A change at an address.
  public init(address: UInt64, old: UInt64, new: UInt64) {
    self.address = address
    self.old = old
    self.new = new
  }
}

extension TracingMachine {
  /// Makes a page's contents those of foreign memory, and tells nobody.
  ///
  /// - Parameters:
  ///   - page: The number of a page that was handed out.
  ///   - source: As many descriptors as the page has.
  ///   - rewrites: What changed is added to it, in the order of addresses.
  public mutating func mirror(
    page: Int,
    from source: UnsafePointer<UInt64>,
    into rewrites: inout [EntryRewrite]
  ) {
    precondition(page < memory.usedPages, "page \(page) was never handed out")
    let base = memory.base &+ UInt64(page) &<< memory.pageShift
    let contents = memory.pointer(to: base)
    for index in 0..<1 << Int(memory.pageShift - 3) where contents[index] != source[index] {
      let address = base &+ UInt64(index) &<< 3
      let old = write(source[index], at: address)
      rewrites.append(EntryRewrite(address: address, old: old, new: source[index]))
    }
  }

  /// Writes a descriptor on behalf of others, who say so themselves.
  public mutating func rewrite(_ value: UInt64, at address: UInt64) -> EntryRewrite {
    EntryRewrite(address: address, old: write(value, at: address), new: value)
  }
}
