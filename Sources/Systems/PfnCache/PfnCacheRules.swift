import Checking
public import Machines
import Oracles
public import Reference

extension Rule {
  /// A promise of guest-frame caches, as a rule.
  public init(_ promise: PfnCachePromise) {
    self.init(promise.rawValue, promise.statement, oracle: PfnCacheRules.model)
  }
}

extension Finding {
  /// A promise that was not kept.
  init(_ breach: PfnCacheBreach) {
    self.init(Rule(breach.promise), breach.message, cause: breach.cause)
  }
}

/// The rules that are applied to guest-frame caches.
public enum PfnCacheRules {
  /// What applies the promises.
  static let model = "PfnCacheModel"
  /// Those of the model, then those of all threads.
  public static let all = PfnCachePromise.allCases.map { Rule($0) } + ThreadJudges.rules
}
