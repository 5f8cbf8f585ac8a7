#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A thread with a stack of a size that is asked for, which may not be had.
public enum WorkThread {
  /// Starts a thread that runs `body` and ends; false where there is no memory or no process for one.
  public static func start(
    stackSizeInBytes: Int,
    _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    let work = Unmanaged.passRetained(Work(body)).toOpaque()
    let isStarted = start(work, stackSizeInBytes)
    if !isStarted { Unmanaged<Work>.fromOpaque(work).release() }
    return isStarted
  }

  private static func start(_ work: UnsafeMutableRawPointer, _ stackSizeInBytes: Int) -> Bool {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_setstacksize(&attributes, stackSizeInBytes) == 0,
      pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) == 0
    else { return false }
    #if canImport(Glibc)
    var thread = pthread_t()
    #else
    var thread: pthread_t?
    #endif
    return pthread_create(&thread, &attributes, runWork, work) == 0
  }
}

/// What a thread is given to do.
private final class Work: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Does what a thread is given to do.
private func runWork(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
  return nil
}
