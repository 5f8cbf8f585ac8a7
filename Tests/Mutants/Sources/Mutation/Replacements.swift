/// Which names and operators stand for which others.
enum Replacements {
  /// Operators that are taken for others, in the same place.
  static let operators: [String: [(text: String, kind: MutationKind)]] = [
    "<": [("<=", .bound)], "<=": [("<", .bound)], ">": [(">=", .bound)], ">=": [(">", .bound)],
    ".<": [(".<=", .bound)], ".<=": [(".<", .bound)],
    "==": [("!=", .equality)], "!=": [("==", .equality)],
    ".==": [(".!=", .equality)], ".!=": [(".==", .equality)],
    "+": [("-", .arithmetic)], "-": [("+", .arithmetic)],
    "&+": [("&-", .arithmetic)], "&-": [("&+", .arithmetic)],
    "+=": [("-=", .arithmetic)], "-=": [("+=", .arithmetic)],
    "&+=": [("&-=", .arithmetic)], "&-=": [("&+=", .arithmetic)],
    "&<<": [("&>>", .shift)], "&>>": [("&<<", .shift)], "<<": [(">>", .shift)],
    ">>": [("<<", .shift)],
    "|=": [("&=", .logic), ("=", .logic)], "&=": [("|=", .logic)],
  ]

  /// Operators that bind otherwise than those they are taken for.
  static let looseOperators: [String: String] = [
    "&": "|", "|": "&", "^": "|", "&&": "||", "||": "&&", ".&": ".|", ".|": ".&",
  ]

  /// Operators of which one operand may be forgotten: the left, the right.
  static let droppable: [String: (left: Bool, right: Bool)] = [
    "&": (false, true), "|": (true, true), "&&": (true, true), "||": (true, true),
    ".&": (true, true), ".|": (true, true), "^": (false, true), "&+": (false, true),
    "&-": (false, true), "+": (false, true), "-": (false, true), "&>>": (false, true),
  ]

  /// Members that are named without their type.
  static let implicitMembers: [String: [(name: String, kind: MutationKind)]] = [
    "release": [("relaxed", .weaker)],
    "dsbISHST": [("dmbISHST", .weaker), ("dsbNSHST", .weaker)],
    "dsbISH": [("dsbISHST", .weaker), ("dsbNSH", .weaker)],
    "dsbNSH": [("dsbNSHST", .weaker)],
    "ptesync": [("eieio", .weaker)],
    "ipas2e1": [("ipas2le1", .weaker)],
    "vae2": [("vale2", .weaker)],
    "vmalls12e1": [("vmalle1", .weaker)],
    "translations": [("walkCache", .weaker)],
    "walkCache": [("translations", .weaker)],
    "everything": [("walkCache", .weaker), ("translations", .weaker)],
    "resume": [("reflect", .neighbour)],
    "reflect": [("resume", .neighbour), ("emulate", .neighbour)],
    "emulate": [("reflect", .neighbour)],
    "tablePre": [("tablePost", .neighbour)],
    "tablePost": [("tablePre", .neighbour)],
    "max": [("zero", .constant)],
  ]

  /// Members of types that say how shared state is used, by the types of the parameters they go to.
  static let members: [String: [String: [String]]] = [
    "Access": ["once": ["plain"], "acquire": ["once"], "release": ["once"]],
    "AtomicOrder": ["acquire": ["relaxed"], "release": ["relaxed"], "full": ["relaxed"]],
    "Fence": ["smpMB": ["smpRMB", "smpWMB"], "smpRMB": ["smpWMB"], "smpWMB": ["smpRMB"]],
    "LockMode": [
      "spinIRQ": ["spin"], "readIRQ": ["read"], "writeIRQ": ["readIRQ", "write"],
      "write": ["read"],
    ],
  ]

  /// Functions of which there is one that does less.
  static let weaker = ["withLock": "withoutLock"]

  /// Errors, which are told as `ok`.
  static let errors: Set = [
    "notPermitted", "notFound", "fault", "tooBig", "again", "noMemory", "busy", "exists", "invalid",
    "range", "notImplemented",
  ]

  /// Properties and functions that come in pairs.
  static let opposites = [
    "lowerBound": "upperBound", "upperBound": "lowerBound", "min": "max", "max": "min",
    "retain": "release", "lock": "unlock", "unlock": "lock",
  ]

  /// Parameters that count or number something, which may be off by one.
  static let numbered: Set = [
    "index", "level", "lowest", "count", "pageCount", "amount", "number", "word", "shift", "bits",
    "size", "pageShift", "first", "last", "frame", "position",
  ]

  /// Calls of which nothing is mutated.
  static let untouched: Set = [
    "Site", "precondition", "preconditionFailure", "fatalError", "assert", "assertionFailure",
    "Field", "Layout",
  ]

  /// Calls that do nothing more when they are made twice, but take time.
  static func isIdempotent(_ name: String) -> Bool {
    [
      "store", "barrier", "clean", "mark", "report", "fill", "split", "warn", "extend", "open",
      "close",
      "leave", "retire", "init", "write", "set", "setSlot", "fence", "mightSleep", "markDirty",
    ].contains(name)
      || ["invalidate", "issue", "complete", "order"].contains { name.hasPrefix($0) }
  }
}
