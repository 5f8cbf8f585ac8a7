public import Machines
public import Symbolic

/// How proofs are made.
public struct ProofOptions: Sendable {
  /// How much one question may cost, in Z3's resource units; independent of the machine's speed.
  public var resourceLimit: UInt32 = 40_000_000
  /// The seed of Z3's own random choices.
  public var solverSeed: UInt32 = 0
  /// The most paths that one job follows.
  public var pathLimit = 100_000
  /// The walker that the theorems are about.
  public var subject: ProofSubject = .builtIn
  /// What its machine does otherwise than it is told, for a theorem that must fail.
  public var mutation: MachineMutation?
  /// What its machine of records does otherwise than it is told, for a theorem that must fail.
  public var recordMutation: RecordMutation?
  /// Whether a violation of a clause is all that is wanted; nil to decide every theorem.
  ///
  /// The others that are proved together with it are then left undecided, unless they were violated
  /// before.
  public var isEnough: (@Sendable (Clause) -> Bool)?
  /// Told each question that the solver was asked; from several threads at once.
  public var questionObserver: (@Sendable (SolverQuestion) -> Void)?

  /// Why the Z3 library cannot be loaded, in the loader's words; nil if it can.
  public static var solverProblem: String? { SolverContext.problem }

  /// The version of the Z3 library; there must be no problem with it.
  public static var solverVersion: String { SolverContext.version }

  /// Proofs about the built-in walker with ordinary limits.
  public init() {}

  var solver: SolverOptions { SolverOptions(resourceLimit: resourceLimit, seed: solverSeed) }
  var limits: ExplorationLimits { ExplorationLimits(pathCount: pathLimit) }
}

/// Theorems that are proved together, because they are about the same paths.
public struct ProofJob: Sendable {
  /// The theorems, none of them twice.
  public let theorems: [Theorem]
  private let body: @Sendable (ProofOptions) throws(SolverFault) -> [TheoremResult]

  init(
    theorems: [Theorem],
    body: @escaping @Sendable (ProofOptions) throws(SolverFault) -> [TheoremResult]
  ) {
    self.theorems = theorems
    self.body = body
  }

  /// Proves the theorems, in a Z3 context of their own; a failure of Z3 leaves them undecided.
  public func prove(_ options: ProofOptions) -> [TheoremResult] {
    do {
      return try body(options)
    } catch {
      return theorems.map { theorem in
        TheoremResult(
          theorem: theorem,
          verdict: .undecided(reason: error.description),
          pathCount: 0,
          checkCount: 0,
          seconds: 0
        )
      }
    }
  }
}
