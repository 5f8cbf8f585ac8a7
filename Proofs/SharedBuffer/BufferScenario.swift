import Machines
import Symbolic
import Walkers

/// A call on a shared buffer in any state, beside any number of other threads.
struct BufferScenario: Sendable {
  /// What is called.
  enum Operation: String, CaseIterable, Sendable {
    /// A buffer is made of an exporter's memory.
    case export
    /// A reference to its file is given back.
    case put
    /// A device is attached.
    case attach
    /// It is detached.
    case detach
    /// It maps, without the lock.
    case map
    /// It undoes that.
    case unmap
    /// Pages are mapped into an area that is another file's.
    case mapArea = "map-area"
    /// Pages are mapped into an area of the buffer's own file.
    case mapOwnArea = "map-own-area"
    /// Its end is looked for.
    case seek
    /// It is mapped for the kernel.
    case mapKernel = "vmap"
    /// That is undone.
    case unmapKernel = "vunmap"
    /// An access of the processor begins or ends.
    case synchronise = "sync"
    /// Fences up to a usage are waited for.
    case wait
    /// It is polled.
    case poll
    /// A fence is added, for which there is room.
    case add
    /// Room is made for another.
    case reserve

    /// Those of which theorems are proved; of the others what they promise is stated.
    static let proved: [Operation] = allCases.filter { !$0.hasFences || $0.hasRounds }

    /// Whether the reservation has fences in it.
    var hasFences: Bool {
      switch self {
      case .wait, .poll, .add, .reserve: true
      default: false
      }
    }

    /// Whether the fences are gone through of which there are any number.
    var hasRounds: Bool { hasFences && self != .reserve }

    /// Whether it is about the mapping for the kernel.
    var isKernels: Bool { self == .mapKernel || self == .unmapKernel }

    /// How many fences it may have, where there is a bound.
    var fenceBound: Int {
      switch self {
      case .reserve: 2
      default: 1
      }
    }

    /// How many slots a list has that is there from the start.
    var slotCount: Int {
      switch self {
      case .reserve: BufferProofRecord.slotCount
      case .wait, .poll, .add: BufferProofRecord.slotCount - 1
      default: fenceBound
      }
    }

    /// How many lists the reservation may come to have while the call looks at it.
    var listCount: Int { self == .wait || self == .poll ? 2 : 1 }

    /// Whether it is about an attachment.
    var hasAttachment: Bool {
      switch self {
      case .attach, .detach, .map, .unmap: true
      default: false
      }
    }
  }

  let operation: Operation

  /// The theorems that are proved on this scenario's paths.
  var theorems: [Theorem] {
    clauses.map { clause in
      Theorem(
        subject: "buffer.\(operation.rawValue)",
        clause: clause,
        actor: operation.rawValue,
        bounds: bounds,
        scale: .real
      )
    }
  }

  private var bounds: String {
    var bounds = "any number of threads, any buffer, words of 64 bits"
    if operation.hasRounds {
      let own =
        switch operation {
        case .poll: "one event at a time"
        case .add: "a table that has room has an empty place"
        default: "the wait is cut where it begins again, as it began"
        }
      bounds += "; any number of fences in its reservation, none of them a container; \(own)"
    } else if operation.hasFences {
      bounds +=
        "; at most \(operation.fenceBound) fence\(operation.fenceBound == 1 ? "" : "s")"
        + " in a reservation, none of them a container"
    } else {
      bounds += "; no fences in its reservation"
    }
    if operation.hasAttachment { bounds += "; at most one attachment beside" }
    return bounds
  }

