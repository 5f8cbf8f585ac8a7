import Checking
import Machines
import Reference
import Walkers

extension System {
  /// Guest-frame caches and their invalidation.
  static let pfnCache = System(
    name: "pfn-cache",
    summary: "a guest-frame-to-host-frame cache against invalidations, slots and the dirty log",
    operations: PfnCacheOperation.names,
    coverage: Coverage(
      "situations",
      labels: PfnSituations.labels,
      required: PfnSituations.required
    ),
    requiredOutcomes: [
      outcome(0, .ok), outcome(0, .again), outcome(1, .ok), outcome(1, .again), outcome(2, .ok),
      outcome(2, .invalid), outcome(2, .fault), outcome(3, .ok), outcome(3, .fault),
      outcome(4, .ok), outcome(5, .ok), outcome(6, .ok), outcome(6, .again), outcome(7, .ok),
      outcome(8, .ok), outcome(9, .ok),
    ],
    rules: PfnCacheModel.allRules,
    subjects: [
      subject(
        "built-in",
        .clean,
        "the optimised cache: found by host address, checked without a lock",
        IndexedPfnCache(index: PfnIndex(bucketBits: 1, chunkBits: 0))
      ),
      // To make so many lists in each of millions of executions would take longer than what they are for.
      checked(
        "chunks",
        .clean,
        "the same, with a list for each page, of 512 in 16 chunks",
        IndexedPfnCache(index: PfnIndex(bucketBits: 5, chunkBits: 4))
      ),
      subject("reference", .clean, "the seed's way, mended", ListedPfnCache()),
      subject("seed", .seed, "the cache as posted, its faults included", PostedPfnCache()),
    ]
      + PfnCacheExhibit.all.map {
        subject($0.name, .variant, $0.summary, ListedPfnCache(faults: [$0.fault]))
      }
      + [
        subject(
          "kick-without-fence",
          .variant,
          "nothing orders that the cache is invalid before the look who is in guest mode",
          UnfencedPfnCache(without: .smpMB)
        ),
        subject(
          "change-without-fence",
          .variant,
          "nothing orders that a cache is being changed before what is changed",
          UnfencedPfnCache(without: .smpWMB)
        ),
        subject(
          "snapshot-without-fence",
          .variant,
          "nothing orders what is read of a cache before the look whether it was changed meanwhile",
          UnfencedPfnCache(without: .smpRMB)
        ),
      ]
  )

  private static func outcome(_ operation: Int, _ result: Errno) -> Outcome {
    Outcome(operation: operation, name: PfnCacheOperation.names[operation], result: result)
  }

  private static func subject<Walker: PfnCacheWalker>(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ walker: Walker
  ) -> Subject {
    checked(name, role, summary, walker).explored(PfnCacheExploration<Walker>.self, walker)
  }

  private static func checked<Walker: PfnCacheWalker>(
    _ name: String,
    _ role: Subject.Role,
    _ summary: String,
    _ walker: Walker
  ) -> Subject {
    Subject(
      name,
      role,
      summary,
      checkedIn: PfnCacheSession<Walker>.self,
      walker,
      limits: NoLimits()
    )
  }
}
