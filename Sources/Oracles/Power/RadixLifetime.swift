import Architecture
public import Machines

/// The life of radix tables: pages are used between allocation and free, lead from one place, and are freed
/// once, when no walk can reach them and no CPU sets bits in them.
///
/// Freed pages are not handed out again by a tracing machine, so that each use after a free shows.
///
/// Does not establish: anything about memory that tables do not live in.
enum RadixLifetime {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .radixUseAfterFree, .radixAccessOutsideTable, .radixDoubleFree, .radixFreedWhileLinked,
    .radixFreedWhileWalkable, .radixFreedWhileCached, .radixBadLink, .radixLostTable, .radixLeak,
  ]
}

extension RadixJudges {
  /// Judges that an access is to an entry of a table in use.
  mutating func judgeAccess(_ address: UInt64) -> Bool {
    guard let number = number(of: address), pages[number].station != .unused else {
      add(
        .radixAccessOutsideTable,
        "\(address.hexadecimal) is in no table",
        at: Place(entryAddress: address)
      )
      return false
    }
    guard pages[number].station == .live else {
      add(
        .radixUseAfterFree,
        "the entry at \(address.hexadecimal) was used after its table was freed",
        at: Place(entryAddress: address)
      )
      return false
    }
    let index = address % (1 << memory.pageShift) / 8
    if let span = pages[number].span, index >= span.count {
      add(
        .radixAccessOutsideTable,
        "\(address.hexadecimal) is behind the last of the table's \(span.count) entries",
        at: Place(entryAddress: address)
      )
      return false
    }
    return true
  }

  /// Judges that a page is freed when nothing can lead to it, nor change it.
  mutating func free(_ address: UInt64, isRoot: Bool = false) {
    guard let number = number(of: address), pages[number].station == .live else {
      add(
        .radixDoubleFree,
        "the page at \(address.hexadecimal) was freed, and was not in use",
        at: Place(entryAddress: address)
      )
      return
    }
    pages[number].station = .freed
    if let span = pages[number].span, !isRoot {
      add(
        .radixFreedWhileLinked,
        "the table at \(address.hexadecimal) was freed while an entry led to it",
        at: Place(entryAddress: address, inputAddress: span.base)
      )
    }
    if isRoot {
      // Whoever frees the root has taken it from the partition table.
      unlink(number)
    }
    if let entry = cache.entries.first(where: { !$0.isLeaf && $0.child == address }) {
      add(
        .radixFreedWhileWalkable,
        "the table at \(address.hexadecimal) was freed while the entry that led to it may be cached",
        detail: sizeText(entry.shift),
        at: Place(entry)
      )
    }
    let held = cache.entries.first { $0.isLeaf && memory.page(of: $0.place) == number }
    if let held {
      add(
        .radixFreedWhileCached,
        "the table at \(address.hexadecimal) was freed while its leaf for \(held.base.hexadecimal) may"
          + " be cached",
        detail: sizeText(held.shift),
        at: Place(held)
      )
    }
  }

  /// An entry was made to lead to what is no table of its own.
  mutating func convictLink(to table: UInt64, at place: Place) {
    add(
      .radixBadLink,
      "the entry at \(place.entryAddress.hexadecimal) was made to lead to \(table.hexadecimal)",
      at: place
    )
  }

  /// Judges, when a call returns, the tables that it was given and those that it took out.
  mutating func judgeAdrift() {
    let lost = adrift.first { pages[$0].station == .live && pages[$0].span == nil }
    guard let lost else { return }
    let address = memory.base + UInt64(lost) << memory.pageShift
    add(
      .radixLostTable,
      "the page at \(address.hexadecimal) is a table to which nothing leads, and was not given back",
      at: Place(entryAddress: address)
    )
  }

  /// Judges that nothing is left after the tree was freed.
  public mutating func judgeFreed() {
    for (number, page) in pages.enumerated() where page.station == .live {
      let address = memory.base + UInt64(number) << memory.pageShift
      add(
        .radixLeak,
        "the page at \(address.hexadecimal) was not freed",
        at: Place(entryAddress: address)
      )
      return
    }
  }
}

extension Rule {
  /// A freed table was used.
  public static let radixUseAfterFree = Rule(
    "use-after-free",
    "a freed table is neither read nor written",
    oracle: "RadixLifetime"
  )

  /// Something else than an entry of a table was used.
  public static let radixAccessOutsideTable = Rule(
    "access-outside-table",
    "only entries of tables are read and written as such",
    oracle: "RadixLifetime"
  )

  /// A page was freed that was not in use.
  public static let radixDoubleFree = Rule(
    "double-free",
    "a table is freed once",
    oracle: "RadixLifetime"
  )

  /// A table was freed to which an entry leads.
  public static let radixFreedWhileLinked = Rule(
    "freed-while-linked",
    "a table is freed only when no entry leads to it",
    oracle: "RadixLifetime"
  )

  /// A table was freed to which a cached entry may lead.
  public static let radixFreedWhileWalkable = Rule(
    "freed-while-walkable",
    "a table is freed only when no walk cache can hold an entry that leads to it",
    reference: "Power ISA 3.0B, Book III, \"TLB Management Instructions\"",
    oracle: "RadixLifetime"
  )

  /// A table was freed of which a TLB may hold a leaf.
  public static let radixFreedWhileCached = Rule(
    "freed-while-cached",
    "a table is freed only when no TLB can hold a leaf of it, whose bits the hardware would set"
      + " there",
    reference: "Power ISA 3.0B, Book III, \"Reference and Change Recording\"",
    oracle: "RadixLifetime"
  )

  /// An entry was made to lead to what is no table of its own.
  public static let radixBadLink = Rule(
    "bad-link",
    "an entry leads to a table of its own, aligned to its size",
    reference: "Power ISA 3.0B, Book III, \"Radix Tree Translation\"",
    oracle: "RadixLifetime"
  )

  /// A table leads nowhere, and was not given back.
  public static let radixLostTable = Rule(
    "lost-table",
    "when a call returns, each table that it made or took out leads somewhere or was given back",
    oracle: "RadixLifetime"
  )

  /// A page was not freed.
  public static let radixLeak = Rule(
    "leak-after-destroy",
    "free gives every table back",
    oracle: "RadixLifetime"
  )
}
