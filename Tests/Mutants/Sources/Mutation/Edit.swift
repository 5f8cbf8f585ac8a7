/// A piece of a file that becomes another text.
struct Edit: Hashable {
  /// Which bytes, from the start of the file.
  var range: Range<Int>
  /// What stands there instead.
  var text: String
  /// The kind of fault.
  var kind: MutationKind
}

/// A place that one of several texts can stand at.
struct Slot {
  /// What a place takes.
  enum Form {
    /// A statement whose value nobody has.
    case statement
    /// A value that is returned or bound, where `switch` may stand.
    case value
    /// A truth value, anywhere.
    case condition
    /// A value of a type that is not told, anywhere.
    case term
    /// A statement that leaves a block.
    case jump
  }

  var range: Range<Int>
  var form: Form
  /// Single changes of its text.
  var edits: [Edit]
  /// Faults for which the whole place has another text, by where they were made.
  var replacements: [Replacement] = []

  /// A text for the whole place.
  struct Replacement {
    /// Which fault it belongs to; the slot of that fault may be another one.
    var key: Key
    var text: String
    /// Nil where another slot has made the fault.
    var kind: MutationKind?
  }

  /// Names a fault that concerns more than one slot.
  struct Key: Hashable {
    var position: Int
    var kind: MutationKind
    var ordinal = 0
  }
}
