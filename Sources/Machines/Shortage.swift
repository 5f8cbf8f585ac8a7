import Synchronization

/// The world has too little of something that a check cannot go on without, such as memory.
///
/// That is no fault of a walker's and none of the program's, so it is no finding and no trap: who runs the
/// program says how it ends.
public enum Shortage {
  /// Tells a person what there is too little of, and ends the program.
  public typealias Ending = @Sendable (_ what: String) -> Never

  private static let ending = Mutex<Ending?>(nil)

  /// Has every later shortage end the program in this way.
  public static func ends(_ ending: @escaping Ending) {
    self.ending.withLock { $0 = ending }
  }

  /// Ends the program; `what` is a sentence that names the remedy.
  public static func end(_ what: String) -> Never {
    // Threads come short of it together: one of them tells, and the others wait for the end here.
    ending.withLock { ending in
      if let ending { ending(what) }
      fatalError(what)
    }
  }
}
