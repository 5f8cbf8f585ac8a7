public import Checking

/// The calls that threads of systems can make at once, and the states that they can begin in.
public struct CallList: Encodable, Sendable {
  /// Something done, by its name.
  public struct Entry: Encodable, Sendable {
    var system: String
    var kind: String
    var name: String
    var operations: [String]
  }

  private let entries: [Entry]

  /// The list of some systems, each by what any of its subjects permits.
  public init(_ systems: [(system: System, exploration: SubjectExploration)]) {
    var seen: Set<String> = []
    entries = systems.filter { seen.insert($0.system.name).inserted }.flatMap {
      system,
      exploration in
      exploration.calls.map {
        Entry(system: system.name, kind: "call", name: $0.name, operations: $0.operations)
      }
        + exploration.states.map {
          Entry(system: system.name, kind: "state", name: $0.name, operations: $0.operations)
        }
    }
  }

  /// The entries alone.
  public func encode(to encoder: any Encoder) throws { try entries.encode(to: encoder) }

  /// The list as a person reads it.
  public var text: String {
    var lines: [String] = []
    var heading = ""
    let width = entries.map(\.name.count).max() ?? 0
    for entry in entries {
      let next = "\(entry.system), \(entry.kind)s:"
      if next != heading { lines.append(next) }
      heading = next
      let padding = String(repeating: " ", count: width - entry.name.count)
      let done =
        entry.operations.isEmpty ? "nothing" : entry.operations.joined(separator: ", then ")
      lines.append("  \(entry.name)\(padding)  \(done)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
