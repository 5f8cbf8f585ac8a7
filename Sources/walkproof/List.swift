import ArgumentParser
import Checking
import Reports
import Systems

/// Shows what there is.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the systems and their subjects, or the rules that they are judged by."
  )

  @Option(help: "The system to show, one of several; all by default.")
  var system: [String] = []

  @Flag(help: "Show the rules: what each demands, where it is from, and which oracle applies it.")
  var rules = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let list = SystemList(try System.selection(system))
    let sink = try ReportSink(path: output.output)
    switch (output.format, rules) {
    case (.json, false): try sink.write(try JSON.text(list.subjects))
    case (.json, true): try sink.write(try JSON.text(list.rules))
    case (_, false): try sink.write(list.subjectText)
    case (_, true): try sink.write(list.ruleText)
    }
  }
}
