/// What the threads of a case share that is no record.
///
/// Behind a pointer, since an access to a class's property that a switch of threads interrupts would be one
/// that overlaps with the other thread's.
final class SharedState<State> {
  let pointer: UnsafeMutablePointer<State>

  init(_ state: State) {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: state)
  }

  deinit {
    pointer.deinitialize(count: 1)
    pointer.deallocate()
  }
}
