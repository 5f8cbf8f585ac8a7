/// A guest's memory from address 0 on, of which mostly zeros, and the reads that are made of it.
public struct GuestMemory: GuestMachine {
  /// Its size in bytes.
  public let sizeInBytes: UInt64
  /// The doublewords that are not zero, by their address.
  private var doublewords: [UInt64: UInt64] = [:]
  /// The addresses that were read since they were last forgotten, in order.
  public var reads: [UInt64] = []

  /// Memory of zeros.
  public init(sizeInBytes: UInt64) { self.sizeInBytes = sizeInBytes }

  /// Writes a doubleword; one beyond the memory is lost.
  public mutating func write(_ value: UInt64, at address: UInt64) {
    if address < sizeInBytes { doublewords[address] = value }
  }

  /// What is at an address, without its being a read of the walk; nil beyond the memory.
  public func doubleword(at address: UInt64) -> UInt64? {
    guard address < sizeInBytes, sizeInBytes - address >= 8 else { return nil }
    return doublewords[address] ?? 0
  }

  /// The condition itself.
  public func holds(_ condition: Bool) -> Bool { condition }

  /// Reads a doubleword.
  public mutating func read(_ address: UInt64) -> UInt64? {
    reads.append(address)
    return doubleword(at: address)
  }
}

/// A guest's memory that is all there, for benchmarks.
public struct DirectGuest: GuestMachine {
  private let memory: UnsafeMutableBufferPointer<UInt64>

  /// Memory of zeros that is never given back.
  public init(sizeInBytes: Int) {
    memory = .allocate(capacity: sizeInBytes / 8)
    memory.initialize(repeating: 0)
  }

  /// Writes a doubleword, as the guest does.
  public func write(_ value: UInt64, at address: UInt64) {
    memory[Int(address / 8)] = value.bigEndian
  }

  /// The condition itself.
  @inlinable @inline(__always)
  public func holds(_ condition: Bool) -> Bool { condition }

  /// Reads a doubleword.
  public func read(_ address: UInt64) -> UInt64? {
    let index = address >> 3
    return index < UInt64(memory.count) ? UInt64(bigEndian: memory[Int(index)]) : nil
  }
}
