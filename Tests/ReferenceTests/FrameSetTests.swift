import Reference
import Testing

@Suite struct FrameSetTests {
  @Test func `a set of frames has what was put in and not taken out, at every edge of its words`() {
    let frames: Range<UInt64> = 5..<205
    let edges: [UInt64] = [0, 5, 6, 68, 69, 70, 132, 133, 196, 197, 204, 205, 300]
    for first in edges {
      for end in edges where first <= end {
        var set = FrameSet(of: frames)
        set.insert(first..<end)
        let run = (first..<end).clamped(to: frames)
        #expect(frames.allSatisfy { set.contains($0) == run.contains($0) }, "\(first)..<\(end)")
        #expect(set.first == (run.isEmpty ? nil : run.lowerBound))
        #expect(set.isEmpty == run.isEmpty)
        var rest = FrameSet(of: frames)
        rest.insert(frames)
        rest.remove(first..<end)
        #expect(frames.allSatisfy { rest.contains($0) == !run.contains($0) }, "\(first)..<\(end)")
      }
    }
    #expect(!FrameSet(of: frames).contains(300), "what no slot has is in no set")
  }

  @Test func `bitmaps are put in and taken out`() {
    var set = FrameSet(of: 64..<192)
    set.formUnion([1, 2])
    #expect(set.contains(64) && set.contains(129))
    set.subtract([1, 0])
    #expect(set.first == 129)
  }
}
