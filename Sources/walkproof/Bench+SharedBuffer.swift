import Machines
import Reports
import Systems
import Walkers

/// What a run of calls on a shared buffer is called, and what it does.
struct SharedBufferRow<Walker: SharedBufferWalker> {
  let name: String
  /// How many calls a run makes.
  let callCount: Int
  let fenceCount: Int
  let isCaching: Bool
  let isSignalled: Bool
  let run: (inout SharedBufferBenchmarks<Walker>) -> Void

  /// Every row, for the walker with this after its name.
  static func all(_ suffix: String) -> [SharedBufferRow] {
    typealias Run = (inout SharedBufferBenchmarks<Walker>) -> Void
    let count = SharedBufferBenchmarks<Walker>.callCount
    func row(
      _ name: String,
      _ fenceCount: Int,
      isSignalled: Bool = true,
      isCaching: Bool = false,
      calls: Int? = nil,
      _ run: @escaping Run
    ) -> SharedBufferRow {
      SharedBufferRow(
        name: name + suffix,
        callCount: calls ?? count,
        fenceCount: fenceCount,
        isCaching: isCaching,
        isSignalled: isSignalled,
        run: run
      )
    }
    let sized = [1, 64, 4096].flatMap { fences -> [SharedBufferRow] in
      let of = "\(fences) fence\(fences == 1 ? "" : "s")"
      return [
        row("add a fence among \(of)", fences, isSignalled: false) { $0.add() },
        row("test \(of) for signalled", fences) { $0.test() },
        row("wait for \(of), signalled", fences, calls: count / 10) { $0.wait() },
        row("poll of \(of), signalled", fences) { $0.poll() },
      ]
    }
    return sized + [
      row("map and unmap a buffer", 1) { $0.map() },
      row("map and unmap a buffer, kept", 1, isCaching: true) { $0.map() },
      row("attach and detach", 1) { $0.attachAndDetach() },
    ]
  }
}
