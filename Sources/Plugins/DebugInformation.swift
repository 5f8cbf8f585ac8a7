/// The debug information of a shared object, as `addr2line` reads it.
enum DebugInformation {
  /// Where in the source the instructions before these offsets are, as `function, file:line`.
  ///
  /// An empty text where that is not known: offset 0, no debug information, no `addr2line`.
  static func locate(file: String, offsets: [UInt64]) -> [String] {
    let known = Set(offsets).subtracting([0]).sorted()
    guard !known.isEmpty else { return offsets.map { _ in "" } }
    // An offset is that of a return address, so the call is before it.
    let arguments = ["-a", "-i"] + known.map { "0x" + String($0 - 1, radix: 16) }
    let words = ["addr2line", "-f", "-s", "-e", file] + arguments
    guard let text = try? Tool(words, taking: .output, seconds: 10).text else {
      return offsets.map { _ in "" }
    }
    // The address, and two lines each for the functions there, what is inlined before what it is inlined
    // into: the function, and the file with the line. The last is the one that was called.
    let groups = text.split(separator: "\n").split { $0.hasPrefix("0x") }
    guard groups.count == known.count else { return offsets.map { _ in "" } }
    var places: [UInt64: String] = [:]
    for (offset, lines) in zip(known, groups) {
      guard let line = lines.last, let function = lines.dropLast().last else { continue }
      let place = line.prefix { $0 != " " }
      guard !place.hasPrefix("?"), !place.hasSuffix(":?") else { continue }
      places[offset] = "\(function), \(place)"
    }
    return offsets.map { places[$0] ?? "" }
  }
}
