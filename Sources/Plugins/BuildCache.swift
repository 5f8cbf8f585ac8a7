import Foundation

/// A build that is kept: a library, and beside it the digest that it had when it was made.
///
/// Against damage, a build that was cut short and a file that came from elsewhere; not against malice.
struct BuildCache {
  /// The build's folder.
  let folder: URL
  /// The library's name.
  let library: String

  private var digestFile: URL { folder.appendingPathComponent("\(library).digest") }

  /// The digest of the library as it is; nil where there is none.
  private var found: String? {
    (try? Data(contentsOf: folder.appendingPathComponent(library))).map { data in
      data.withUnsafeBytes { BuildCache.text(BuildCache.hash($0)) } + "\n"
    }
  }

  /// Whether the library is there, and is the one that was built.
  var isWhole: Bool {
    guard let found, let written = try? Data(contentsOf: digestFile) else { return false }
    return written == Data(found.utf8)
  }

  /// Writes the library's digest down.
  func seal() {
    if let found { try? Data(found.utf8).write(to: digestFile) }
  }

  /// A name for inputs by their contents.
  static func digest(of inputs: [String]) -> String {
    var hash = start
    for input in inputs {
      var input = input
      hash = input.withUTF8 { BuildCache.hash(UnsafeRawBufferPointer($0), from: hash) }
      // What one input ends with is not what the next begins with.
      hash = (hash ^ 0xff) &* prime
    }
    return text(hash)
  }

  /// Which of the programs of a name it is: where it is found, its size and when it was made.
  static func identity(ofProgram name: String) -> String {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let paths = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
    guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      return ""
    }
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let about = try? FileManager.default.attributesOfItem(atPath: file)
    let date = about?[.modificationDate] as? Date
    return "\(file) \(about?[.size] ?? "") \(date?.timeIntervalSince1970 ?? 0)"
  }

  // FNV-1a, 64 bits.
  private static let start: UInt64 = 0xcbf2_9ce4_8422_2325
  private static let prime: UInt64 = 0x100_0000_01b3

  private static func hash(_ bytes: UnsafeRawBufferPointer, from start: UInt64 = start) -> UInt64 {
    bytes.reduce(start) { ($0 ^ UInt64($1)) &* prime }
  }

  private static func text(_ hash: UInt64) -> String { String(hash, radix: 16) }
}
