import Machines
import Walkers

extension ArmUnmapScenario {
  /// The call, in the names of theorems and at the beginning of what they say.
  var callName: String {
    switch operation {
    case .map: "map"
    case .faultIn: "fault-in"
    case .annotate: "annotate"
    case .unmap: "unmap"
    case .flush: "flush"
    }
  }

  /// What the theorems are called, before their clauses.
  var name: String {
    var parts = [isHyp ? "arm-unmap-hyp" : "arm-unmap", callName]
    switch operation {
    case .map(Geometry.lastLevel): parts.append("page")
    case .map(let level):
      parts.append(hasLeaf ? "block-at-level-\(level)" : "no-leaf-at-level-\(level)")
    case .faultIn, .annotate: break
    case .unmap(let extent, let mayYield):
      parts.append(name(of: extent))
      if mayYield { parts.append("yielding") }
    case .flush(let extent): parts.append(name(of: extent))
    }
    parts.append("\(1 << (geometry.pageShift - 10))K")
    parts.append("\(geometry.startLevel.levelsBeneath + 1)-levels")
    if scale == .small { parts.append("\(geometry.entryCount)-entries") }
    parts.append("ia\(geometry.inputAddressBits)")
    if configuration.hasRangeInvalidation { parts.append("range") }
    return parts.joined(separator: ".")
  }

  private func name(of extent: Extent) -> String {
    switch extent {
    case .pages(let count): "\(count)-page\(count == 1 ? "" : "s")"
    case .touching(let count): "bytes-of-\(count)-page\(count == 1 ? "" : "s")"
    case .nothing: "size-0"
    case .outside: "outside"
    }
  }

  /// For what sizes, ranges and configurations the theorems hold.
  var bounds: String {
    "\(arguments); pages of \(1 << (geometry.pageShift - 10)) KiB, "
      + "\(geometry.entryCount) entries a table, levels \(geometry.startLevel) to 3, "
      + "\(geometry.rootPageCount) root page\(geometry.rootPageCount == 1 ? "" : "s")"
      + (configuration.hasRangeInvalidation ? ", range TLBI" : "")
  }

  private var arguments: String {
    switch operation {
    case .map(let level): "any two addresses and protection, level \(level)"
    case .faultIn:
      "any address, reads and writes, \(slots.count) slots"
        + (scale == .real ? ", blocks where there is no table" : "")
    case .annotate: "any address"
    case .unmap(let extent, let mayYield):
      text(of: extent)
        + (mayYield ? "; whenever it lets others run, they leave any well-formed tables" : "")
    case .flush(let extent): text(of: extent)
    }
  }

  private func text(of extent: Extent) -> String {
    switch extent {
    case .pages(let count): "\(count) page\(count == 1 ? "" : "s") from any page on"
    case .touching(let count):
      "any bytes that touch \(count) page\(count == 1 ? "" : "s")"
    case .nothing: "size 0, from any address"
    case .outside: "any size from any address, not ending inside the input space or wrapping"
    }
  }
}
