public import Machines

// What exporters are told, and what they find.

extension SharedBufferModel {
  /// A buffer was exported.
  public mutating func exported(_ buffer: Int, pageCount: UInt64) {
    buffers[buffer] = BufferNotes()
    buffers[buffer].exists = true
    buffers[buffer].pageCount = pageCount
  }

  /// An exporter is called, with the lock or without; it was promised the one or the other.
  public mutating func called(_ what: String, _ buffer: Int, isLocked: Bool, shouldBe: Bool) {
    guard isLocked != shouldBe else { return }
    add(
      .wrongLock,
      "\(what) of buffer \(buffer) is called \(isLocked ? "with" : "without") the lock",
      cause: "/\(what)"
    )
  }

  /// The exporter is told that a buffer is gone.
  public mutating func released(_ buffer: Int) {
    guard buffers[buffer].exists else {
      return add(.releasedTwice, "buffer \(buffer) is released, and it was before")
    }
    if !buffers[buffer].mappings.isEmpty {
      add(.mappingLeft, "buffer \(buffer) is released, and a device has it mapped")
    }
    if !buffers[buffer].attachments.isEmpty {
      add(.detachedTwice, "buffer \(buffer) is released, and a device is attached", cause: "/left")
    }
    if buffers[buffer].pinCount > 0 {
      add(.pinLeft, "buffer \(buffer) is released, and it is pinned")
    }
    if buffers[buffer].kernelCount > 0 {
      add(.kernelMappingAmiss, "buffer \(buffer) is released, and the kernel has it mapped")
    }
    if buffers[buffer].openAccesses > 0 {
      add(.accessLeftOpen, "buffer \(buffer) is released, and an access has not ended")
    }
    buffers[buffer].exists = false
  }

  /// A buffer is mapped for a device.
  public mutating func mapped(
    _ buffer: Int,
    _ table: UInt64,
    attachment: UInt64,
    direction: UInt8,
    isDynamic: Bool
  ) {
    buffers[buffer].mappings.append(
      MappingNotes(
        table: table,
        attachment: attachment,
        direction: direction,
        isDynamic: isDynamic
      )
    )
  }

  /// An importer gets a mapping, for a direction: 0 for both.
  public mutating func handedOut(_ buffer: Int, _ table: UInt64, direction: UInt8) {
    guard let mapping = buffers[buffer].mappings.first(where: { $0.table == table }),
      mapping.direction != 0
    else { return }
    directed("a mapping that is given out", mapping.direction, asked: direction)
  }

  /// An importer gets no mapping, since one of another direction is kept.
  public mutating func busy(_ buffer: Int, attachment: UInt64, direction: UInt8) {
    let isGood = buffers[buffer].mappings.contains {
      $0.attachment == attachment && ($0.direction == direction || $0.direction == 0)
    }
    guard isGood else { return }
    add(
      .wrongDirection,
      "a mapping of buffer \(buffer) is kept for direction \(direction), and is not given out",
      cause: "/busy"
    )
  }

  /// An exporter is told a direction, or finds one: it has to be the one that was asked for.
  public mutating func directed(_ what: String, _ direction: UInt8, asked: UInt8) {
    guard direction != asked else { return }
    add(
      .wrongDirection,
      "the direction of \(what) is \(direction), and \(asked) was asked for",
      cause: "/\(what)"
    )
  }

  /// An exporter finds an importer that is not as it said when it was attached.
  public mutating func misstated() {
    add(.importerMisstated, "an exporter finds an importer that is not what it said")
  }

  /// A mapping is undone.
  public mutating func unmapped(_ buffer: Int, _ table: UInt64, direction: UInt8) -> Bool {
    guard let index = buffers[buffer].mappings.firstIndex(where: { $0.table == table }) else {
      add(.mappingUndoneTwice, "a mapping of buffer \(buffer) is undone that is not there")
      return false
    }
    directed("unmap", direction, asked: buffers[buffer].mappings[index].direction)
    buffers[buffer].mappings.remove(at: index)
    return true
  }

  /// A mapping is undone that its exporter wants kept, and its device stays attached.
  public mutating func undidKept(_ buffer: Int) {
    add(.keptMappingUndone, "a mapping of buffer \(buffer) is undone, whose exporter wants it kept")
  }

  /// An exporter is told that a device is attached, and has nothing against it.
  public mutating func isAttached(_ buffer: Int, attachment: UInt64) {
    buffers[buffer].attachments.insert(attachment)
  }

  /// An exporter is told that a device is detached.
  public mutating func detached(_ buffer: Int, attachment: UInt64) {
    if buffers[buffer].attachments.remove(attachment) == nil {
      add(.detachedTwice, "buffer \(buffer) is told of a device detached that is not attached")
    }
    if buffers[buffer].mappings.contains(where: { $0.attachment == attachment }) {
      add(.mappingLeft, "a mapping of buffer \(buffer) outlives its attachment", cause: "/detached")
    }
  }

  /// A buffer is kept where it is once more, or once less.
  public mutating func pinned(_ buffer: Int, by change: Int) {
    buffers[buffer].pinCount += change
    if buffers[buffer].pinCount < 0 {
      add(.pinUndoneTwice, "buffer \(buffer) is unpinned, and it is not pinned")
      buffers[buffer].pinCount = 0
    }
  }

  /// How often a buffer is kept where it is.
  public func pinCount(_ buffer: Int) -> Int { buffers[buffer].pinCount }

  /// An importer was told of a move.
  public mutating func notified(_ buffer: Int, attachment: UInt64) {
    for index in buffers[buffer].mappings.indices
    where buffers[buffer].mappings[index].attachment == attachment {
      buffers[buffer].mappings[index].isNotified = true
    }
  }

