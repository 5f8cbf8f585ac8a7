import Foundation
import Reports
import Symbolic

/// A folder of questions to the solver, a file each.
struct QuestionFolder: Sendable {
  private let folder: URL

  init(path: String) throws(Complaint) {
    folder = URL(fileURLWithPath: path, isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw Complaint(.world, "\(path): the folder cannot be made; choose another --smt2")
    }
  }

  /// Writes one question; one that cannot be written is complained of, and the proof goes on.
  func write(_ question: SolverQuestion) {
    let name = question.name.replacingOccurrences(of: "/", with: "-")
    let file = folder.appendingPathComponent(name + ".smt2")
    do {
      try Data(question.text.utf8).write(to: file, options: .atomic)
    } catch {
      Terminal.complain("\(file.path): cannot be written; is the disk full?")
    }
  }
}