  /// What the call is shown to do.
  var clauses: [Clause] {
    let kept: [Clause] = [.reachesLive, .countsReferences, .losesNoRecord]
    let mapping: [Clause] = [.callsLocked, .undoesBufferMapping, .losesNoBufferMapping]
    let told: [Clause] = [.callsLocked, .tellsExporters]
    let own: [Clause] =
      switch operation {
      case .export: [.checksExport, .publishesWhole, .linksBuffers, .failsForReason]
      case .put: [.linksBuffers, .tellsExporters]
      case .attach:
        told + [
          .losesNoBufferMapping, .balancesPins, .linksAttachments, .failsForReason, .looksBehind,
        ]
      case .detach: mapping + [.tellsExporters, .balancesPins, .linksAttachments]
      case .map: told + [.losesNoBufferMapping, .keepsMapping, .failsForReason, .looksBehind]
      case .unmap: mapping + [.tellsExporters]
      case .mapArea, .mapOwnArea: told + [.mapsInside, .keepsArea, .failsForReason]
      case .seek: [.findsEnds]
      case .synchronise: told + [.takesFlags, .balancesAccess, .failsForReason]
      case .mapKernel: told + [.countsKernel, .failsForReason]
      case .unmapKernel: told + [.countsKernel]
      case .wait: [.waitsForAll, .knowsSignalled, .fencesAlike, .failsForReason]
      case .poll: [.reportsReady, .wakesLater, .knowsSignalled, .fencesAlike]
      case .add: [.keepsPending, .countsAdditions, .fencesAlike]
      case .reserve: [.keepsPending, .makesRoom]
      }
    return Clause.recordDuties + kept + own + [.keepsOtherRules]
  }

  /// What some path must go through for the proof to be about anything.
  func intended(of subject: ProofSubject) -> Set<String> {
    guard operation == .poll, subject.hasFenceTable else { return intended }
    return intended.union(["ready without the lock"])
  }

  private var intended: Set<String> {
    switch operation {
    case .export: ["0", "-EINVAL", "-ENOMEM"]
    case .put: ["released", "kept"]
    case .attach: ["0", "-ENOMEM", "-EBUSY", "pinned", "mapped"]
    case .detach: ["undone", "nothing to undo"]
    case .map: ["mapped", "kept", "-EBUSY", "-EINTR"]
    case .unmap: ["undone", "nothing to undo"]
    case .mapArea: ["0", "-EINVAL", "-ENOMEM"]
    case .mapOwnArea: ["0", "-EINVAL", "-ENOMEM"]
    case .seek: ["0", "-EINVAL"]
    case .synchronise: ["0", "-EINVAL", "-EFAULT", "-EAGAIN", "begun", "ended"]
    case .mapKernel: ["0", "-EINVAL", "-ENOMEM", "first", "one more"]
    case .unmapKernel: ["last", "one less"]
    case .wait: ["0", "-EINTR", "passed 0", "passed 1", "passed 2"]
    case .poll:
      ["ready", "callback added", "callback found taken", "passed 0", "passed 1", "passed 2"]
    case .add: ["in place of another", "at an empty place", "passed 0", "passed 1"]
    case .reserve: ["0", "-ENOMEM", "made anew"]
    }
  }
}

/// What a call is made with.
struct BufferArguments<M: BufferHostMachine> {
  let buffer: M.Record
  let attachment: M.Record
  let area: M.Record
  let fence: M.Record
  /// The exporter's own reservation, of an export.
  let reservation: M.Record?
  /// What an exporter says, flags, an offset or a table, and a size.
  let exporter: M.W
  let word: M.W
  let size: M.W
  let direction: BufferDirection
  let usage: FenceUsage
  let events: PollEvents
  let whence: Int
  let isDynamic: Bool
}

/// What a call came to.
struct BufferEnding<W: Word> {
  var result = Errno.ok
  /// What it returned: a table, a place, a record.
  var word: W?
  /// What a poll says.
  var events: PollEvents?

  /// In a word.
  var name: String { events.map { "\($0.rawValue)" } ?? result.description }
}

extension ProofSubject {
  /// Whether the subject keeps fences in a table.
  var hasFenceTable: Bool { self == .builtIn }

  /// Makes a call on a shared buffer.
  func perform<M: BufferHostMachine>(
    _ operation: BufferScenario.Operation,
    _ arguments: BufferArguments<M>,
    on machine: inout M
  ) -> BufferEnding<M.W> {
    switch self {
    case .sharedBuffer(.listed(let faults)):
      perform(operation, arguments, by: ListedSharedBuffers(faults: faults), on: &machine)
    case .sharedBuffer(.posted):
      perform(operation, arguments, by: PostedSharedBuffers(), on: &machine)
    default: perform(operation, arguments, by: CompactSharedBuffers(), on: &machine)
    }
  }