  /// A move was announced: whoever has the buffer mapped was told, or keeps it where it is.
  public mutating func announced(_ buffer: Int) {
    for mapping in buffers[buffer].mappings where !mapping.isNotified {
      add(
        .moveUnannounced,
        "buffer \(buffer) moves, and an importer that has it mapped was not told",
        cause: mapping.isDynamic ? "" : "/static"
      )
    }
  }

  /// A buffer's data is somewhere else from here on.
  public mutating func moved(_ buffer: Int, to place: Int) { buffers[buffer].place = place }

  /// A buffer is mapped for the kernel, or that is undone: `isThere` where what is undone is what was mapped.
  public mutating func mappedForKernel(_ buffer: Int, by change: Int, isThere: Bool = true) {
    buffers[buffer].kernelCount += change
    if !isThere {
      add(
        .kernelMappingAmiss,
        "an exporter is asked to undo a mapping of buffer \(buffer) for the kernel that is another's",
        cause: "/foreign"
      )
    }
    if buffers[buffer].kernelCount != (change > 0 ? 1 : 0) {
      add(
        .kernelMappingAmiss,
        "buffer \(buffer) is \(change > 0 ? "mapped" : "unmapped") for the kernel twice",
        cause: change > 0 ? "/mapped" : "/unmapped"
      )
    }
  }

  /// An access of the processor begins or ends, as the exporter sees it.
  public mutating func processorAccess(_ buffer: Int, by change: Int) {
    buffers[buffer].openAccesses += change
    if buffers[buffer].openAccesses < 0 {
      add(.accessEndedTwice, "an access to buffer \(buffer) ends that has not begun")
      buffers[buffer].openAccesses = 0
    }
  }

  // MARK: Users

  /// Nobody is in a call, and nobody accesses anything.
  public mutating func restsNow() {
    for (buffer, notes) in buffers.enumerated() where notes.openAccesses > 0 {
      add(.accessLeftOpen, "an access to buffer \(buffer) has not ended")
    }
  }

  /// A buffer is about to have a name.
  /// - Returns: what `named` has to be told.
  public mutating func names(_ buffer: Int, _ name: UInt64) -> Int {
    now += 1
    buffers[buffer].names.append(BufferName(text: name, began: now))
    return buffers[buffer].names.count - 1
  }

  /// The call has returned that gives a buffer its name, or did not.
  public mutating func named(_ buffer: Int, _ place: Int, isDone: Bool) {
    now += 1
    buffers[buffer].names[place].doneAt = isDone ? now : nil
    buffers[buffer].names[place].hasFailed = !isDone
  }

  /// The name of a buffer was read by a call that began when `asks` said.
  public mutating func readName(_ buffer: Int, _ name: UInt64, since began: Int) {
    let names = buffers[buffer].names.filter { !$0.hasFailed }
    let isCurrent = names.contains { one in
      one.text == name
        && !names.contains { later in
          guard let given = one.doneAt, let taken = later.doneAt else { return false }
          return given < later.began && taken < began
        }
    }
    if !isCurrent {
      add(.foreignName, "buffer \(buffer) is called \(name.text), which it is not")
    }
  }

  /// Pages of a buffer were mapped into user space, or not.
  public mutating func mappedArea(
    _ thread: Int,
    _ buffer: Int,
    offset: UInt64,
    pageCount: UInt64,
    _ result: Errno,
    since refusals: Int
  ) {
    let size = buffers[buffer].pageCount
    let isInside = pageCount <= size && offset <= size - pageCount
    let area = "\(pageCount) pages from \(offset.text) of buffer \(buffer)'s \(size)"
    if result == .ok, !isInside {
      add(.areaBeyondBuffer, "\(area) are mapped")
    } else if result != .ok, isInside {
      failed(thread, "area", result, since: refusals)
    }
  }

  /// An area that could not be mapped is not as it was, or one that is mapped not as was asked.
  public mutating func areaChanged(isMapped: Bool) {
    add(
      .areaChanged,
      isMapped
        ? "an area is mapped with another file or offset than was asked for"
        : "an area that could not be mapped has another file, or another offset",
      cause: isMapped ? "/mapped" : ""
    )
  }

  /// A call returned what it may not for these arguments.
  public mutating func returned(_ what: String, _ result: Errno, expected: Errno) {
    if result != expected {
      add(.wrongBufferResult, "\(what) returns \(result) and not \(expected)", cause: "/\(what)")
    }
  }

  /// A device was attached to a buffer, or is about to be detached.
  public mutating func attached(_ buffer: Int, by change: Int) {
    buffers[buffer].attachmentCount += change
  }

  /// The list of buffers has so many, with so many attachments, while nobody is in a call.
  public mutating func listed(_ count: Int, attachmentCount: Int) {
    let there = buffers.filter(\.exists)
    if count != there.count {
      add(.wrongList, "the list has \(count) buffers, and there are \(there.count)")
    }
    let expected = there.map(\.attachmentCount).reduce(0, +)
    if attachmentCount != expected {
      add(
        .wrongList,
        "the list has \(attachmentCount) attachments, and there are \(expected)",
        cause: "/attachments"
      )
    }
  }

  /// Everybody has given everything back, and this is left.
  public mutating func left(_ name: String) {
    add(.objectLeft, "a \(name) is left that nobody can reach", cause: "/\(name)")
  }
}

extension SharedBufferModel {
  /// Where a buffer's data is.
  public func place(_ buffer: Int) -> Int { buffers[buffer].place }
}
