public import Walkers

/// What history got wrong about shared buffers, and what else could be: each is the reference with one
/// fault.
public struct BufferExhibit: Sendable {
  /// The name.
  public let name: String
  /// What is wrong, in a sentence.
  public let summary: String
  /// The fault.
  public let fault: BufferFault

  /// All of them: those of history first.
  public static let all: [BufferExhibit] = [
    BufferExhibit(
      "poll-wrong-fence-set",
      "who polls to write is told of the fences of writers alone",
      .pollsForWriters
    ),
    BufferExhibit(
      "release-frees-before-dentry",
      "a buffer is freed with its file, while its directory entry is there",
      .freedWithFile
    ),
    BufferExhibit(
      "null-fsdata-on-failed-export",
      "the directory entry of an export that failed is taken for a buffer's",
      .releasesNothing
    ),
    BufferExhibit(
      "export-publishes-before-init",
      "a buffer can be found before the last step that may fail",
      .foundTooEarly
    ),
    BufferExhibit(
      "name-lock",
      "a name is read without a lock while another takes its place",
      .nameUnlocked
    ),
    BufferExhibit(
      "name-lock-sleeps",
      "a name is protected by a lock that sleeps",
      .nameSleeps
    ),
    BufferExhibit(
      "mmap-failure-leaves-vma-rewritten",
      "an area that could not be mapped keeps the buffer's file",
      .areaKept
    ),
    BufferExhibit(
      "vunmap-checks-outside-lock",
      "the count of mappings for the kernel is checked without its lock",
      .kernelUnlocked
    ),
    BufferExhibit(
      "cached-sgt-double-map",
      "two map at once, and the exporter keeps one of the mappings",
      .mapsUnlocked
    ),
    BufferExhibit(
      "import-fence-container-nested",
      "an array is added to a reservation in place of its fences",
      .importsContainer
    ),
    BufferExhibit(
      "mmap-internal-offset-wraps",
      "the end of an area is a sum that wraps",
      .offsetWraps
    ),
    BufferExhibit(
      "move-unannounced",
      "importers are not told that a buffer moves",
      .movesSilently
    ),
    BufferExhibit(
      "static-map-unpinned",
      "a buffer moves away under an importer that cannot deal with it",
      .mapsUnpinned
    ),
    BufferExhibit(
      "failed-map-leaves-pin",
      "a mapping that cannot be made leaves its buffer pinned",
      .failureLeavesPinned
    ),
    BufferExhibit(
      "static-map-passes-kernel-fences",
      "a mapping is used before the kernel's own work on the buffer is done",
      .skipsKernelFences
    ),
    BufferExhibit(
      "access-passes-readers",
      "a processor writes what devices read",
      .accessPassesReaders
    ),
    BufferExhibit(
      "failed-access-left-open",
      "an access that could not begin is not ended with the exporter",
      .accessLeftOpen
    ),
    BufferExhibit(
      "poll-keeps-no-file",
      "a callback of who polls outlives the buffer",
      .pollKeepsNoFile
    ),
    BufferExhibit(
      "poll-leaves-busy",
      "a poll that finds nothing pending leaves its callback taken",
      .pollLeavesBusy
    ),
    BufferExhibit(
      "failed-sync-file-keeps-descriptor",
      "a sync file that could not be told of keeps its descriptor",
      .descriptorLeft
    ),
    BufferExhibit(
      "sync-file-of-writers-only",
      "a sync file for a writer does not wait for readers",
      .exportsWritersOnly
    ),
    BufferExhibit(
      "detach-keeps-mapping",
      "a buffer is detached from, and its mapping stays",
      .detachKeepsMapping
    ),
    BufferExhibit(
      "frees-exporters-reservation",
      "a reservation that is the exporter's goes with the buffer",
      .freesExportersReservation
    ),
    BufferExhibit(
      "peers-forgotten",
      "a device that does not reach the memory of others is given it",
      .forgetsPeers
    ),
  ]

  private init(_ name: String, _ summary: String, _ fault: BufferFault) {
    self.name = name
    self.summary = summary
    self.fault = fault
  }
}
