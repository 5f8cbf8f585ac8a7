public import Machines

/// Who may change a field.
public enum FieldProtection {
  /// Nobody: it is what it is.
  case constant
  /// This thread alone: nobody else can reach it, or looks at it.
  case caller
  /// Anybody, at any moment.
  case nobody
  /// Who holds all of these locks alone, each of them where its condition is true; so whoever holds one
  /// of them, shared or not, finds the field as it left it.
  case locks([(lock: FieldPlace, when: Formula)])

  /// Who holds all of these locks alone.
  public static func all(_ locks: FieldPlace...) -> FieldProtection {
    .locks(locks.map { ($0, Formula(true)) })
  }
}

/// Something that is true of records at a moment.
public struct RecordInvariant {
  /// What breaks where it is false: one name for what is to be told as one.
  public let name: String
  /// What is true, as the end of a sentence that begins with 'the walker'.
  public let text: String
  /// The fields that it is about.
  public let places: Set<FieldPlace>
  /// Whether it is true.
  public let formula: (RecordState) -> Formula

  /// An invariant.
  public init(
    _ name: String,
    _ text: String,
    _ places: Set<FieldPlace>,
    _ formula: @escaping (RecordState) -> Formula
  ) {
    self.name = name
    self.text = text
    self.places = places
    self.formula = formula
  }
}

/// Something that is true of every step of every thread, or of all that do not hold a lock alone.
///
/// It is what each thread guarantees and what all others rely on, so it must be true of steps in a row if
/// it is true of each.
public struct StepInvariant {
  /// What breaks where it is false.
  public let name: String
  /// What is true, as the end of a sentence that begins with 'the walker'.
  public let text: String
  /// Who holds this lock alone need not keep it.
  public let exemption: FieldPlace?
  /// The fields that it is about.
  public let places: Set<FieldPlace>
  /// Whether a step leads from one state to another.
  public let formula: (_ before: RecordState, _ after: RecordState) -> Formula

  /// An invariant of steps.
  public init(
    _ name: String,
    _ text: String,
    unless exemption: FieldPlace? = nil,
    _ places: Set<FieldPlace>,
    _ formula: @escaping (_ before: RecordState, _ after: RecordState) -> Formula
  ) {
    self.name = name
    self.text = text
    self.exemption = exemption
    self.places = places
    self.formula = formula
  }
}

/// What the threads of a system owe each other, and what a proof keeps in mind of a path beside what is
/// in memory.
///
/// What is kept in mind that others can change too (how often a cache was passed by) is a field of a
/// record like any other, which no walker knows.
public protocol RecordDiscipline: AnyObject {
  /// Every field of every record that is there from the start, those included that no walker knows.
  var places: [FieldPlace] { get }
  /// What fields hold that nobody changes, where that is known.
  var constants: [FieldPlace: UInt64] { get }
  /// Which bits fields can have of which less than 64 matter; only of fields that no walker knows.
  ///
  /// What is counted needs no more than tell apart as many moments as there are on a path: only which of
  /// two numbers is greater is asked, and a number and the next.
  var masks: [FieldPlace: UInt64] { get }
  /// Who may change a field, of a record that was made on the path too.
  func protection(of place: FieldPlace, in state: RecordState) -> FieldProtection
  /// What is true whenever nobody holds a lock alone; only of what the lock protects.
  func invariants(of lock: FieldPlace) -> [RecordInvariant]
  /// What is true before and after every step.
  var invariants: [RecordInvariant] { get }
  /// What is true of every step.
  var steps: [StepInvariant] { get }
  /// What is true of any state, because of what its fields mean; nobody is asked to show it.
  func meaning(of state: RecordState) -> Formula

  /// A lock was taken; `state` is what its holder finds.
  func acquired(_ lock: FieldPlace, _ machine: SymbolicRecordMachine)
  /// What a read finds in a field that anybody may change, where that does not matter to what is known
  /// of others; nil where it does.
  func finds(in place: FieldPlace) -> BitVector?
  /// A field was written over `old`, in the same step.
  func wrote(_ place: FieldPlace, over old: BitVector, _ machine: SymbolicRecordMachine)
  /// A lock that is held alone is about to be given back, in the same step.
  func releases(_ lock: FieldPlace, _ machine: SymbolicRecordMachine)
  /// A round of a loop is over in which the walker waited for others, or failed because of them.
  func beginsAgain(_ machine: SymbolicRecordMachine)
  /// What the rounds of the loop have in common to whose head the walker comes; nil where they are to be
  /// followed one after the other.
  func rounds(_ machine: SymbolicRecordMachine) -> RecordRounds?
}

extension RecordDiscipline {
  /// They are followed one after the other.
  public func rounds(_ machine: SymbolicRecordMachine) -> RecordRounds? { nil }
}
