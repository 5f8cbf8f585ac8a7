import Machines
import Reference

/// A call of a case on a shared stage 2.
public struct Stage2ThreadsOperation: Sendable, Hashable {
  /// What is done.
  public enum Kind: Sendable, Hashable {
    /// A fault maps one leaf.
    case map(page: Int, pageCount: Int, output: UInt64, protection: UInt64)
    /// A fault adds permissions.
    case relax(page: Int, protection: UInt64)
    /// A fault sets the access flag.
    case makeYoung(page: Int)
    /// The host ages a page.
    case age(page: Int)
    /// The host asks for a page's age, without a lock.
    case isYoung(page: Int)
    /// The host unmaps pages.
    case unmap(pages: Range<Int>)
    /// The host takes write permission from pages, and invalidates everything.
    case writeProtect(pages: Range<Int>)
    /// Waits until all threads have come to the end of what they were given.
    case join
  }

  /// Who does it beside all others that were given something; nil where it is done alone.
  public var thread: Int?
  /// What is done.
  public var kind: Kind

  /// Something that a thread does; nil for what is done alone.
  public init(thread: Int?, kind: Kind) {
    self.thread = thread
    self.kind = kind
  }

  /// Its name, and the number that it is counted by.
  public static let names = [
    "map", "relax", "makeYoung", "age", "isYoung", "unmap", "writeProtect", "join",
  ]

  /// The number of its kind.
  public var number: Int {
    switch kind {
    case .map: 0
    case .relax: 1
    case .makeYoung: 2
    case .age: 3
    case .isYoung: 4
    case .unmap: 5
    case .writeProtect: 6
    case .join: 7
    }
  }

  /// What the model is told was asked for; nil for what is no call.
  var request: SharedStage2Model.Request? {
    switch kind {
    case .map(let page, let pageCount, let output, let protection):
      .map(page: page, pageCount: pageCount, output: output, protection: protection)
    case .relax(let page, let protection): .relax(page: page, protection: protection)
    case .makeYoung(let page): .makeYoung(page: page)
    case .age(let page): .age(page: page, clears: true)
    case .isYoung(let page): .age(page: page, clears: false)
    case .unmap(let pages): .unmap(pages: pages)
    case .writeProtect(let pages): .writeProtect(pages: pages)
    case .join: nil
    }
  }

  /// What events call it.
  var site: Site {
    switch kind {
    case .map: Site("map")
    case .relax: Site("relax")
    case .makeYoung: Site("makeYoung")
    case .age: Site("age")
    case .isYoung: Site("isYoung")
    case .unmap: Site("unmap")
    case .writeProtect: Site("writeProtect")
    case .join: Site("join")
    }
  }
}

extension Stage2ThreadsOperation: CustomStringConvertible {
  /// The call as a person writes it, behind whose it is.
  public var description: String {
    let call = "\(Self.names[number])(\(arguments))"
    return thread.map { "thread \($0): \(call)" } ?? call
  }

  private var arguments: String {
    switch kind {
    case .map(let page, let pageCount, let output, let protection):
      "\(Self.text(page..<page + pageCount)), to 0x\(String(output, radix: 16)),"
        + " \(Self.text(protection))"
    case .relax(let page, let protection): "page \(page), \(Self.text(protection))"
    case .makeYoung(let page), .age(let page), .isYoung(let page): "page \(page)"
    case .unmap(let pages), .writeProtect(let pages): Self.text(pages)
    case .join: ""
    }
  }

  private static func text(_ pages: Range<Int>) -> String {
    pages.count == 1 ? "page \(pages.lowerBound)" : "pages \(pages)"
  }

  private static func text(_ protection: UInt64) -> String {
    let letters = [
      (Protection.read, "R"), (Protection.write, "W"), (Protection.execute, "X"),
    ]
    return letters.filter { protection & $0.0 != 0 }.map(\.1).joined()
  }
}

extension Stage2ThreadsOperation: ThreadedOperation {
  var isJoin: Bool { kind == .join }
}
