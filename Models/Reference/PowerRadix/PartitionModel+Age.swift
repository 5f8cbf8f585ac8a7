extension PartitionModel {
  /// What a leaf's reference bit was before and after a call, and what the hardware did meanwhile.
  public struct Reference: Sendable, Hashable {
    /// It was set when the call began.
    public let before: Bool
    /// The hardware set it while the call ran.
    public let isSetMeanwhile: Bool
    /// It is set when the call returns.
    public let after: Bool

    /// One leaf's.
    public init(before: Bool, isSetMeanwhile: Bool, after: Bool) {
      self.before = before
      self.isSetMeanwhile = isSetMeanwhile
      self.after = after
    }
  }

  /// Whether an ageing forgot the access, and its answer is whether there was one to forget.
  ///
  /// What the hardware sets while the call runs is forgotten and told, or kept and not told.
  public static func mayAge(_ reference: Reference, answering wasYoung: Bool) -> Bool {
    let isCleared = (reference.before || reference.isSetMeanwhile) && !reference.after
    let isClearedBefore = reference.before && reference.isSetMeanwhile
    return wasYoung
      ? isCleared || isClearedBefore : !reference.before && !isCleared
  }

  /// Whether a question for the age is answered by what was there at some moment, and changed nothing.
  public static func mayTestAge(_ reference: Reference, answering isYoung: Bool) -> Bool {
    let isLeft = reference.after == (reference.before || reference.isSetMeanwhile)
    return isLeft && (isYoung ? reference.after : !reference.before)
  }
}
