import Foundation
import Synchronization

/// One thread's share of the work.
protocol PoolWorker: UsableOnThreads {
  associatedtype Output: Sendable

  /// Does one item; what it gives depends on the item alone.
  mutating func run(_ item: UInt64) -> Output
}

/// What the consumer of a pool wants next.
enum PoolDecision {
  case proceed
  /// Begin nothing more, but finish and consume what was begun.
  case drain
  /// Begin nothing more, and drop what comes after.
  case abandon
}

/// Works items off on several threads, and consumes the results in order on the calling thread.
///
/// Items are begun in order and each one begun is finished, so that what was consumed is always an
/// unbroken run of items from the first: nothing depends on how many threads there are, but how
/// many items are done by the time somebody says stop. At most `window` results wait for an earlier
/// one, which bounds memory.
struct OrderedPool {
  let threads: Int
  let items: UInt64

  /// - Parameters:
  ///   - makeWorker: Called once on each thread.
  ///   - between: Asked on the calling thread before it waits for more.
  ///   - consume: Given each result in order, on the calling thread.
  func run<Worker: PoolWorker>(
    makeWorker: @escaping @Sendable () -> Worker,
    between: () -> PoolDecision,
    consume: (UInt64, Worker.Output) -> PoolDecision
  ) {
    if threads <= 1 {
      runHere(makeWorker(), between: between, consume: consume)
    } else {
      runOnThreads(makeWorker, between: between, consume: consume)
    }
  }

  private func runHere<Worker: PoolWorker>(
    _ worker: Worker,
    between: () -> PoolDecision,
    consume: (UInt64, Worker.Output) -> PoolDecision
  ) {
    var worker = worker
    var item: UInt64 = 0
    while item < items {
      guard case .proceed = between() else { return }
      guard case .proceed = consume(item, worker.run(item)) else { return }
      item += 1
    }
  }

  private func runOnThreads<Worker: PoolWorker>(
    _ makeWorker: @escaping @Sendable () -> Worker,
    between: () -> PoolDecision,
    consume: (UInt64, Worker.Output) -> PoolDecision
  ) {
    let exchange = Exchange<Worker.Output>(items: items, window: threads * 4)
    // The walkers under test may recurse, and a thread's usual stack is small on some systems.
    var started = 0
    while started < threads,
      WorkThread.start(
        stackSizeInBytes: 16 << 20,
        {
          var worker = makeWorker()
          while let item = exchange.claim() {
            exchange.deliver(item, worker.run(item))
          }
          exchange.leave()
        }
      )
    { started += 1 }
    // As many as can be had do the same work, and without any it is done here.
    guard started > 0 else { return runHere(makeWorker(), between: between, consume: consume) }
    var consumed: UInt64 = 0
    var decision = PoolDecision.proceed
    while consumed < items, case .proceed = decision {
      decision = between()
      guard case .proceed = decision else { break }
      exchange.waitForDelivery()
      while case .proceed = decision, let output = exchange.take(consumed) {
        decision = consume(consumed, output)
        consumed += 1
      }
    }
    exchange.close(threads: started)
    while case .drain = decision, let output = exchange.take(consumed) {
      if case .abandon = consume(consumed, output) { decision = .abandon }
      consumed += 1
    }
  }
}

/// Where threads claim items and leave results.
private final class Exchange<Output: Sendable>: Sendable {
  private struct State {
    var next: UInt64 = 0
    var isClosed = false
    var results: [UInt64: Output] = [:]
  }

  private let state = Mutex(State())
  private let items: UInt64
  private let room = DispatchSemaphore(value: 0)
  private let delivered = DispatchSemaphore(value: 0)
  private let left = DispatchSemaphore(value: 0)

  init(items: UInt64, window: Int) {
    self.items = items
    for _ in 0..<window { room.signal() }
  }

  /// The next item; nil when there is none left or the exchange is closed.
  func claim() -> UInt64? {
    room.wait()
    return state.withLock { state in
      guard !state.isClosed, state.next < items else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func deliver(_ item: UInt64, _ output: Output) {
    state.withLock { $0.results[item] = output }
    delivered.signal()
  }

  func leave() {
    left.signal()
  }

  func waitForDelivery() {
    delivered.wait()
  }

  func take(_ item: UInt64) -> Output? {
    let output = state.withLock { $0.results.removeValue(forKey: item) }
    if output != nil { room.signal() }
    return output
  }

  /// Lets nobody claim anything more, and waits until every thread has finished what it began.
  func close(threads: Int) {
    state.withLock { $0.isClosed = true }
    for _ in 0..<threads { room.signal() }
    for _ in 0..<threads { left.wait() }
  }
}
