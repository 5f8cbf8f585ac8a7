import Architecture
import Machines
import Testing
import Walkers

@Suite struct RadixInfoTests {
  @Test func `user space is told every page size by its name in tlbie`() {
    let told = RadixInfo.power9.apEncodings.map { code in
      [UInt64(1) << UInt64(code & 0x3f), UInt64(code >> 29)]
    }
    #expect(told == RadixPageSize.allCases.map { [$0.rawValue, $0.actualPageSize] })
  }

  @Test func `a tree of each geometry translates 52 bits`() {
    for geometry in RadixInfo.power9.geometries {
      #expect(geometry.pageShift + geometry.levelBits.reduce(0, +) == 52)
    }
    #expect(RadixInfo.power9.geometries.map(\.levelBits) == [[9, 9, 9, 13], [5, 9, 9, 13]])
  }
}
