import Machines
import Testing

@Suite struct TableLevelTests {
  @Test func `a walk goes from the first level to the last, and no further`() {
    var level: LookupLevel? = -1
    var visited: [Int] = []
    while let here = level {
      visited.append(here.number)
      level = here.next
    }
    #expect(visited == [-1, 0, 1, 2, 3])
    #expect(LookupLevel.last.next == nil)
    #expect(LookupLevel(4).next == nil, "what is no level leads nowhere")
  }

  @Test func `levels count as their numbers do`() {
    for number in -1...3 {
      let level = LookupLevel(number)
      #expect(level.levelsBeneath == UInt64(3 - number))
      #expect("\(level)" == "\(number)")
      #expect((level + 1).number == number + 1 && (level - 1).number == number - 1)
      #expect((level &+ 1) == level + 1 && (level &- 1) == level - 1)
      var moved = level
      moved += 2
      moved -= 1
      moved &+= 1
      moved &-= 2
      #expect(moved == level)
      #expect(level < .last || level == .last)
    }
    #expect((1...LookupLevel.last).map(\.number) == [1, 2, 3])
    #expect(stride(from: LookupLevel.last, through: 1, by: -1).map(\.number) == [3, 2, 1])
  }

  @Test func `Power counts down to the last, and machines count from the root`() {
    let levels = stride(from: RadixLevel.root, through: .last, by: -1)
    #expect(levels.map(\.number) == [3, 2, 1, 0])
    #expect(levels.map(\.depth) == [0, 1, 2, 3])
    #expect(levels.map(\.levelsBeneath) == [3, 2, 1, 0])
  }

  @Test func `a level costs what its number does`() {
    #expect(MemoryLayout<LookupLevel>.size == MemoryLayout<Int>.size)
    #expect(MemoryLayout<RadixLevel>.size == MemoryLayout<Int>.size)
  }
}
