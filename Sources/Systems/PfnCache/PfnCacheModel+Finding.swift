import Checking
import Machines
import Oracles
import Reference

extension Finding {
  /// What the model of guest-frame caches saw.
  init(_ breach: PfnCacheBreach) {
    self.init(breach.rule, breach.message, cause: breach.cause)
  }
}

extension PfnCacheModel {
  /// What is applied to guest-frame caches: the model's own rules, then those of all threads.
  static let allRules = rules + ThreadJudges.rules
}
