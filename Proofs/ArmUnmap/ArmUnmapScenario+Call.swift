import Machines
import Symbolic
import Walkers

extension ArmUnmapScenario {
  /// The call with arbitrary arguments, within the scenario's bounds; the path forks where a choice is
  /// among few.
  func call(_ explorer: PathExplorer) -> ArmUnmapCall<BitVector> {
    let context = explorer.context
    let address = address(explorer)
    switch operation {
    case .map(let level):
      return .map(
        address: address,
        physical: context.variable("physical"),
        protection: context.variable("protection") & BitVector(Protection.all),
        level: level
      )
    case .faultIn:
      let number = slots.indices.dropLast().first {
        explorer.decide(context.variable("slot") .== BitVector(UInt64($0)))
      }
      let slot = slots[number ?? slots.count - 1]
      if scale == .real, slot.isHugeBacked { explorer.assume(.!hasTable(at: address, explorer)) }
      let isWrite = explorer.decide(context.proposition("the access writes"))
      return .faultIn(address: address, slot: slot, isWrite: isWrite)
    case .annotate: return .annotate(address: address)
    case .unmap(let extent, let mayYield):
      let size = sizeInBytes(address, extent, explorer)
      return .unmap(address: address, sizeInBytes: size, mayYield: mayYield)
    case .flush(let extent):
      return .flush(address: address, sizeInBytes: sizeInBytes(address, extent, explorer))
    }
  }

  /// Whether the pages around an address have a table: at the architecture's sizes a block takes its
  /// place only where there is none, for a walker reads every entry of what it takes out.
  private func hasTable(at address: BitVector, _ explorer: PathExplorer) -> Formula {
    let machine = SymbolicMachine(explorer: explorer, shape: decoder.shape)
    let entry = machine.initialEntry(level: 2, key: address &>> decoder.shift(2))
    return decoder.isTable(entry, level: 2)
  }

  private func address(_ explorer: PathExplorer) -> BitVector {
    let address = explorer.context.variable("address")
    let offset = BitVector(geometry.pageSize - 1)
    if case .pages = extent { explorer.assume((address & offset) .== BitVector(0)) }
    guard isSmallRun else { return address }
    let page = address & ~offset
    let pages = 0..<inputLimit >> geometry.pageShift
    let chosen = pages.first { explorer.decide(page .== BitVector($0 << geometry.pageShift)) }
    guard let chosen else { return address }
    let start = BitVector(chosen << geometry.pageShift)
    if case .pages = extent { return start }
    return start | (address & offset)
  }

  /// The size of a range, as its extent bounds it.
  private func sizeInBytes(
    _ address: BitVector,
    _ extent: Extent,
    _ explorer: PathExplorer
  ) -> BitVector {
    let size = explorer.context.variable("size")
    switch extent {
    case .pages(let count): return BitVector(UInt64(count) << geometry.pageShift)
    case .touching(let count):
      let touched = BitVector(UInt64(count) << geometry.pageShift)
      let offset = address & BitVector(geometry.pageSize - 1)
      explorer.assume(size .<= touched)
      explorer.assume(BitVector(0) .< size)
      explorer.assume(offset &+ size .<= touched)
      explorer.assume(touched &- BitVector(geometry.pageSize) .< offset &+ size)
    case .nothing: return BitVector(0)
    case .outside:
      let limit = BitVector(inputLimit)
      explorer.assume((limit .< address) .| (limit &- address .< size))
    }
    return size
  }

  /// The slots that a fault is in or beside: two blocks; pages around a block, aligned alike or not;
  /// without huge pages; and such as end beyond the output addresses.
  var slots: [MemorySlot] {
    let (page, block) = (geometry.pageSize, geometry.span(at: 2))
    let far = UInt64(1) << 40
    let last = UInt64(1) << geometry.outputAddressBits - page
    func slot(_ base: UInt64, _ size: UInt64, _ physical: UInt64, isHuge: Bool = true) -> MemorySlot
    {
      MemorySlot(base: base, sizeInBytes: size, physical: physical, isHugeBacked: isHuge)
    }
    let before = block - page
    return [
      slot(block, 2 * block, far),
      slot(before, block + 2 * page, far + before),
      slot(before, block + 2 * page, far),
      slot(block, 2 * block, far, isHuge: false),
      slot(before, block + 2 * page, last),
    ]
  }
}
