/// What the shrinker shrinks: a way of telling whether edited choices fail still.
public protocol ShrinkTarget {
  /// Runs the case, and says whether it fails for the same reason.
  mutating func stillFails(_ choices: inout Choices) -> Bool

  /// Further edits worth trying.
  func suggestions(for recording: Recording) -> [[UInt64]]

  /// Whether to stop here, with the simplest case so far.
  var isCancelled: Bool { get }
}

extension ShrinkTarget {
  /// None.
  public func suggestions(for recording: Recording) -> [[UInt64]] { [] }

  /// Never.
  public var isCancelled: Bool { false }
}

/// Finds the simplest case that fails for the same reason as a given one.
///
/// It edits the choice sequence, never the case: whatever it tries, the generator could have made.
/// Of two cases the simpler is the one that *consumed* fewer choices, those included that it is
/// charged beside (`Choices.surcharge`), and of equally many the one whose values come first in the
/// dictionary. Each accepted edit makes the case simpler, so the search ends; it ends at a case that
/// no single pass can improve, which is a local minimum and not always the simplest of all. Each edit
/// runs once at most, however often it is proposed.
///
/// The search is deterministic: its budget counts runs of the case, not seconds.
public struct Shrinker: Sendable {
  /// How many runs may be spent.
  public var budget: Int
  /// How many choices a run may record.
  public var choiceLimit: Int

  /// Sets the budget.
  public init(budget: Int = 20_000, choiceLimit: Int = Choices.defaultLimit) {
    self.budget = budget
    self.choiceLimit = choiceLimit
  }

  /// Shrinks a failing case.
  public func shrink<Target: ShrinkTarget>(
    _ values: [UInt64],
    target: inout Target
  ) -> ShrinkResult {
    var search = ShrinkSearch(values, target: target, shrinker: self)
    defer { target = search.target }
    guard search.reproduces() else {
      return ShrinkResult(values: values, runs: search.runs, ending: .notReproduced)
    }
    let ending = search.reachFixpoint()
    return ShrinkResult(
      values: search.current.values,
      surcharge: search.current.surcharge,
      runs: search.runs,
      ending: ending
    )
  }

  /// Shrinks a failing case, judged by a closure.
  public func shrink(
    _ values: [UInt64],
    stillFails: (inout Choices) -> Bool
  ) -> ShrinkResult {
    withoutActuallyEscaping(stillFails) { stillFails in
      var target = ClosureTarget(predicate: stillFails)
      return shrink(values, target: &target)
    }
  }
}

/// What a search ended with.
public struct ShrinkResult: Equatable, Sendable {
  /// The values of the simplest case found.
  public let values: [UInt64]
  /// How many choices it is taken to have beside these.
  public var surcharge = 0
  /// How many runs were spent.
  public let runs: Int
  /// Why the search ended.
  public let ending: ShrinkEnding
}

extension ShrinkResult {
  /// Whether its case is simpler than another's.
  func isSimpler(than other: ShrinkResult) -> Bool {
    values.isSimpler(than: other.values, surcharge: surcharge, otherSurcharge: other.surcharge)
  }
}

/// Why a search for a simpler case ended.
public enum ShrinkEnding: String, Equatable, Sendable {
  /// No pass finds anything simpler.
  case minimal
  /// The budget is spent.
  case outOfBudget
  /// The target asked for it.
  case cancelled
  /// The case given did not fail at all.
  case notReproduced
}

private struct ClosureTarget: ShrinkTarget {
  let predicate: (inout Choices) -> Bool

  func stillFails(_ choices: inout Choices) -> Bool { predicate(&choices) }
}
