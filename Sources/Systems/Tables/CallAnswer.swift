import Checking
import Machines

/// What a call returned, beside what it did to the tables.
struct CallAnswer: ComparedAnswer {
  /// The result; `ok` where the call has none.
  var result = Errno.ok
  /// The descriptor, truth value or number of bytes that it returned; 0 where it returns none.
  var word: UInt64 = 0
  /// The level that it returned; 0 where it returns none.
  var level: LookupLevel = 0

  /// The results, each in words.
  func difference(from other: CallAnswer) -> AnswerDifference? {
    self == other ? nil : AnswerDifference("result of", words, other.words)
  }

  private var words: String {
    word == 0 ? "\(result)" : "\(result), \(hex(word)) at level \(level)"
  }
}
