import Architecture
import Machines
import Testing

@Suite struct RadixWalkTests {
  /// A guest's memory: process 1 has a tree whose tables lie from 1 MiB on.
  private struct Memory {
    var doublewords: [UInt64: UInt64] = [:]
    let registers = RadixRegisters<UInt64>(processTable: 0x1_0000, pid: 1)

    /// A 64 KiB page at 0, a 2 MiB page behind it and a 1 GiB page behind that.
    init() {
      // RTS 21 is 0b10101: 0b10 in bits 1:2, 0b101 in bits 56:58.
      doublewords[0x1_0010] = 0x4000_0000_0010_00ad
      doublewords[0x10_0000] = 0x8000_0000_0011_0009
      doublewords[0x11_0000] = 0x8000_0000_0012_0009
      doublewords[0x11_0008] = 0xc000_0001_0000_0007
      doublewords[0x12_0000] = 0x8000_0000_0013_0005
      doublewords[0x12_0008] = 0xc000_0000_0040_000c
      doublewords[0x13_0000] = 0xc000_0000_0077_0006
    }

    func translate(
      _ address: UInt64,
      _ registers: RadixRegisters<UInt64>? = nil
    ) -> Result<RadixTranslation<UInt64>, RadixFault> {
      RadixWalk.translate(address, registers ?? self.registers) { place in
        place < 1 << 24 ? doublewords[place] ?? 0 : nil
      }
    }
  }

  @Test func `fields are where the manual puts them`() {
    #expect(RadixField.processTableBase.mask == 0x0fff_ffff_ffff_f000)
    #expect(RadixField.rootBase.mask == 0x0fff_ffff_ffff_ff00)
    #expect(RadixField.treeSizeHigh.mask == 0x6000_0000_0000_0000)
    #expect(RadixField.treeSizeLow.mask == 0xe0)
    #expect(RadixField.realPage.mask == 0x01ff_ffff_ffff_f000)
    #expect(RadixField.reference.mask == 0x100)
    #expect(RadixField.change.mask == 0x80)
    #expect(RadixField.treeSizeLow.value(in: 0xad) == 5)
  }

  @Test func `a page of each size is translated`() throws {
    let memory = Memory()
    for (address, real, shift) in [
      (0x1234, 0x77_1234, 16), (0x21_2345, 0x41_2345, 21), (0x4123_4567, 0x1_0123_4567, 30),
    ] as [(UInt64, UInt64, UInt64)] {
      let translation = try memory.translate(address).get()
      #expect(translation.realAddress == real)
      #expect(translation.pageShift == shift)
    }
  }

  @Test func `permissions are the entry's, the state's and the keys'`() throws {
    let memory = Memory()
    func rights(
      _ address: UInt64,
      _ change: (inout RadixRegisters<UInt64>) -> Void
    ) throws
      -> [Bool]
    {
      var registers = memory.registers
      change(&registers)
      let translation = try memory.translate(address, registers).get()
      return [translation.canRead, translation.canWrite, translation.canExecute]
    }
    #expect(try rights(0x4000_0000) { _ in } == [true, true, true])
    #expect(try rights(0x4000_0000) { $0.amr = 1 << 62 } == [false, true, true])
    #expect(try rights(0x4000_0000) { $0.amr = 1 << 63 } == [true, false, true])
    #expect(try rights(0x4000_0000) { $0.iamr = 1 << 62 } == [true, true, false])
    let problem: (inout RadixRegisters<UInt64>) -> Void = {
      $0.isProblemState = true
      $0.amr = 3 << 62
    }
    #expect(try rights(0x4000_0000, problem) == [true, true, true], "keys are for the kernel")
    #expect(try rights(0x20_0000, problem) == [false, false, false], "the page is privileged")
  }

  private func fault(
    _ address: UInt64 = 0x1234,
    _ change: (inout Memory) -> Void
  ) -> RadixFault? {
    var memory = Memory()
    change(&memory)
    if case .failure(let fault) = memory.translate(address) { return fault }
    return nil
  }

  @Test func `each malformed table has its fault`() {
    #expect(fault(1 << 62) { _ in } == .quadrant)
    #expect(fault { $0.doublewords[0x1_0010]? ^= 1 << 5 } == .geometry(level: nil))
    #expect(fault { $0.doublewords[0x1_0010]? ^= 1 } == .geometry(level: 3))
    #expect(fault { $0.doublewords[0x1_0010]? ^= 0x8000 } == .tableMisaligned(level: 3))
    #expect(fault { $0.doublewords[0x1_0010]? ^= 1 << 40 } == .noMemory(level: 3))
    #expect(fault { $0.doublewords[0x10_0000]? ^= 1 << 63 } == .notPresent(level: 3))
    #expect(fault { $0.doublewords[0x10_0000]? ^= 1 << 62 } == .leafTooLarge)
    #expect(fault { $0.doublewords[0x12_0000]? ^= 1 << 62 } == .leafMisaligned(level: 1))
    #expect(fault { $0.doublewords[0x12_0000]? ^= 2 } == .geometry(level: 0))
    #expect(fault { $0.doublewords[0x13_0000]? ^= 1 << 62 } == .noLeaf)
  }

  @Test func `a process is in its table or has none`() {
    let memory = Memory()
    var registers = memory.registers
    registers.pid = 256
    guard case .failure(.processBeyondTable) = memory.translate(0, registers) else {
      Issue.record("process 256 is in a table of 4 KiB")
      return
    }
    registers.processTable |= 1
    guard case .failure(.geometry) = memory.translate(0, registers) else {
      Issue.record("process 256 has an entry in a table of 8 KiB, of zeros")
      return
    }
  }
}
