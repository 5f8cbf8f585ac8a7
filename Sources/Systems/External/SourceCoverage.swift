/// Which lines of a source file were reached, by its functions.
public struct SourceCoverage: Codable, Sendable, Equatable {
  /// A line that no case reached.
  public struct Line: Codable, Sendable, Equatable {
    /// Its number, from 1.
    public var line: Int
    /// What stands there.
    public var text: String

    /// The line with this number.
    public init(line: Int, text: String) {
      self.line = line
      self.text = text
    }
  }

  /// A function and those of its lines that no case reached.
  public struct Function: Codable, Sendable, Equatable {
    /// Its name.
    public var function: String
    /// How many of its lines with code were reached.
    public var reached: Int
    /// How many lines with code it has.
    public var total: Int
    /// Those that were not reached.
    public var unreached: [Line]

    /// The function with this name.
    public init(function: String, reached: Int, total: Int, unreached: [Line]) {
      self.function = function
      self.reached = reached
      self.total = total
      self.unreached = unreached
    }
  }

  /// The file's name.
  public var file: String
  /// How many lines with code were reached.
  public var reached: Int
  /// How many lines with code there are.
  public var total: Int
  /// The functions, in the order of the file.
  public var functions: [Function]

  /// The coverage of a file by its functions.
  public init(file: String, functions: [Function]) {
    self.file = file
    self.functions = functions
    reached = functions.reduce(0) { $0 + $1.reached }
    total = functions.reduce(0) { $0 + $1.total }
  }
}
