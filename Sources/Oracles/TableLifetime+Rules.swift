public import Machines

extension Rule {
  /// A freed table was used.
  public static let useAfterFree = Rule(
    "use-after-free",
    "a freed table page is neither read nor written",
    oracle: "TableLifetime"
  )

  /// Something else than a table page was used as one.
  public static let accessOutsideMemory = Rule(
    "access-outside-memory",
    "only table pages are read and written as tables",
    oracle: "TableLifetime"
  )

  /// A page was freed, given away or counted that was freed before.
  public static let doubleFree = Rule(
    "double-free",
    "a page is freed once, and its count is not touched afterwards",
    oracle: "TableLifetime"
  )

  /// A page was let go more often than it was held.
  public static let countBelowZero = Rule(
    "count-below-zero",
    "a page's count never falls below zero",
    oracle: "TableLifetime"
  )

  /// A table was freed to which an entry leads.
  public static let freedWhileLinked = Rule(
    "freed-while-linked",
    "a table is freed only when no table entry leads to it",
    oracle: "TableLifetime"
  )

  /// A table was freed to which a cached entry may lead.
  public static let freedWhileWalkable = Rule(
    "freed-while-walkable",
    "a table is freed only when no TLB can hold a table entry that leads to it",
    oracle: "TableLifetime"
  )

  /// An entry was made to lead to what is no table in use.
  public static let linkedFreedTable = Rule(
    "linked-freed-table",
    "a table entry leads to a live table page",
    oracle: "TableLifetime"
  )

  /// An entry was made to lead to a table that has its place already.
  public static let linkedTwice = Rule(
    "linked-twice",
    "a table page is linked at one place",
    oracle: "TableLifetime"
  )

  /// A root is not what the sizes demand, or not freed as what it is.
  public static let rootMismatch = Rule(
    "root-mismatch",
    "a root is as many aligned concatenated tables as the sizes demand, and freed as it was made",
    oracle: "TableLifetime"
  )

  /// A table leads nowhere, and was not given back.
  public static let lostTable = Rule(
    "lost-table",
    "when a call returns, every table page that is not free, nor given away to be freed later, is"
      + " part of the tree",
    oracle: "TableLifetime"
  )

  /// A page was not freed.
  public static let leakAfterDestroy = Rule(
    "leak-after-destroy",
    "destroy frees every table page",
    oracle: "TableLifetime"
  )
}

extension TableLifetime {
  /// The rules that are judged here.
  static let rules: [Rule] = [
    .useAfterFree, .accessOutsideMemory, .doubleFree, .countBelowZero, .freedWhileLinked,
    .freedWhileWalkable, .linkedFreedTable, .linkedTwice, .rootMismatch, .lostTable,
    .leakAfterDestroy,
  ]
}
