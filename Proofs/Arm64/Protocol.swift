import Symbolic

/// The break-before-make protocol itself, for any number of CPUs that cache at any moment.
///
/// One address, one entry, which the protocol changes from `old` to `new`. A CPU's TLB holds nothing
/// (0) or what it found when it last walked. The invariant speaks of one CPU at a time, so its being
/// inductive for one that is chosen arbitrarily makes it hold for all, however many there are; that
/// no two CPUs hold different valid translations then follows for any two.
/// Reference: Arm ARM DDI 0487, "Using break-before-make when updating translation table entries".
struct BreakBeforeMakeProtocol: Sendable {
  /// What a protocol may leave out, so that the theorem can be seen to fail.
  enum Omission: Sendable, CaseIterable {
    /// The invalidation.
    case invalidation
    /// The barrier before the invalidation: others may still find the old entry.
    case barrierBefore
    /// The barrier after it: it may not have reached every CPU.
    case barrierAfter
  }

  /// How far the protocol has come.
  private enum Phase {
    /// The old entry is in memory.
    static let stable = BitVector(0)
    /// An invalid entry was stored; walkers may still find the old one.
    static let broken = BitVector(1)
    /// The invalid entry is what every walker finds.
    static let visible = BitVector(2)
    /// Invalidations are on their way.
    static let invalidating = BitVector(3)
    /// Every CPU has dropped the old entry.
    static let invalidated = BitVector(4)
    /// The new entry is in memory.
    static let made = BitVector(5)
  }

  var omission: Omission?

  /// The state as one CPU and the one that maintains the entry see it.
  private struct State {
    let phase: BitVector
    /// What the chosen CPU's TLB holds; 0 for nothing.
    let cached: BitVector

    init(_ context: SolverContext, _ suffix: String) {
      self.init(context, phase: "phase\(suffix)", cached: "cached\(suffix)")
    }

    init(_ context: SolverContext, phase: String, cached: String) {
      self.phase = context.variable(phase)
      self.cached = context.variable(cached)
    }
  }

  private static let noConflict = Clause(
    "no-conflict",
    .protocolItself,
    "lets no two CPUs ever hold different valid translations of one address"
  )

  var lemma: Lemma {
    Lemma(
      "protocol",
      actor: "break-before-make",
      bounds: "any number of CPUs, any two different entries, any interleaving",
      clauses: [BreakBeforeMakeProtocol.noConflict],
      statement: statement
    )
  }

  private func statement(_ context: SolverContext) -> Lemma.Statement {
    let old = context.variable("old")
    let new = context.variable("new")
    let before = State(context, ".before")
    let after = State(context, ".after")
    let other = State(context, ".other")
    let zero = BitVector(0)
    func invariant(_ state: State) -> Formula {
      let isEmpty = state.cached .== zero
      let early = (state.phase .<= Phase.invalidating) .& (isEmpty .| (state.cached .== old))
      let late = (state.phase .== Phase.made) .& (isEmpty .| (state.cached .== new))
      return early .| ((state.phase .== Phase.invalidated) .& isEmpty) .| late
    }
    func claim(_ text: String, _ formula: Formula) -> Claim {
      Claim(BreakBeforeMakeProtocol.noConflict, text, formula)
    }
    let start = (before.phase .== Phase.stable) .& (before.cached .== zero)
    let areBoth = invariant(before) .& invariant(other) .& (before.phase .== other.phase)
    let conflict =
      (before.cached .!= zero) .& (other.cached .!= zero) .& (before.cached .!= other.cached)
    return Lemma.Statement(
      assumptions: [old .!= zero, new .!= zero, old .!= new],
      goals: [
        claim("begins within the invariant", Formula.implies(start, invariant(before))),
        claim(
          "stays within the invariant",
          Formula.implies(invariant(before) .& step(before, after, old, new), invariant(after))
        ),
        claim("excludes two different translations", Formula.implies(areBoth, .!conflict)),
      ],
      witnesses: [
        ("old", old), ("new", new), ("phase", before.phase), ("cached", before.cached),
        ("next phase", after.phase), ("next cached", after.cached),
      ]
    )
  }

