public import Machines

extension SharedBufferWalker {
  /// Takes the descriptor first and installs it last.
  @inlinable
  public func exportSync<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    flags: M.W,
    context: M.W
  ) -> Made<Int> {
    if let error = machine.refuses(.copyIn) { return .failed(error) }
    guard machine.isZero(flags & ~M.W(SyncFlags.both)), !machine.isZero(flags) else {
      return .failed(.invalid)
    }
    let reserved = Files.reserveDescriptor(&machine)
    guard case .made(let descriptor) = reserved else { return reserved }
    let file: M.Record
    switch makeSync(&machine, buffer, flags: flags, context: context) {
    case .made(let made): file = made
    case .failed(let error):
      Files.install(&machine, nil, at: descriptor)
      return .failed(error)
    }
    if let error = machine.refuses(.copyOut) {
      Files.release(&machine, file, self)
      if !faults.contains(.descriptorLeft) { Files.install(&machine, nil, at: descriptor) }
      return .failed(error)
    }
    Files.install(&machine, file, at: descriptor)
    return .made(descriptor)
  }

  /// A sync file of what is pending.
  @inlinable
  func makeSync<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    flags: M.W,
    context: M.W
  ) -> Made<M.Record> {
    let isWrite =
      !machine.isZero(flags & M.W(SyncFlags.write)) && !faults.contains(.exportsWritersOnly)
    let reservation = reservation(&machine, of: buffer)
    Reservation.lock(&machine, reservation)
    let (result, fence) = reservations.singleton(
      &machine,
      reservation,
      .waitedFor(toWrite: isWrite),
      context: context
    )
    Reservation.unlock(&machine, reservation)
    guard let fence else { return .failed(result) }
    let made = Files.make(&machine, FileKind.sync)
    guard case .made(let file) = made else {
      Fences.release(&machine, fence)
      return made
    }
    machine.set(FileRecord.data, of: file, to: machine.address(of: fence))
    return made
  }

  /// Adds each fence that is no container, where there is room for all.
  @inlinable
  public func importSync<M: BufferHostMachine>(
    _ machine: inout M,
    _ buffer: M.Record,
    flags: M.W,
    descriptor: Int
  ) -> Errno {
    if let error = machine.refuses(.copyIn) { return error }
    guard machine.isZero(flags & ~M.W(SyncFlags.both)), !machine.isZero(flags) else {
      return .invalid
    }
    guard let file = Files.get(&machine, descriptor) else { return .invalid }
    defer { Files.release(&machine, file, self) }
    let kind = machine.plain(FileRecord.kind, of: file)
    guard machine.holds(kind .== M.W(FileKind.sync)),
      let fence = machine.follow(FileRecord.data, of: file, .plain)
    else { return .invalid }
    let usage: FenceUsage = machine.isZero(flags & M.W(SyncFlags.write)) ? .read : .write
    let reservation = reservation(&machine, of: buffer)
    let isWhole = faults.contains(.importsContainer)
    var count = 0
    Fences.forEachLeaf(&machine, fence) { _, _ in
      count += 1
      return true
    }
    Reservation.lock(&machine, reservation)
    defer { Reservation.unlock(&machine, reservation) }
    let result = reservations.reserve(&machine, reservation, count: isWhole ? 1 : count)
    guard result == .ok else { return result }
    if isWhole {
      reservations.add(&machine, fence, to: reservation, usage)
    } else {
      Fences.forEachLeaf(&machine, fence) { machine, leaf in
        reservations.add(&machine, leaf, to: reservation, usage)
        return true
      }
    }
    return .ok
  }
}
