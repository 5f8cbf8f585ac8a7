/// A subject as one side of a comparison, whatever its cases are drawn by.
public protocol AnyComparedSubject: Sendable {
  /// Both beside each other; nil where their cases are not drawn alike.
  func pair(with other: any AnyComparedSubject) -> SubjectPair?
}

/// A subject as one side of a comparison of those whose cases are drawn alike.
@usableFromInline
struct ComparedSubject<Plan: CasePlan, Answer: ComparedAnswer>: AnyComparedSubject {
  let limits: Plan.Limits
  let missing: Set<Int>
  let makeSide: @Sendable () -> ComparedSide<Plan, Answer>

  @usableFromInline
  init(
    limits: Plan.Limits,
    missing: Set<Int>,
    makeSide: @escaping @Sendable () -> ComparedSide<Plan, Answer>
  ) {
    self.limits = limits
    self.missing = missing
    self.makeSide = makeSide
  }

  @usableFromInline
  func pair(with other: any AnyComparedSubject) -> SubjectPair? {
    guard let other = other as? Self, let limits = limits.intersection(other.limits) else {
      return nil
    }
    let (first, second) = (makeSide, other.makeSide)
    return SubjectPair(missing: (missing, other.missing)) {
      CasePair(sides: (first(), second()), limits: limits).run
    }
  }
}

/// A worker's own side of a comparison: closures that were made where the session's type is known.
@usableFromInline
struct ComparedSide<Plan: CasePlan, Answer: ComparedAnswer> {
  /// Begins a case; false where what is compared cannot be made.
  let begin: (Plan) -> Bool
  let has: (Plan.Operation) -> Bool
  let call: (Plan.Operation) -> ComparedCall<Answer>?
  let observation: (UInt64) -> String
  /// What an observation is of.
  let observed: String
  /// Ends the case.
  let end: () -> Void

  @inlinable @inline(__always)
  init<S: ComparedSession>(_ session: S.Type, _ variant: S.Variant)
  where S.Plan == Plan, S.Answer == Answer {
    var world = S.world(for: variant)
    var current: S?
    self.init(
      begin: { plan in
        current = S(plan, variant, in: &world, CaseSetting(isRecorded: true))
        return current != nil
      },
      has: { S.has($0, variant) },
      call: { current?.call($0) },
      observation: { current?.observation(at: $0) ?? "" },
      observed: S.observed,
      end: {
        current?.leave(&world)
        current = nil
      }
    )
  }

  @usableFromInline
  init(
    begin: @escaping (Plan) -> Bool,
    has: @escaping (Plan.Operation) -> Bool,
    call: @escaping (Plan.Operation) -> ComparedCall<Answer>?,
    observation: @escaping (UInt64) -> String,
    observed: String,
    end: @escaping () -> Void
  ) {
    self.begin = begin
    self.has = has
    self.call = call
    self.observation = observation
    self.observed = observed
    self.end = end
  }
}