  /// The theorem that Z3's fixed-point engine finds an invariant of its own.
  ///
  /// CPUs act on each other only through the entry, so what two of them can do beside any others they
  /// can do alone, and two are enough for a conflict.
  var foundInvariant: FoundInvariant {
    let clause = Clause(
      "invariant-found",
      .protocolItself,
      "has an invariant, which the fixed-point engine finds by itself, that excludes two different "
        + "valid translations of one address"
    )
    let theorem = Theorem(
      subject: "protocol",
      clause: clause,
      actor: "break-before-make",
      bounds: "any two CPUs of any number, any two different entries, any interleaving",
      scale: .real
    )
    return FoundInvariant(
      theorem: theorem,
      system: pairSystem,
      intended: { context in
        (context.variable("first") .== context.variable("new"))
          .& (context.variable("second") .== context.variable("new"))
      }
    )
  }

  /// Two CPUs and the one that maintains the entry, which begins as `old`.
  private func pairSystem(_ context: SolverContext) -> TransitionSystem {
    let (old, new) = (context.variable("old"), context.variable("new"))
    let first = State(context, phase: "phase", cached: "first")
    let second = State(context, phase: "phase", cached: "second")
    let nextFirst = State(context, phase: "phase.next", cached: "first.next")
    let nextSecond = State(context, phase: "phase.next", cached: "second.next")
    let zero = BitVector(0)
    let areEmpty = (first.cached .== zero) .& (second.cached .== zero)
    let areDifferent = (old .!= zero) .& (new .!= zero) .& (old .!= new)
    return TransitionSystem(
      words: [first.phase, first.cached, second.cached, old, new],
      successors: [nextFirst.phase, nextFirst.cached, nextSecond.cached, old, new],
      start: (first.phase .== Phase.stable) .& areEmpty .& areDifferent,
      step: step(first, nextFirst, old, new) .& step(second, nextSecond, old, new),
      isBad: (first.cached .!= zero) .& (second.cached .!= zero)
        .& (first.cached .!= second.cached)
    )
  }

  /// Whether one step leads from a state to another: the CPU walks, drops or keeps its entry, or the
  /// protocol goes on.
  private func step(
    _ before: State,
    _ after: State,
    _ old: BitVector,
    _ new: BitVector
  ) -> Formula {
    let zero = BitVector(0)
    let keepsPhase = after.phase .== before.phase
    let keepsCache = after.cached .== before.cached
    // While the break is not visible a walk may find the old entry; afterwards nothing.
    let findsOld = before.phase .<= Phase.broken
    let walk =
      keepsPhase
      .& ((findsOld .& (after.cached .== old))
        .| ((before.phase .== Phase.made) .& (after.cached .== new)))
    let drop = keepsPhase .& (after.cached .== zero)
    func advance(_ from: BitVector, _ to: BitVector) -> Formula {
      (before.phase .== from) .& (after.phase .== to) .& keepsCache
    }
    // The barrier after an invalidation waits until every CPU, so also the chosen one, has dropped
    // what it held.
    let isDropped = omission == .barrierAfter ? Formula(true) : before.cached .== zero
    var steps = [
      walk, drop, keepsPhase .& keepsCache, advance(Phase.stable, Phase.broken),
      advance(Phase.visible, Phase.invalidating),
      advance(Phase.invalidating, Phase.invalidated) .& isDropped,
      advance(Phase.invalidated, Phase.made),
    ]
    switch omission {
    case .invalidation: steps.append(advance(Phase.visible, Phase.made))
    case .barrierBefore:
      // Invalidation begins, and completes, while walks may still find the old entry.
      let phantom = (before.phase .== Phase.invalidated) .& keepsPhase .& (after.cached .== old)
      steps += [advance(Phase.broken, Phase.invalidating), phantom]
    case .barrierAfter, nil: break
    }
    if omission != .barrierBefore { steps.append(advance(Phase.broken, Phase.visible)) }
    return Formula.any(steps)
  }
}
