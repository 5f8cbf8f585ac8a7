import Architecture

/// Table lifetime: pages are used between allocation and free, freed once and only when no walk can
/// reach them, and none is lost.
///
/// A walk reaches a page from the root, or by way of a table entry that some TLB may still hold
/// (Arm ARM DDI 0487 M.b, RRVJDB: table entries are cached too). The rest is the calls' own
/// contract. Freed pages are not handed out again by a tracing machine, so that each use after a free
/// shows.
///
/// Does not establish: anything about memory that tables do not live in.
struct TableLifetime {
  /// The physical address of the root's first page; nil before it was allocated.
  var root: UInt64?
  /// How many pages were allocated and not freed.
  var liveCount = 0
  /// How many pages a walk from the root reaches.
  var linkedCount = 0
  /// How many pages were given away to be freed later, and were not yet.
  var deferredCount = 0
  /// Every page that was ever used has a lower number.
  var usedPageCount = 0

  /// A load or store that is not in a live page.
  static func judgeAccess(
    _ address: UInt64,
    isStore: Bool,
    _ pages: UnsafeMutablePagePointer,
    _ memory: PhysicalMemoryView,
    _ findings: inout Findings
  ) {
    let verb = isStore ? "written" : "read"
    let page = memory.page(of: address)
    if page < memory.capacity, pages[page].station == .freed {
      let place = Place(entryAddress: address, inputAddress: nil, level: pages[page].level)
      findings.add(.useAfterFree, "a freed table page was \(verb)", at: place, detail: verb)
    } else {
      let place = Place(entryAddress: address)
      findings.add(.accessOutsideMemory, "no table page, and \(verb)", at: place, detail: verb)
    }
  }

  /// A count was changed of something that is not a live page.
  static func judgeCount(
    _ address: UInt64,
    _ pages: UnsafeMutablePagePointer,
    _ memory: PhysicalMemoryView,
    _ findings: inout Findings
  ) {
    let page = memory.page(of: address)
    if page < memory.capacity, pages[page].station == .freed {
      let place = Place(entryAddress: address, inputAddress: nil, level: pages[page].level)
      findings.add(.doubleFree, "the count of a freed table page was changed", at: place)
    } else {
      let place = Place(entryAddress: address)
      findings.add(.accessOutsideMemory, "no table page, and counted", at: place, detail: "counted")
    }
  }

  static func convictBelowZero(
    _ page: PageShadow,
    _ address: UInt64,
    _ findings: inout Findings
  ) {
    findings.add(
      .countBelowZero,
      "the count of a table page fell to \(page.count)",
      at: page.place(address)
    )
  }

  static func convictFreeLinked(
    _ page: PageShadow,
    _ address: UInt64,
    _ findings: inout Findings
  ) {
    let what = page.isRoot ? "the root" : "a table that an entry still leads to"
    findings.add(
      .freedWhileLinked,
      "\(what) was freed, with \(page.nonzeroCount) entries that are not zero",
      at: page.place(address),
      detail: page.nonzeroCount == 0 ? "empty" : "in-use"
    )
  }

  static func convictDeferLinked(
    _ page: PageShadow,
    _ address: UInt64,
    _ findings: inout Findings
  ) {
    findings.add(
      .freedWhileLinked,
      "a table that an entry still leads to was given away to be freed later",
      at: page.place(address),
      detail: "deferred"
    )
  }

  static func convictDeferTwice(
    _ page: PageShadow,
    _ address: UInt64,
    _ findings: inout Findings
  ) {
    findings.add(
      .doubleFree,
      "a table was given away a second time, to be freed later",
      at: page.place(address),
      detail: "deferred"
    )
  }

  static func convictFreeWalkable(
    _ page: PageShadow,
    _ address: UInt64,
    _ entry: StaleEntry?,
    _ findings: inout Findings
  ) {
    let reason = entry?.explanation ?? "was not invalidated"
    findings.add(
      entry?.rule(otherwise: .freedWhileWalkable) ?? .freedWhileWalkable,
      "a table was freed while the table entry that led to it may still be cached: it \(reason)",
      at: page.place(address),
      detail: "freed/" + (entry?.cause ?? "not-invalidated")
    )
  }

  static func convictLink(
    to address: UInt64,
    at place: Place,
    detail: String = "",
    _ findings: inout Findings
  ) {
    findings.add(
      .linkedFreedTable,
      "a table entry was written that leads to \(address.hexadecimal), which is no live table page",
      at: place,
      detail: detail
    )
  }

  static func convictSecondLink(
    _ change: EntryChange,
    to address: UInt64,
    _ findings: inout Findings
  ) {
    findings.add(
      .linkedTwice,
      "the table at \(address.hexadecimal), linked elsewhere already, was linked again",
      at: change.place,
      detail: change.transition
    )
  }
}

extension PageShadow {
  /// The page as a place in the tables.
  func place(_ address: UInt64) -> Place {
    Place(entryAddress: address, inputAddress: inputAddress, level: level)
  }
}
