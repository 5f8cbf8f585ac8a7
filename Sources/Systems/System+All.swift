public import Checking
public import Machines

extension System {
  /// Every system there is: a line for each, whose folder has all the rest.
  public static let all: [System] = [
    .arm64Stage2,
    .arm64Hyp,
    .armUnmap,
    .powerRadixProcess,
    .powerRadixPartition,
    .pfnCache,
    .arm64Stage2Threads,
    .powerRadixThreads,
    .sharedBuffer,
  ]

  /// The system with a name; nil for none.
  public static func named(_ name: String) -> System? { all.first { $0.name == name } }

  /// The systems that go by a name, their own or their family's.
  public static func all(named name: String) -> [System] { all.filter { $0.goes(by: name) } }
}

extension Rule {
  /// Every rule there is, as the systems apply them, each once.
  public static let all: [Rule] = {
    var seen: Set<Rule> = []
    return System.all.flatMap(\.rules).filter { seen.insert($0).inserted }
  }()
}
