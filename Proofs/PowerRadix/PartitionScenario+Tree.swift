import Architecture
import Machines
import Symbolic

extension PartitionScenario {
  /// The last lookup level as machines count them.
  static let lastLevel = LookupLevel.last

  /// The manual's number of a level that machines count from the root.
  static func level(_ machineLevel: LookupLevel) -> RadixLevel {
    RadixLevel(lastLevel.number - machineLevel.number)
  }

  static func has(_ entry: BitVector, _ field: PowerField) -> Formula {
    (entry & BitVector(field.mask)) .!= BitVector(0)
  }

  /// The bits that make an entry a leaf.
  static let validLeaf = RadixField.valid.mask | RadixField.leaf.mask

  static func isLeaf(_ entry: BitVector) -> Formula {
    (entry & BitVector(validLeaf)) .== BitVector(validLeaf)
  }

  static func isTable(_ entry: BitVector) -> Formula {
    (entry & BitVector(validLeaf)) .== BitVector(RadixField.valid.mask)
  }

  /// Where tables that are handed out lie; none lies there before.
  private static let freshBase: UInt64 = 1 << 46

  /// What entries are assumed to be: what earlier calls can have left there.
  private func isWellFormed(_ entry: BitVector, _ machineLevel: LookupLevel) -> Formula {
    let level = PartitionScenario.level(machineLevel)
    let isEmpty = entry .== BitVector(0)
    // A table has a page of its own, below those that are handed out later.
    let elsewhere = BitVector(PartitionScenario.freshBase | RadixField.nextBase.mask & 0xfff)
    let table = PartitionScenario.isTable(entry) .& ((entry & elsewhere) .== BitVector(0))
    if level == 3 { return isEmpty .| table }
    let offset = RadixField.realPage.mask & (1 << configuration.shift(of: level) - 1)
    let isAligned = (entry & BitVector(offset)) .== BitVector(0)
    let isOwn = (entry & BitVector(~RadixField.partitionLeaf)) .== BitVector(0)
    let leaf = PartitionScenario.isLeaf(entry) .& isAligned .& isOwn
    return level == 0 ? isEmpty .| leaf : isEmpty .| leaf .| table
  }

  /// The symbolic machine's view of the tables.
  var shape: TableTreeShape {
    let scenario = self
    var shape = TableTreeShape(
      indexBits: 1,
      pageShift: 12,
      startLevel: 0,
      lastLevel: PartitionScenario.lastLevel,
      freshBase: PartitionScenario.freshBase,
      linkedAddress: { $0 & BitVector(RadixField.nextBase.mask) },
      isLink: { $1 < PartitionScenario.lastLevel ? PartitionScenario.isTable($0) : Formula(false) },
      isWellFormed: { scenario.isWellFormed($0, $1) }
    )
    shape.countsEntries = false
    return shape
  }

  /// How its tables are laid out in plain memory.
  var format: TableFormat {
    let configuration = configuration
    return TableFormat(
      pageShift: 12,
      rootPageCount: 1,
      entryCount: 2,
      addressField: RadixField.nextBase.mask,
      isTable: {
        $1 < PartitionScenario.lastLevel ? PartitionScenario.isTable($0) : Formula(false)
      },
      isLink: { entry, level in
        level < PartitionScenario.lastLevel && RadixField.isTable(entry)
      },
      shift: { configuration.shift(of: PartitionScenario.level($0)) }
    )
  }
}
