import Property

extension Subject {
  /// How often a case is run that did not do the same twice.
  public static let repeatCount = 32

  /// Runs the case with these choices again and again.
  ///
  /// - Returns: In what two runs differ, in a line; nil where all came to the same, or the subject can
  ///   make no case in that setting.
  public func difference(
    amongRunsOf choices: [UInt64],
    accepting accepted: Set<String> = [],
    in setting: String = ""
  ) -> String? {
    var check = makeCheck(accepted, setting.isEmpty ? nil : setting)
    return check?.difference(amongRunsOf: choices, count: Subject.repeatCount)
  }
}
