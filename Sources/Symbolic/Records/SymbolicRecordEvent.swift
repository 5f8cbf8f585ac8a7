public import Machines

/// One thing that happened on a path of a symbolic machine of records.
public enum SymbolicRecordEvent {
  /// Others did what made one state of another.
  case others(before: RecordState, after: RecordState)
  /// A field was read.
  case read(FieldPlace, value: BitVector)
  /// A field was written.
  case write(FieldPlace, value: BitVector)
  /// A field was read and written at once.
  case update(FieldPlace, old: BitVector, new: BitVector)
  /// A compare-and-exchange found something else.
  case mismatch(FieldPlace, found: BitVector)
  /// A lock was taken.
  case acquire(FieldPlace, LockMode)
  /// A lock was given back.
  case release(FieldPlace, LockMode)
  /// A lock, queue or completion was made anew.
  case initialise(FieldPlace)
  /// A record was handed out.
  case allocate(UInt64)
  /// Something else at which others could run.
  case pause
  /// The thread let others run.
  case yield
  /// What surrounds the records answered this.
  case answer(BitVector)

  /// Whether others could run before it.
  public var isStep: Bool {
    switch self {
    case .others, .answer: false
    default: true
    }
  }
}

/// What must be true on a path.
public struct RecordObligation {
  /// What it breaks where it is false.
  public let name: String
  /// What must be true, as the end of a sentence that begins with 'the walker'.
  public let text: String
  /// Whether it is.
  public let formula: Formula

  /// Something that must be true.
  public init(name: String, text: String, formula: Formula) {
    self.name = name
    self.text = text
    self.formula = formula
  }
}

/// Names of what every walker owes a machine of records, whatever its system.
public enum RecordDuty {
  /// It uses records that are there.
  public static let usesLiveRecords = "live-records"
  /// It writes what it has locked.
  public static let writesLocked = "writes-locked"
  /// It takes and gives back locks in pairs.
  public static let pairsLocks = "pairs-locks"
  /// It sleeps where it may.
  public static let sleepsWhereItMay = "sleeps-where-it-may"
  /// It never comes to what its author thought impossible.
  public static let neverWarns = "never-warns"

  /// All of them, with what a walker does that keeps them.
  public static let all: [(name: String, text: String)] = [
    (usesLiveRecords, "uses no record that is not there"),
    (writesLocked, "changes only what the locks it holds let it change"),
    (pairsLocks, "takes no lock that it holds, gives back each that it takes, and makes none anew"),
    (sleepsWhereItMay, "sleeps with no spinning lock held"),
    (neverWarns, "never comes to where it warns"),
  ]

  static func text(_ name: String) -> String { all.first { $0.name == name }?.text ?? name }
}
