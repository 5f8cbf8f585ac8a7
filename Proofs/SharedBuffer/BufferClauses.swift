import Symbolic

extension Clause {
  /// What is shown of shared buffers.
  static let sharedBuffer: [Clause] = [
    reachesLive, countsReferences, losesNoRecord, callsLocked, balancesPins, undoesBufferMapping,
    losesNoBufferMapping, keepsMapping, linksAttachments, linksBuffers, mapsInside, keepsArea,
    findsEnds, takesFlags, balancesAccess, checksExport, publishesWhole, keepsPending,
    countsAdditions, makesRoom, knowsSignalled, waitsForAll, reportsReady, wakesLater,
    countsKernel, fencesAlike, tellsExporters, failsForReason, looksBehind,
  ]

  static let reachesLive = Clause(
    "live-for-others",
    .memory,
    "reaches no object but by a handle or a lock that keeps others from freeing it"
  )
  static let countsReferences = Clause(
    "references",
    .counts,
    "gives back or hands on each reference that it took, once, and no other"
  )
  static let losesNoRecord = Clause(
    "loses-nothing",
    .counts,
    "leaves nothing behind that it made where it fails, and frees nothing else"
  )
  static let callsLocked = Clause(
    "exporter-locked",
    .memory,
    "calls exporters with the reservation's lock where they are promised it, and without elsewhere"
  )
  static let balancesPins = Clause(
    "pins",
    .counts,
    "keeps a buffer where it is once for a mapping that is kept, and not where there is none"
  )
  static let undoesBufferMapping = Clause(
    "unmaps-once",
    .counts,
    "has the exporter undo only what it mapped, once"
  )
  static let losesNoBufferMapping = Clause(
    "loses-no-mapping",
    .counts,
    "leaves mapped what the attachment keeps or the caller was given, once, and nothing else"
  )
  static let keepsMapping = Clause(
    "kept-for-good",
    .refinement,
    "changes no mapping that an attachment keeps while it lasts"
  )
  static let linksAttachments = Clause(
    "attachments",
    .memory,
    "leaves the attachments of a buffer a list of those that are attached"
  )
  static let linksBuffers = Clause(
    "buffer-list",
    .memory,
    "leaves the list of all buffers a list of those that were exported and have a file"
  )
  static let mapsInside = Clause(
    "area-inside",
    .alignment,
    "has pages mapped exactly where all are the buffer's, their numbers taken as integers without"
      + " limit"
  )
  static let keepsArea = Clause(
    "area-kept",
    .refinement,
    "leaves an area that it could not map with its file and its offset, and gives it the buffer's"
      + " otherwise"
  )
  static let findsEnds = Clause(
    "seek",
    .alignment,
    "finds the beginning and the end of a buffer, and nothing from any other offset"
  )
  static let takesFlags = Clause(
    "flags",
    .alignment,
    "takes exactly the flags that there are, and the direction and the end that they mean"
  )
  static let balancesAccess = Clause(
    "access",
    .counts,
    "leaves an access begun with the exporter only where it returns that it began, and ends it once"
  )
  static let countsKernel = Clause(
    "kernel-count",
    .counts,
    "has the exporter map for the kernel for the first who asks, undo that for the last, and counts them"
  )
  static let tellsExporters = Clause(
    "exporter-told",
    .memory,
    "calls the buffer's own exporter, about the attachment or the area that the call is about"
  )
  static let failsForReason = Clause(
    "fails-for-reason",
    .refinement,
    "fails only where its arguments, an exporter, a signal or a shortage demand it"
  )
  static let looksBehind = Clause(
    "looks-behind",
    .refinement,
    "looks for the kernel's own work after it had the exporter map for who cannot deal with moves"
  )
  static let fencesAlike = Clause(
    "fences-alike",
    .memory,
    "goes from each fence of a list to the next with the locks and references that it had, and the list as it"
      + " was"
  )
  static let checksExport = Clause(
    "export-checked",
    .refinement,
    "refuses an exporter exactly where it lacks a call or names two that do not go together"
  )
  static let publishesWhole = Clause(
    "published-whole",
    .refinement,
    "lets a buffer be found only with all that it has, when nothing can fail any more"
  )
  static let keepsPending = Clause(
    "keeps-pending",
    .refinement,
    "takes no pending fence out of a reservation but for a later one of its line that is used for"
      + " no less"
  )
  static let countsAdditions = Clause(
    "counts-added",
    .refinement,
    "says of every fence that it adds that it was added, with its usage"
  )
  static let makesRoom = Clause(
    "makes-room",
    .refinement,
    "has room for one more fence, or leaves the fences as they were and says that it has none"
  )
  static let knowsSignalled = Clause(
    "known-signalled",
    .refinement,
    "says that all fences up to a usage are signalled only when they are"
  )
  static let waitsForAll = Clause(
    "waits-for-all",
    .refinement,
    "returns only when every fence up to its usage is signalled that was there before"
  )
  static let reportsReady = Clause(
    "ready",
    .refinement,
    "says ready only when every fence that the direction waits for is signalled that was there before"
  )
  static let wakesLater = Clause(
    "not-ready",
    .refinement,
    "says not ready only where a callback is taken that will wake who asked"
  )
}
