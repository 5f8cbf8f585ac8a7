public import Machines

// What exporters, importers and users of shared buffers may rely on, whatever the schedule.

extension Rule {
  /// Nobody accesses a buffer before the fences that they have to wait for.
  public static let accessBeforeFence = Rule(
    "access-before-fence",
    "no device or processor accesses a buffer before the fences are signalled that"
      + " it has to wait for",
    oracle: "SharedBufferModel"
  )

  /// Who accesses a buffer does so where it is.
  public static let foreignPage = Rule(
    "access-to-foreign-page",
    "an access touches pages that the buffer has at that moment",
    oracle: "SharedBufferModel"
  )

  /// Poll says ready when all is signalled.
  public static let pollTooEarly = Rule(
    "poll-too-early",
    "poll says ready only if every fence of that direction is signalled that was"
      + " added before, and says so of what it was asked for alone",
    oracle: "SharedBufferModel"
  )

  /// Poll says not ready when something is pending.
  public static let pollTooLate = Rule(
    "poll-too-late",
    "poll says that a buffer is not ready only if a fence of that direction is pending",
    oracle: "SharedBufferModel"
  )

  /// A wait is over when all is signalled.
  public static let waitTooShort = Rule(
    "wait-too-short",
    "a wait is over only when every fence up to its usage is signalled that was"
      + " added before",
    oracle: "SharedBufferModel"
  )

  /// A call fails for a reason.
  public static let failedWithoutReason = Rule(
    "failed-without-reason",
    "a call fails only if its arguments, a signal, the time or the host give reason to",
    oracle: "SharedBufferModel"
  )

  /// A callback runs once, after its fence was signalled.
  public static let callbackAmiss = Rule(
    "callback-amiss",
    "a callback runs once, when its fence was signalled, and not once it was taken away",
    oracle: "SharedBufferModel"
  )

  /// Every callback has run when a fence is signalled.
  public static let callbackForgotten = Rule(
    "callback-forgotten",
    "every callback of a fence has run when the call returns that signals it",
    oracle: "SharedBufferModel"
  )

  /// Reservations hold no containers.
  public static let containerAdded = Rule(
    "container-added",
    "a reservation holds no array and no chain, whose fences it has instead",
    oracle: "SharedBufferModel"
  )

  /// A reservation loses no fence that is pending.
  public static let fenceLost = Rule(
    "fence-lost",
    "a reservation whose lock is held has every pending fence that was added to it, or a later"
      + " one of its line, for no lesser a use",
    oracle: "SharedBufferModel"
  )

  /// A sync file waits for all that a device would.
  public static let syncFileIncomplete = Rule(
    "sync-file-incomplete",
    "an exported sync file waits for every fence that a device would wait for",
    oracle: "SharedBufferModel"
  )

  /// A sync file waits for nothing else.
  public static let syncFileExcess = Rule(
    "sync-file-excess",
    "an exported sync file waits for no fence that a device would not wait for",
    oracle: "SharedBufferModel"
  )

  /// A sync file tells what became of what it waits for.
  public static let syncFileStatus = Rule(
    "sync-file-status",
    "a sync file is signalled when all that it waits for is, and tells the error of one of them",
    oracle: "SharedBufferModel"
  )

  /// A timeline's points are signalled in their order.
  public static let timelinePointAmiss = Rule(
    "timeline-point-amiss",
    "the link that a timeline finds for a number is signalled when all up to that point are, and not before;"
      + " there is one up to the last number, and none after it",
    oracle: "SharedBufferModel"
  )

  /// Who does not reach the memory of others does not access it.
  public static let peerMemory = Rule(
    "peer-memory",
    "no device accesses memory of another device's that it does not reach",
    oracle: "SharedBufferModel"
  )

  /// Exporters and importers are called under the lock, or not, as they were promised.
  public static let wrongLock = Rule(
    "wrong-lock",
    "exporters and importers are called with the reservation's lock where the"
      + " contract says so, and without it elsewhere",
    oracle: "SharedBufferModel"
  )

  /// A buffer is released once.
  public static let releasedTwice = Rule(
    "buffer-released-twice",
    "an exporter is told once that a buffer is gone",
    oracle: "SharedBufferModel"
  )

  /// No mapping outlives its attachment or its buffer.
  public static let mappingLeft = Rule(
    "device-mapping-left",
    "a device's mapping outlives neither its attachment nor its buffer",
    oracle: "SharedBufferModel"
  )

  /// What is to be kept is kept.
  public static let keptMappingUndone = Rule(
    "kept-mapping-undone",
    "a mapping that its exporter wants kept is undone only when a device is detached, or not attached after all",
    oracle: "SharedBufferModel"
  )

