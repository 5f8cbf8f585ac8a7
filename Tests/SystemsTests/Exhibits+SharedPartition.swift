import Property

/// Those of partition-scoped tables that threads share; where they do something at once, that is a call too.
let partitionExhibits: [Exhibit] = [
  partition("retry-unchecked", ["wrong-translation"], 3, 1),
  partition("retry-outside-lock", ["given-up-page-mapped"], 3, 2),
  partition("count-taken-late", ["wrong-translation"], 3, 1),
  partition("memslot-flush-vs-fault", ["wrong-translation"], 3, 1),
  partition("flush-invalidates-late", ["given-up-page-mapped"], 4, 1),
  partition("update-not-atomic", ["change-lost"], 5, 1, seed: 9),
  partition("harvest-clears-unseen", ["change-lost"], 5, 1, seed: 3),
  partition("harvest-without-invalidation", ["stale-change"], 2),
  partition("waiting-dirty-forgotten", ["change-lost"], 3),
  partition("dirty-size-units", ["change-lost"], 2),
  partition("set-rc-without-lock", ["changed-outside-lock"], 3),
  partition("rc-mismatch-clears-pte", ["needless-break"], 2),
  partition("table-freed-with-live-ptes", ["data-race"], 4),
  partition("large-ptes-never-upgraded", ["no-progress"], 2),
  partition("host-pte-vanishes", ["unexpected-warning"], 3, 1),
  partition("tlbie-incomplete", ["stale-change"], 2),
  partition("tlbie-unordered", ["stale-change"], 2),
]

private func partition(
  _ subject: String,
  _ rules: Set<String>,
  _ calls: Int,
  _ preemptions: Int = 0,
  seed: Seed = 1
) -> Exhibit {
  Exhibit("power-radix-threads", subject, rules, calls, seed: seed, preemptions: preemptions)
}
