import Machines
import Symbolic
import Walkers

extension BufferJudge {
  /// What is mapped for devices, and kept where it is, when a call is over.
  mutating func promiseMapping() {
    switch operation {
    case .attach: promiseAttachment()
    case .detach: promiseDetachment()
    case .map: promiseMap()
    default:
      // Of what there was only what is kept is left.
      let table = arguments.word
      let isKept = machine.state[AttachmentRecord.table, Records.attachment] .== table
      claim(.losesNoBufferMapping, isKept .| .!discipline.mappings.has { $0.second .== table })
    }
  }

  private mutating func promiseAttachment() {
    let asked = discipline.can(ExporterOperations.attach, machine.initial)
    guard isOK, let attachment = ending.word?.constant, let released = discipline.released else {
      claim(.losesNoBufferMapping, discipline.mappings.isEmpty)
      claim(.balancesPins, discipline.pins.isEmpty)
      claim(.linksAttachments, discipline.listedAttachment == nil)
      claim(.losesNoRecord, !isOK && discipline.attachedCount == 0)
      return
    }
    let address = BitVector(attachment)
    let table = released[AttachmentRecord.table, attachment]
    let isKept = table .!= BufferJudge.zero
    let isNeeded = discipline.needsKept(attachment, released)
    let isPinned = isNeeded .& discipline.can(ExporterOperations.pin, released)
    claim(.losesNoBufferMapping, discipline.mappings.isExactly(address, table, where: isKept))
    claim(.losesNoBufferMapping, .equivalent(isKept, isNeeded))
    claim(.balancesPins, discipline.pins.isExactly(address, address, where: isPinned))
    claim(.linksAttachments, discipline.listedAttachment == attachment)
    claim(.losesNoRecord, .equivalent(Formula(discipline.attachedCount == 1), asked))
    promiseKernel(isMade: discipline.mapCount > 0, isDynamic: Formula(arguments.isDynamic))
  }

  private mutating func promiseDetachment() {
    let asked = discipline.can(ExporterOperations.attach, machine.initial)
    claim(.losesNoBufferMapping, discipline.mappings.isEmpty)
    claim(.balancesPins, discipline.pins.isEmpty)
    claim(.linksAttachments, discipline.listedAttachment == nil)
    claim(.losesNoRecord, discipline.freed.contains(Records.attachment))
    claim(.losesNoRecord, .equivalent(Formula(discipline.attachedCount == -1), asked))
  }

  private mutating func promiseMap() {
    let attachment = Records.attachment
    guard let table = ending.word else { return }
    let kept = FieldPlace(AttachmentRecord.table, of: attachment)
    guard discipline.taken != nil, let released = discipline.released else {
      // Without the lock what is kept is given out, or refused.
      claim(
        .losesNoBufferMapping,
        isOK ? table .== machine.state[kept] : Formula(ending.result == .busy)
      )
      return
    }
    let address = BitVector(attachment)
    let isKept = released[kept] .!= BufferJudge.zero
    if isOK {
      claim(
        .losesNoBufferMapping,
        discipline.mappings.isExactly(address, table, where: Formula(true))
      )
      claim(.losesNoBufferMapping, .implies(isKept, released[kept] .== table))
    } else {
      claim(
        .losesNoBufferMapping,
        discipline.mappings.isExactly(address, released[kept], where: isKept)
      )
    }
    let isDynamic = machine.initial.isSet(AttachmentRecord.isDynamic, attachment)
    promiseKernel(isMade: isOK && discipline.mapCount > 0, isDynamic: isDynamic)
  }

  /// Who cannot deal with moves finds a mapping behind the kernel's own work.
  private mutating func promiseKernel(isMade: Bool, isDynamic: Formula) {
    claim(.looksBehind, isMade ? isDynamic .| Formula(discipline.hasLooked) : Formula(true))
    guard operation.hasFences else { return }
    let kernel = BitVector(UInt64(FenceUsage.kernel.rawValue))
    claim(.waitsForAll, isMade ? isDynamic .| isOver(kernel) : Formula(true))
  }

  /// How often the buffer is mapped for the kernel, and where.
  mutating func promiseKernelMapping() {
    guard let taken = discipline.taken, let released = discipline.released else {
      let can = discipline.can(ExporterOperations.kernel, machine.initial)
      return claim(.countsKernel, Formula(ending.result == .invalid) .& .!can)
    }
    let (buffer, one) = (Records.buffer, BitVector(1))
    let (before, after) = (
      taken[BufferRecord.kernelCount, buffer], released[BufferRecord.kernelCount, buffer]
    )
    let pointer = released[BufferRecord.kernelPointer, buffer]
    let expected =
      operation == .unmapKernel ? before &- one : isOK ? before &+ one : before
    claim(.countsKernel, after .== expected)
    let isMapped = after .!= BufferJudge.zero
    claim(
      .countsKernel,
      discipline.kernelMappings.isExactly(BitVector(buffer), pointer, where: isMapped)
    )
    guard operation == .mapKernel, isOK else { return }
    claim(.countsKernel, isMapped .& (ending.word ?? BufferJudge.zero .== pointer))
  }

  // MARK: Accesses of the processor

  /// The flags that there are, and what the exporter is asked for them.
  mutating func promiseAccess() {
    let flags = arguments.word
    let access = flags & BitVector(SyncFlags.both)
    let isKnown = (flags .< BitVector(8)) .& (access .!= BufferJudge.zero)
    let isEnd = flags & BitVector(SyncFlags.end) .!= BufferJudge.zero
    let can = discipline.can(ExporterOperations.access, machine.initial)
    switch ending.result {
    case .fault: claim(.takesFlags, discipline.askedAccess.isEmpty)
    case .invalid: claim(.takesFlags, .!isKnown .& Formula(discipline.askedAccess.isEmpty))
    default:
      claim(.takesFlags, isKnown)
      claim(.takesFlags, .equivalent(can, Formula(!discipline.askedAccess.isEmpty)))
    }
    if let asked = discipline.askedAccess.first {
      let number: UInt64 =
        switch asked.direction {
        case .fromDevice: SyncFlags.read
        case .toDevice: SyncFlags.write
        case .both: SyncFlags.both
        }
      claim(.takesFlags, .equivalent(isEnd, Formula(asked.isEnd)) .& (access .== BitVector(number)))
    }
    let begins = isOK ? can .& .!isEnd : Formula(false)
    let isRefused = ending.result == .fault || ending.result == .invalid
    let ends = isRefused ? Formula(false) : can .& isEnd
    claim(.balancesAccess, .equivalent(begins, Formula(discipline.accessCount == 1)))
    claim(.balancesAccess, .equivalent(ends, Formula(discipline.accessCount == -1)))
    // Who writes waits for who reads.
    guard isOK, operation.hasFences else { return }
    let isRead = access .== BitVector(SyncFlags.read)
    let usage = BitVector.select(
      isRead,
      BitVector(UInt64(FenceUsage.write.rawValue)),
      BitVector(UInt64(FenceUsage.read.rawValue))
    )
    claim(.waitsForAll, isEnd .| isOver(usage))
  }
}
