public import Machines

extension SharedStage2Model {
  /// Calls were made at once, or one alone, and this is mapped now: looks for an order that explains it.
  public mutating func performed(_ calls: [Call], leaving left: [Leaf?]) {
    defer { pages = left }
    if explains(calls, leaving: left, forgives: false) { return }
    if explains(calls, leaving: left, forgives: true) {
      let call = calls.first { $0.result == .again || $0.result == .notFound }
      breaches.append(
        SharedStage2Breach(
          rule: .needlessAgain,
          message: "\(call.map(text) ?? "a call") gives up, and no other was there to meet",
          cause: call.map { "/\($0.request.name)" } ?? ""
        )
      )
      return
    }
    // Whether it is what calls returned that nothing explains, or what they left.
    let isOnlyLeft = explains(calls, leaving: nil, forgives: false)
    let what = isOnlyLeft ? "what they left mapped" : "what they returned"
    breaches.append(
      SharedStage2Breach(
        rule: .noOrder,
        message: "no order of \(calls.map(text).joined(separator: ", ")) explains \(what)",
        cause: isOnlyLeft ? "/left" : "/returned"
      )
    )
  }

  private func text(_ call: Call) -> String {
    "\(call.request.name) = \(call.result) of thread \(call.thread)"
  }

  /// Whether some order explains calls and what is mapped in the end, `left`, nil for anything; where it
  /// `forgives`, anybody may give up at any time.
  private func explains(_ calls: [Call], leaving left: [Leaf?]?, forgives: Bool) -> Bool {
    var search = OrderSearch(model: self, calls: calls, left: left, forgives: forgives)
    return search.isPossible(pages, done: 0)
  }
}

extension SharedStage2Model.Request {
  /// The call's name.
  public var name: String {
    switch self {
    case .map: "map"
    case .relax: "relax"
    case .makeYoung: "makeYoung"
    case .age: "age"
    case .unmap: "unmap"
    case .writeProtect: "writeProtect"
    }
  }

  /// The pages that it is about.
  var pages: Range<Int> {
    switch self {
    case .map(let page, let count, _, _): page..<page + count
    case .relax(let page, _), .makeYoung(let page), .age(let page, _): page..<page + 1
    case .unmap(let pages), .writeProtect(let pages): pages
    }
  }

  /// Whether who meets it at an entry may have to give up.
  var isChange: Bool {
    if case .age(_, let clears) = self { return clears }
    return true
  }
}

/// The search for an order: depth first, each state once.
private struct OrderSearch {
  typealias Leaf = SharedStage2Model.Leaf
  typealias Call = SharedStage2Model.Call

  let model: SharedStage2Model
  let calls: [Call]
  let left: [Leaf?]?
  let forgives: Bool
  private struct State: Hashable {
    var pages: [Leaf?]
    var done: UInt64
  }
  private var seen: Set<State> = []

  init(model: SharedStage2Model, calls: [Call], left: [Leaf?]?, forgives: Bool) {
    self.model = model
    self.calls = calls
    self.left = left
    self.forgives = forgives
  }

  /// Whether what is left can come of these pages with these calls done.
  mutating func isPossible(_ pages: [Leaf?], done: UInt64) -> Bool {
    if done == (1 << UInt64(calls.count)) - 1 { return left == nil || pages == left }
    guard seen.insert(State(pages: pages, done: done)).inserted else { return false }
    for (index, call) in calls.enumerated() where mayBegin(index, done) {
      if let after = completed(call, index, pages),
        isPossible(after, done: done | 1 << UInt64(index))
      {
        return true
      }
      for after in broken(call, pages) where isPossible(after, done: done) { return true }
    }
    return false
  }

  /// Whether a call is not done, and all are that come before it.
  private func mayBegin(_ index: Int, _ done: UInt64) -> Bool {
    guard done >> UInt64(index) & 1 == 0 else { return false }
    return calls.indices.allSatisfy {
      done >> UInt64($0) & 1 != 0 || $0 == index || !comes(calls[$0], before: calls[index])
    }
  }

  /// Whether a call returned before another began, and that one has to see it.
  private func comes(_ call: Call, before other: Call) -> Bool {
    call.ended < other.began && (!model.isMemoryWeak || call.thread == other.thread)
  }

