import CFiber
import Testing

/// A stack that counts how often it was switched to.
private struct Counting {
  var home = cfiber_context()
  var away = cfiber_context()
  var count = 0
}

/// Goes as deep as it is told, with something on the stack at each depth.
private func sink(_ depth: Int) -> Int {
  withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { buffer in
    buffer.initialize(repeating: depth)
    return depth == 0 ? 0 : sink(depth - 1) + buffer[depth % 64]
  }
}

@Suite(.serialized) struct FiberTests {
  @Test func `a stack goes on where it left off`() {
    let state = UnsafeMutablePointer<Counting>.allocate(capacity: 1)
    state.initialize(to: Counting())
    defer { state.deallocate() }
    let stack = cfiber_take_stack()
    defer { cfiber_give_stack(stack) }
    cfiber_prepare(
      &state.pointee.away,
      stack,
      { raw in
        guard let state = raw?.assumingMemoryBound(to: Counting.self) else { return }
        var local = 0
        while true {
          local += 1
          state.pointee.count = local
          cfiber_switch(&state.pointee.away, &state.pointee.home)
        }
      },
      state
    )
    for turn in 1...3 {
      cfiber_switch(&state.pointee.home, &state.pointee.away)
      #expect(state.pointee.count == turn)
    }
  }

  @Test func `a stack that runs over faults, and writes nowhere else`() async {
    await #expect(processExitsWith: .failure) {
      let state = UnsafeMutablePointer<Counting>.allocate(capacity: 1)
      state.initialize(to: Counting())
      cfiber_prepare(&state.pointee.away, cfiber_take_stack(), { _ in _ = sink(1 << 40) }, nil)
      cfiber_switch(&state.pointee.home, &state.pointee.away)
    }
  }

  @Test func `a stack that was given back is taken again`() {
    let stack = cfiber_take_stack()
    #expect(stack.base != nil)
    cfiber_give_stack(stack)
    #expect(cfiber_pooled_count() > 0)
  }
}