  /// A mapping is undone once.
  public static let mappingUndoneTwice = Rule(
    "device-mapping-undone-twice",
    "an exporter is asked to undo a mapping once, which it made",
    oracle: "SharedBufferModel"
  )

  /// Exporters are told the direction that was asked for.
  public static let wrongDirection = Rule(
    "wrong-direction",
    "an exporter is told the direction that was asked for, and when a mapping is undone that in"
      + " which it was made; one that is kept is given out for its own, or any if it is for both",
    oracle: "SharedBufferModel"
  )

  /// An exporter is told of each device that is detached.
  public static let detachedTwice = Rule(
    "device-detached-twice",
    "an exporter that was told that a device is attached is told once that it is detached, before"
      + " the buffer is gone",
    oracle: "SharedBufferModel"
  )

  /// Exporters find of importers what those said.
  public static let importerMisstated = Rule(
    "importer-misstated",
    "an exporter finds of an importer what that said when it was attached: to which buffer, who it is,"
      + " whether it can deal with moves, and whether it reaches the memory of others",
    oracle: "SharedBufferModel"
  )

  /// Every pin is undone.
  public static let pinLeft = Rule(
    "pin-left",
    "a buffer that is released is not pinned",
    oracle: "SharedBufferModel"
  )

  /// A pin is undone once.
  public static let pinUndoneTwice = Rule(
    "pin-undone-twice",
    "an exporter is asked to unpin as often as it was asked to pin",
    oracle: "SharedBufferModel"
  )

  /// Who has a buffer mapped is told of a move, or has it pinned.
  public static let moveUnannounced = Rule(
    "move-unannounced",
    "whoever has a buffer mapped when it moves was told before",
    oracle: "SharedBufferModel"
  )

  /// A buffer is mapped for the kernel once at a time.
  public static let kernelMappingAmiss = Rule(
    "kernel-mapping-amiss",
    "an exporter is asked to map for the kernel and to undo what it mapped in turn, and undone"
      + " it is in the end",
    oracle: "SharedBufferModel"
  )

  /// An access that began is ended.
  public static let accessLeftOpen = Rule(
    "processor-access-left-open",
    "an access that the exporter was told of has ended when nobody accesses the"
      + " buffer any more",
    oracle: "SharedBufferModel"
  )

  /// An access that ends has begun.
  public static let accessEndedTwice = Rule(
    "processor-access-ended-twice",
    "an exporter is told that an access ends once, after it began",
    oracle: "SharedBufferModel"
  )

  /// A buffer's name is one that it was given.
  public static let foreignName = Rule(
    "foreign-name",
    "the name that is read is one that the buffer was given, and that no other took the place of"
      + " before the call began",
    oracle: "SharedBufferModel"
  )

  /// What is mapped into user space is in the buffer.
  public static let areaBeyondBuffer = Rule(
    "area-beyond-buffer",
    "an area is mapped only if all of its pages are the buffer's, their numbers"
      + " taken as integers without limit",
    oracle: "SharedBufferModel"
  )

  /// An area that cannot be mapped is as it was.
  public static let areaChanged = Rule(
    "area-changed",
    "an area is mapped with the file and the offset that were asked for, and one that cannot be"
      + " keeps its own, and the references",
    oracle: "SharedBufferModel"
  )

  /// A call returns what its arguments demand.
  public static let wrongBufferResult = Rule(
    "wrong-buffer-result",
    "a call returns the error that its arguments demand",
    oracle: "SharedBufferModel"
  )

  /// The list has every buffer.
  public static let wrongList = Rule(
    "wrong-list",
    "the list has every buffer that was exported and not released, and no other, and so many"
      + " attachments as they have",
    oracle: "SharedBufferModel"
  )

  /// What nobody can reach is gone.
  public static let objectLeft = Rule(
    "object-left",
    "when everybody has given everything back, nothing is left",
    oracle: "SharedBufferModel"
  )
}

extension SharedBufferModel {
  /// The rules that are judged here.
  public static let rules: [Rule] = [
    .accessBeforeFence, .foreignPage, .pollTooEarly, .pollTooLate, .waitTooShort,
    .failedWithoutReason, .callbackAmiss, .callbackForgotten, .containerAdded,
    .fenceLost, .syncFileIncomplete, .syncFileExcess, .syncFileStatus, .timelinePointAmiss,
    .peerMemory, .wrongLock, .releasedTwice, .mappingLeft, .keptMappingUndone, .mappingUndoneTwice,
    .wrongDirection, .detachedTwice, .importerMisstated, .pinLeft, .pinUndoneTwice,
    .moveUnannounced, .kernelMappingAmiss, .accessLeftOpen, .accessEndedTwice, .foreignName,
    .areaBeyondBuffer, .areaChanged, .wrongBufferResult, .wrongList, .objectLeft,
  ]
}
