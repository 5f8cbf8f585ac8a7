import Foundation
import Property
import Reports
import Testing

/// The files of a corpus.
@Suite struct CorpusFileTests {
  private func entry(_ fingerprint: String, _ choices: [UInt64]) -> CorpusEntry {
    CorpusEntry(
      system: "toy",
      subject: "x",
      seed: 1,
      caseIndex: 0,
      choices: choices,
      fingerprint: fingerprint
    )
  }

  @Test func `two findings never share a file, and one finding has one`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("walkproof-corpus-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let corpus = Corpus(path: folder.path)
    let long = String(repeating: "a", count: 200)
    // Alike in every letter that a file's name has of them.
    let fingerprints = ["a/b", "a b", long + "1", long + "2"]
    for fingerprint in fingerprints { try corpus.add(entry(fingerprint, [1, 2, 3])) }
    for fingerprint in fingerprints { try corpus.add(entry(fingerprint, [1])) }
    let entries = try corpus.entries()
    #expect(Set(entries.map(\.fingerprint)) == Set(fingerprints))
    #expect(entries.count == fingerprints.count)
    #expect(entries.allSatisfy { $0.choices == [1] }, "the shrunk one is in the place of the first")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.allSatisfy { $0.hasSuffix(".json") }, "nothing is left beside them: \(names)")
  }
}
