public import Machines

/// What a caller of a hypervisor's own stage-1 library may observe.
public struct HypModel: Sendable {
  /// What the table was made with.
  public let configuration: HypConfiguration
  /// Whether an unmap frees the tables that it leaves empty; else they stay until destroy.
  public let freesEmptyTables: Bool
  /// The entries.
  public private(set) var tables: TableModel

  /// An empty stage 1.
  public init(_ configuration: HypConfiguration, freesEmptyTables: Bool = true) {
    self.configuration = configuration
    self.freesEmptyTables = freesEmptyTables
    tables = TableModel(
      granule: configuration.granule,
      inputAddressBits: configuration.inputAddressBits,
      outputAddressBits: configuration.outputAddressBits,
      rootPageLimit: 1,
      levelMinimum: 1
    )
  }

  /// Maps a range in the largest leaves that fit; `allocations` tables can be had.
  public mutating func map(
    address: UInt64,
    sizeInBytes: UInt64,
    physical: UInt64,
    protection: UInt64,
    allocations: Int
  ) -> Errno {
    beginCall()
    guard protection & Protection.read != 0 else { return .invalid }
    if protection & Protection.execute != 0,
      protection & (Protection.write | Protection.device) != 0
    {
      return .invalid
    }
    guard let range = tables.pages(from: address, sizeInBytes: sizeInBytes),
      var output = tables.output(physical, sizeInBytes: UInt64(range.count))
    else { return .range }
    var allocations = allocations
    var cursor = range.lowerBound
    while cursor < range.upperBound {
      let (place, entry) = tables.find(cursor)
      guard leafFits(at: place.level, cursor, output, range.upperBound - cursor) else {
        // A table can take the place of nothing, but not that of a block.
        guard entry == nil else { return .invalid }
        guard allocations > 0 else { return .noMemory }
        allocations -= 1
        tables.set(.table, at: place)
        continue
      }
      let mapping = Mapping(outputAddress: output, protection: protection)
      if case .leaf(let old) = entry, !old.isSame(exceptSoftwareOf: mapping) { return .invalid }
      tables.set(.leaf(mapping), at: place)
      output += tables.span(at: place.level)
      cursor += tables.span(at: place.level)
    }
    return .ok
  }

  private func leafFits(
    at level: LookupLevel,
    _ input: UInt64,
    _ output: UInt64,
    _ remaining: UInt64
  ) -> Bool {
    let span = tables.span(at: level)
    return tables.allowsLeaf(at: level) && input % span == 0 && output % span == 0
      && remaining >= span
  }

  /// Unmaps leaf by leaf up to the first that is missing or only partly in the range, and frees
  /// tables left empty.
  /// - Returns: how many bytes were unmapped.
  public mutating func unmap(address: UInt64, sizeInBytes: UInt64) -> UInt64 {
    beginCall()
    guard let range = tables.pages(from: address, sizeInBytes: sizeInBytes) else { return 0 }
    var unmapped: UInt64 = 0
    let freesEmptyTables = freesEmptyTables
    tables.visit(range, level: tables.startLevel, visitsEmpty: true) {
      tables,
      place,
      entry,
      cursor in
      switch entry {
      case .table:
        if freesEmptyTables, tables.isEmptyTable(place) { tables.set(nil, at: place) }
        return true
      case .leaf:
        let span = tables.span(at: place.level)
        guard cursor == place.address, range.upperBound - cursor >= span else { return false }
        tables.set(nil, at: place)
        unmapped += span
        return true
      default:
        return false
      }
    }
    return unmapped
  }

  /// Begins a call that has changed nothing yet.
  public mutating func beginCall() { tables.changes.removeAll(keepingCapacity: true) }
}
