import Property

/// Those of shared buffers; where threads do something at once, that is a call too.
let bufferExhibits: [Exhibit] = [
  buffer("poll-wrong-fence-set", ["poll-too-early"], 2),
  buffer("release-frees-before-dentry", ["record-used-after-free"], 2),
  buffer("null-fsdata-on-failed-export", ["no-such-record"], 1),
  buffer("export-publishes-before-init", ["buffer-released-twice"], 1),
  buffer("name-lock", ["data-race"], 3, seed: 5),
  buffer("name-lock-sleeps", ["sleep-not-permitted"], 1),
  buffer("mmap-failure-leaves-vma-rewritten", ["area-changed"], 2),
  buffer("vunmap-checks-outside-lock", ["data-race"], 3, 1),
  buffer("cached-sgt-double-map", ["data-race"], 3),
  buffer("import-fence-container-nested", ["container-added"], 4),
  buffer("mmap-internal-offset-wraps", ["area-beyond-buffer"], 1),
  buffer("move-unannounced", ["move-unannounced"], 2),
  buffer("static-map-unpinned", ["move-unannounced"], 1),
  buffer("failed-map-leaves-pin", ["pin-left"], 1, seed: 4),
  buffer("static-map-passes-kernel-fences", ["wait-too-short"], 2, seed: 5),
  buffer("access-passes-readers", ["access-before-fence"], 2),
  buffer("failed-access-left-open", ["processor-access-left-open"], 3, seed: 7),
  buffer("poll-keeps-no-file", ["no-such-record"], 1, seed: 27),
  buffer("poll-leaves-busy", ["unexpected-warning"], 1),
  buffer("failed-sync-file-keeps-descriptor", ["object-left"], 2),
  buffer("sync-file-of-writers-only", ["sync-file-incomplete"], 2),
  buffer("detach-keeps-mapping", ["device-mapping-left"], 1),
  buffer("frees-exporters-reservation", ["record-used-after-free", "record-freed-twice"], 1),
  buffer("peers-forgotten", ["importer-misstated"], 1),
]

private func buffer(
  _ subject: String,
  _ rules: Set<String>,
  _ calls: Int,
  _ preemptions: Int = 0,
  seed: Seed = 1
) -> Exhibit {
  Exhibit("shared-buffer", subject, rules, calls, seed: seed, preemptions: preemptions)
}