  /// Whether a call met another that changes something at the same root entry.
  private func hasMet(_ index: Int) -> Bool {
    if forgives { return true }
    let (call, span) = (calls[index], model.pagesPerRootEntry)
    return calls.indices.contains {
      let other = calls[$0]
      return $0 != index && other.request.isChange
        && !comes(other, before: call) && !comes(call, before: other)
        && other.request.pages.lowerBound / span <= (call.request.pages.upperBound - 1) / span
        && call.request.pages.lowerBound / span <= (other.request.pages.upperBound - 1) / span
    }
  }

  /// What is mapped after a call's last step; nil where it cannot make it here with its result.
  private func completed(_ call: Call, _ index: Int, _ pages: [Leaf?]) -> [Leaf?]? {
    var after = pages
    let leaf = pages[call.request.pages.lowerBound]
    switch call.request {
    case .map(let page, let count, let output, let protection):
      let new = Leaf(firstPage: page, pageCount: count, output: output, protection: protection)
      switch call.result {
      case .ok:
        guard pages[call.request.pages].allSatisfy({ $0 == nil }) else { return nil }
        for page in call.request.pages { after[page] = new }
      case .again:
        guard leaf?.isSame(exceptPermissionsOf: new) == true || hasMet(index) else { return nil }
      case .noMemory: guard call.wasRefused else { return nil }
      default: return nil
      }
    case .relax(_, let protection):
      switch call.result {
      case .ok:
        guard var leaf else { return nil }
        if protection & Protection.read != 0 { leaf.canRead = true }
        if protection & Protection.write != 0 { leaf.canWrite = true }
        if protection & Protection.execute != 0 { leaf.canExecute = true }
        OrderSearch.put(leaf, &after)
      case .again: guard leaf == nil || hasMet(index) else { return nil }
      default: return nil
      }
    case .makeYoung:
      guard call.result == .ok else { return leaf == nil || hasMet(index) ? pages : nil }
      guard var leaf else { return nil }
      leaf.isYoung = true
      OrderSearch.put(leaf, &after)
    case .age(_, let clears):
      guard call.result == .ok else { return leaf?.isYoung == true ? nil : pages }
      guard var leaf, leaf.isYoung else { return nil }
      leaf.isYoung = !clears
      OrderSearch.put(leaf, &after)
    case .unmap(let range):
      guard call.result == .ok, pages[range].allSatisfy({ $0 == nil }) else { return nil }
    case .writeProtect(let range):
      guard call.result == .ok else { return nil }
      for page in range {
        guard var leaf = after[page] else { continue }
        leaf.canWrite = false
        OrderSearch.put(leaf, &after)
      }
    }
    return after
  }

  /// What is mapped after a call took something away, on its way.
  private func broken(_ call: Call, _ pages: [Leaf?]) -> [[Leaf?]] {
    var leaves: [Leaf] = []
    for case let leaf? in pages[call.request.pages] where leaves.last != leaf {
      leaves.append(leaf)
    }
    guard let first = leaves.first else { return [] }
    switch call.request {
    case .map(let page, let count, let output, let protection):
      let new = Leaf(firstPage: page, pageCount: count, output: output, protection: protection)
      // Who was told to come again, or found no memory, may have broken a block into pages.
      guard call.result == .ok || first.pageCount > count, !first.isSame(exceptPermissionsOf: new)
      else { return [] }
      return [OrderSearch.removing(leaves, pages)]
    case .unmap: return leaves.map { OrderSearch.removing([$0], pages) }
    case .relax, .makeYoung, .age, .writeProtect: return []
    }
  }

  private static func put(_ leaf: Leaf, _ pages: inout [Leaf?]) {
    for page in leaf.firstPage..<leaf.firstPage + leaf.pageCount { pages[page] = leaf }
  }

  private static func removing(_ leaves: [Leaf], _ pages: [Leaf?]) -> [Leaf?] {
    var pages = pages
    for leaf in leaves {
      for page in leaf.firstPage..<leaf.firstPage + leaf.pageCount { pages[page] = nil }
    }
    return pages
  }
}

extension Rule {
  /// Calls that overlap come in some order.
  public static let noOrder = Rule(
    "no-order",
    "what calls return that overlap in time, and what they leave mapped, is what they would one"
      + " after the other in some order",
    oracle: "SharedStage2Model"
  )

  /// Nobody is told to come again for nothing.
  public static let needlessAgain = Rule(
    "needless-again",
    "a fault is told to come again only where what it wants is there, where nothing is mapped that it"
      + " could change, or where it met another call at the same entry",
    oracle: "SharedStage2Model"
  )
}

extension SharedStage2Model {
  /// The rules that are judged here.
  public static let rules: [Rule] = [.noOrder, .needlessAgain]
}