  private func perform<Walker: SharedBufferWalker, M: BufferHostMachine>(
    _ operation: BufferScenario.Operation,
    _ arguments: BufferArguments<M>,
    by walker: Walker,
    on machine: inout M
  ) -> BufferEnding<M.W> {
    let (buffer, attachment) = (arguments.buffer, arguments.attachment)
    switch operation {
    case .export:
      let export = BufferExport<M>(
        operations: arguments.word,
        exporter: arguments.exporter,
        size: arguments.size,
        reservation: arguments.reservation
      )
      return ending(walker.export(&machine, export), on: &machine)
    case .put: walker.put(&machine, buffer)
    case .attach:
      let made = walker.attach(
        &machine,
        buffer,
        importer: arguments.exporter,
        isDynamic: arguments.isDynamic,
        reachesPeers: false
      )
      return ending(made, on: &machine)
    case .detach: walker.detach(&machine, buffer, attachment)
    case .map:
      let table = walker.mapUnlocked(&machine, attachment, arguments.direction)
      let isError = machine.holds(ErrorPointer.isError(table))
      let result = isError ? ErrorPointer.error(&machine, table) : .ok
      return BufferEnding(result: result, word: table)
    case .unmap: walker.unmapUnlocked(&machine, attachment, arguments.word, arguments.direction)
    case .mapArea:
      let result = walker.mapArea(&machine, buffer, arguments.area, offset: arguments.word)
      return BufferEnding(result: result)
    case .mapOwnArea:
      return BufferEnding(result: walker.mapOwnArea(&machine, buffer, arguments.area))
    case .seek:
      switch walker.seek(
        &machine,
        buffer,
        offset: arguments.word,
        whence: arguments.whence
      ) {
      case .made(let place): return BufferEnding(word: place)
      case .failed(let error): return BufferEnding(result: error)
      }
    case .synchronise:
      return BufferEnding(result: walker.synchronise(&machine, buffer, flags: arguments.word))
    case .mapKernel:
      switch walker.mapKernel(&machine, buffer) {
      case .made(let pointer): return BufferEnding(word: pointer)
      case .failed(let error): return BufferEnding(result: error)
      }
    case .unmapKernel: walker.unmapKernel(&machine, buffer, arguments.word)
    case .wait, .poll, .add, .reserve:
      return performOnFences(operation, arguments, by: walker, on: &machine)
    }
    return BufferEnding()
  }

  private func performOnFences<Walker: SharedBufferWalker, M: BufferHostMachine>(
    _ operation: BufferScenario.Operation,
    _ arguments: BufferArguments<M>,
    by walker: Walker,
    on machine: inout M
  ) -> BufferEnding<M.W> {
    if operation == .poll {
      return BufferEnding(
        events: walker.poll(&machine, arguments.buffer, arguments.events)
      )
    }
    let reservation = walker.reservation(&machine, of: arguments.buffer)
    if operation == .wait {
      return BufferEnding(
        result: walker.reservations.wait(
          &machine,
          reservation,
          arguments.usage,
          isInterruptible: true
        )
      )
    }
    var result = Errno.ok
    Reservation.lock(&machine, reservation)
    if operation == .reserve {
      result = walker.reservations.reserve(&machine, reservation, count: 1)
    } else {
      walker.reservations.add(&machine, arguments.fence, to: reservation, arguments.usage)
    }
    Reservation.unlock(&machine, reservation)
    return BufferEnding(result: result)
  }

  private func ending<M: BufferHostMachine>(
    _ made: Made<M.Record>,
    on machine: inout M
  ) -> BufferEnding<M.W> {
    switch made {
    case .made(let record): BufferEnding(word: machine.address(of: record))
    case .failed(let error): BufferEnding(result: error)
    }
  }
}
