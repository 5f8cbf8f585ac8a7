public import Machines

extension Fences {
  /// A fence that is signalled when all fences of a list are; takes the list's references over.
  ///
  /// The list, a `FenceListRecord` of one at least, stays the caller's where there is no memory.
  @inlinable
  public static func makeArray<M: BufferHostMachine>(
    _ machine: inout M,
    of list: M.Record,
    context: M.W,
    number: M.W
  ) -> M.Record? {
    guard
      let fence = makeContainer(&machine, FenceKind.array, context: context, number: number)
    else { return nil }
    machine.set(FenceRecord.members, of: fence, to: machine.address(of: list))
    return fence
  }

  /// A link of a chain; takes over the references to the link before and the fence.
  ///
  /// A number that is not after the one before it begins another line.
  @inlinable
  public static func makeChain<M: BufferHostMachine>(
    _ machine: inout M,
    after previous: M.Record?,
    _ contained: M.Record,
    number: M.W,
    newContext: M.W
  ) -> M.Record? {
    var (context, ownNumber, previousNumber) = (newContext, number, M.W(0))
    if let previous {
      let kind = machine.plain(FenceRecord.kind, of: previous)
      if machine.holds(kind .== M.W(FenceKind.chain)) {
        let known = machine.plain(FenceRecord.number, of: previous)
        if machine.holds(known .< number) {
          context = machine.plain(FenceRecord.context, of: previous)
          previousNumber = known
        } else {
          ownNumber = known
        }
      }
    }
    guard
      let fence = makeContainer(
        &machine,
        FenceKind.chain,
        context: context,
        number: ownNumber
      )
    else { return nil }
    let address = previous.map { machine.address(of: $0) } ?? M.W(0)
    machine.set(FenceRecord.previous, of: fence, to: address)
    machine.set(FenceRecord.previousNumber, of: fence, to: previousNumber)
    machine.set(FenceRecord.contained, of: fence, to: machine.address(of: contained))
    return fence
  }

  @inlinable
  static func makeContainer<M: BufferHostMachine>(
    _ machine: inout M,
    _ kind: UInt64,
    context: M.W,
    number: M.W
  ) -> M.Record? {
    guard
      let callback = machine.allocate(CallbackRecord.layout, isZeroed: true, maySleep: true)
    else { return nil }
    guard let fence = make(&machine, context: context, number: number) else {
      machine.free(callback)
      return nil
    }
    machine.set(CallbackRecord.kind, of: callback, to: M.W(CallbackKind.container))
    machine.set(CallbackRecord.target, of: callback, to: machine.address(of: fence))
    machine.set(FenceRecord.kind, of: fence, to: M.W(kind))
    machine.set(FenceRecord.callback, of: fence, to: machine.address(of: callback))
    return fence
  }

  /// Gives up what a container holds.
  @inlinable
  static func releaseContents<M: BufferHostMachine>(_ machine: inout M, _ fence: M.Record) {
    if let list = machine.follow(FenceRecord.members, of: fence, .plain) {
      FenceList.forEach(&machine, list) { machine, member, _ in
        release(&machine, member)
        return true
      }
      FenceList.free(&machine, list)
    }
    if let previous = machine.follow(FenceRecord.previous, of: fence, .plain) {
      release(&machine, previous)
    }
    if let contained = machine.follow(FenceRecord.contained, of: fence, .plain) {
      release(&machine, contained)
    }
    if let callback = machine.follow(FenceRecord.callback, of: fence, .plain) {
      machine.free(callback)
    }
  }

  /// Does something with each fence that is no container of what one holds, itself if it is none.
  /// - Returns: whether `body` never said false, which ends it.
  @inlinable
  @discardableResult
  public static func forEachLeaf<M: BufferHostMachine>(
    _ machine: inout M,
    _ fence: M.Record,
    _ body: (inout M, M.Record) -> Bool
  ) -> Bool {
    var link = fence
    while true {
      let kind = machine.plain(FenceRecord.kind, of: link)
      if machine.isZero(kind) { return body(&machine, link) }
      if machine.holds(kind .== M.W(FenceKind.array)) {
        guard let list = machine.follow(FenceRecord.members, of: link, .plain) else {
          return true
        }
        return FenceList.forEach(&machine, list) { machine, member, _ in
          forEachLeaf(&machine, member, body)
        }
      }
      if let contained = machine.follow(FenceRecord.contained, of: link, .plain) {
        guard forEachLeaf(&machine, contained, body) else { return false }
      }
      guard let previous = machine.follow(FenceRecord.previous, of: link, .plain) else {
        return true
      }
      link = previous
    }
  }

  /// The link before a link that is not signalled yet, or what is no link before the first.
  ///
  /// Without a reference: links stay as long as the one after them.
  @inlinable
  public static func link<M: BufferHostMachine>(
    _ machine: inout M,
    before link: M.Record
  ) -> M.Record? {
    var place = machine.follow(FenceRecord.previous, of: link, .plain)
    while let previous = place {
      let kind = machine.plain(FenceRecord.kind, of: previous)
      let isLink = machine.holds(kind .== M.W(FenceKind.chain))
      let contained =
        isLink ? machine.follow(FenceRecord.contained, of: previous, .plain) : previous
      guard let contained, isSignalled(&machine, contained) else { return previous }
      place = isLink ? machine.follow(FenceRecord.previous, of: previous, .plain) : nil
    }
    return nil
  }

  /// The link that is signalled when all up to a number are.
  /// - Returns: `invalid` for a number that is not reached yet; no link where all are signalled.
  @inlinable
  public static func find<M: BufferHostMachine>(
    _ machine: inout M,
    number: M.W,
    in chain: M.Record
  ) -> (Errno, M.Record?) {
    if machine.isZero(number) { return (.ok, chain) }
    let kind = machine.plain(FenceRecord.kind, of: chain)
    let last = machine.plain(FenceRecord.number, of: chain)
    guard machine.holds(kind .== M.W(FenceKind.chain)), machine.holds(number .<= last) else {
      return (.invalid, nil)
    }
    let line = machine.plain(FenceRecord.context, of: chain)
    var found: M.Record? = chain
    while let link = found {
      let context = machine.plain(FenceRecord.context, of: link)
      let before = machine.plain(FenceRecord.previousNumber, of: link)
      if machine.holds((context .!= line) .| (before .< number)) { break }
      found = self.link(&machine, before: link)
    }
    return (.ok, found)
  }

  /// Has a container's callback run when the first of what it holds is signalled that is not yet.
  /// - Returns: whether there is one.
  @inlinable
  static func arm<M: BufferHostMachine>(_ machine: inout M, _ container: M.Record) -> Bool {
    guard let callback = machine.follow(FenceRecord.callback, of: container, .plain) else {
      return false
    }
    var isArmed = false
    // Once it is armed the callback holds a reference, in place of its caller's.
    retain(&machine, container)
    forEachLeaf(&machine, container) { machine, leaf in
      isArmed = add(&machine, callback, to: leaf) == .ok
      return !isArmed
    }
    if !isArmed { release(&machine, container) }
    return isArmed
  }
}
