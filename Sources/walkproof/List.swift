import ArgumentParser
import Foundation
import Reports
import Systems

/// Shows what there is.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the systems and their subjects."
  )

  @Option(help: "The system to show; all by default.")
  var system: String?

  @OptionGroup var output: OutputOptions

  private struct Entry: Encodable {
    var system: String
    var subject: String
    var role: String
    var summary: String
  }

  func run() throws {
    let systems = System.all.filter { system == nil || $0.name == system }
    if systems.isEmpty {
      let names = System.all.map(\.name).joined(separator: ", ")
      throw Complaint(.usage, "there is no system '\(system ?? "")'; there are \(names)")
    }
    let sink = try ReportSink(path: output.output)
    if output.format == .json {
      let entries = systems.flatMap { system in
        system.subjects.map {
          Entry(
            system: system.name,
            subject: $0.name,
            role: $0.role.rawValue,
            summary: $0.summary
          )
        }
      }
      return try sink.write(try JSON.text(entries))
    }
    try sink.write(systems.map(text).joined(separator: "\n"))
  }

  private func text(_ system: System) -> String {
    let width = system.subjects.map(\.name.count).max() ?? 0
    var lines = ["\(system.name): \(system.summary)"]
    for subject in system.subjects {
      let padding = String(repeating: " ", count: width - subject.name.count)
      let role = subject.role.rawValue
      lines.append(
        "  \(subject.name)\(padding)  \(role)\(String(repeating: " ", count: 7 - role.count))  "
          + subject.summary
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
