extension Judges {
  /// The transitions counted since the last time, which are counted anew from here.
  public mutating func takeTransitions() -> TransitionMatrix {
    defer { transitions = TransitionMatrix() }
    return transitions
  }
}
