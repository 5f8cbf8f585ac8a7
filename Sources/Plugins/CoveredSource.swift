import Foundation
import Systems

/// A source file whose builds say which of their basic blocks were reached.
///
/// A block says so by a call at its start, so the instructions from there to the next such call are
/// the block's; which lines they are of is in the debug information. Both are read with `objdump`.
struct CoveredSource {
  /// The source file.
  let file: String

  /// The code of one build.
  private struct Code {
    /// The functions and where they start, in order.
    var functions: [(start: UInt64, name: String)] = []
    /// The calls by which blocks say that they were reached, in order, with the offset behind each.
    var calls: [(at: UInt64, behind: UInt64)] = []
    /// The lines of the file, with the instructions that begin them.
    var rows: [(line: Int, at: UInt64)] = []
  }

  /// A line of one function.
  private struct FunctionLine: Hashable {
    let function: String
    let line: Int
  }

  /// Which lines were reached in any of the builds.
  func coverage(of builds: [(path: String, reached: Set<UInt64>)]) -> SourceCoverage {
    var lines: [FunctionLine: Bool] = [:]
    for build in builds {
      let code = code(of: build.path)
      for row in code.rows {
        guard let (function, call) = block(of: row.at, in: code) else { continue }
        // What the compiler adds to set the instrumentation up is no function of the file.
        if function.hasPrefix("_sub_") { continue }
        let line = FunctionLine(function: function, line: row.line)
        lines[line, default: false] =
          lines[line, default: false] || build.reached.contains(call.behind)
      }
    }
    let text = (FileManager.default.contents(atPath: file)).map {
      String(decoding: $0, as: UTF8.self)
    }
    let source = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    let functions = Dictionary(grouping: lines, by: \.key.function).map { name, lines in
      SourceCoverage.Function(
        function: name,
        reached: lines.filter(\.value).count,
        total: lines.count,
        unreached: lines.filter { !$0.value }.map(\.key.line).sorted().map { number in
          let text = source.indices.contains(number - 1) ? source[number - 1] : ""
          return .init(line: number, text: text.trimmingCharacters(in: .whitespaces))
        }
      )
    }
    let starts = Dictionary(grouping: lines.keys, by: \.function).mapValues { lines in
      lines.map(\.line).min() ?? 0
    }
    return SourceCoverage(
      file: URL(fileURLWithPath: file).lastPathComponent,
      functions: functions.sorted {
        (starts[$0.function] ?? 0, $0.function) < (starts[$1.function] ?? 0, $1.function)
      }
    )
  }

  /// The function that an instruction is in, and the call of its block; nil where there is none.
  private func block(of offset: UInt64, in code: Code) -> (String, (at: UInt64, behind: UInt64))? {
    guard let number = code.functions.lastIndex(where: { $0.start <= offset }) else { return nil }
    let function = code.functions[number]
    let end = number + 1 < code.functions.count ? code.functions[number + 1].start : .max
    let calls = code.calls.filter { $0.at >= function.start && $0.at < end }
    // What comes before the first call, on the way in, is of the first block.
    guard let call = calls.last(where: { $0.at <= offset }) ?? calls.first else { return nil }
    return (function.name, call)
  }

  private func code(of path: String) -> Code {
    var code = Code()
    var isAfterCall = false
    for line in output(["-d", "--no-show-raw-insn", "-j", ".text", path]) {
      if line.hasSuffix(">:"), let start = line.split(separator: " ").first {
        let name = line.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" && $0 != "." }
        code.functions.append((UInt64(start, radix: 16) ?? 0, String(name)))
        continue
      }
      guard let colon = line.firstIndex(of: ":"),
        let offset = UInt64(line[..<colon].trimmingCharacters(in: .whitespaces), radix: 16)
      else { continue }
      if isAfterCall { code.calls[code.calls.count - 1].behind = offset }
      isAfterCall = line.contains("<__sanitizer_cov_trace_pc")
      if isAfterCall { code.calls.append((offset, offset)) }
    }
    let name = URL(fileURLWithPath: file).lastPathComponent
    for line in output(["--dwarf=decodedline", path]) {
      let words = line.split(separator: " ")
      guard words.count >= 3, words[0].hasSuffix(name), let number = Int(words[1]),
        words[2].hasPrefix("0x"), let offset = UInt64(words[2].dropFirst(2), radix: 16)
      else { continue }
      code.rows.append((number, offset))
    }
    return code
  }

  private func output(_ arguments: [String]) -> [Substring] {
    let tool = try? Tool(["objdump"] + arguments, taking: .output)
    return tool?.text.split(separator: "\n") ?? []
  }
}
