public import Machines

/// What callers of a shared stage 2 may observe: calls that overlap in time return, and leave mapped, what
/// they would have in some order one after the other.
///
/// A call that returned before another began comes before it, where memory is weak only if one thread made both:
/// what another did may be seen later. Some calls are two steps or more to others:
/// who replaces what is mapped takes it away first, and an unmap takes leaf after leaf. A fault that met
/// another at the same root entry may give up and be told to come again; it has changed nothing then, but
/// it may have broken a block that it wanted to be pages.
public struct SharedStage2Model: Sendable {
  /// What is mapped at a page.
  public struct Leaf: Sendable, Hashable {
    /// The first page that the leaf covers.
    public var firstPage: Int
    /// How many pages it covers.
    public var pageCount: Int
    /// The output address of its first page.
    public var output: UInt64
    /// Reads are allowed.
    public var canRead: Bool
    /// Writes are allowed.
    public var canWrite: Bool
    /// Execution is allowed.
    public var canExecute: Bool
    /// The access flag.
    public var isYoung: Bool

    /// A leaf of so many pages.
    public init(
      firstPage: Int,
      pageCount: Int,
      output: UInt64,
      canRead: Bool,
      canWrite: Bool,
      canExecute: Bool,
      isYoung: Bool
    ) {
      self.firstPage = firstPage
      self.pageCount = pageCount
      self.output = output
      self.canRead = canRead
      self.canWrite = canWrite
      self.canExecute = canExecute
      self.isYoung = isYoung
    }

    /// A young leaf with a protection.
    init(firstPage: Int, pageCount: Int, output: UInt64, protection: UInt64) {
      self.init(
        firstPage: firstPage,
        pageCount: pageCount,
        output: output,
        canRead: protection & Protection.read != 0,
        canWrite: protection & Protection.write != 0,
        canExecute: protection & Protection.execute != 0,
        isYoung: true
      )
    }

    /// Whether the two differ in permissions at most.
    func isSame(exceptPermissionsOf other: Leaf) -> Bool {
      var copy = other
      (copy.canRead, copy.canWrite, copy.canExecute) = (canRead, canWrite, canExecute)
      return self == copy
    }
  }

  /// What is asked for.
  public enum Request: Sendable, Hashable {
    /// One leaf of so many pages, for a fault.
    case map(page: Int, pageCount: Int, output: UInt64, protection: UInt64)
    /// More permissions, for a fault.
    case relax(page: Int, protection: UInt64)
    /// The access flag, for a fault; `notFound` where there is no leaf.
    case makeYoung(page: Int)
    /// Whether a leaf is young; `notFound` where it is not, or there is none.
    case age(page: Int, clears: Bool)
    /// Nothing there any more.
    case unmap(pages: Range<Int>)
    /// No write permission there.
    case writeProtect(pages: Range<Int>)
  }

  /// A call that was made.
  public struct Call: Sendable, Hashable {
    /// What it was asked.
    public var request: Request
    /// Who made it.
    public var thread: Int
    /// When it began, by a clock of beginnings and ends.
    public var began: Int
    /// When it returned.
    public var ended: Int
    /// What it returned; 0 for yes and `notFound` for no where the answer is that.
    public var result: Errno
    /// Whether it was refused memory.
    public var wasRefused: Bool

    /// A call, and what became of it.
    public init(
      _ request: Request,
      thread: Int,
      began: Int,
      ended: Int,
      result: Errno,
      wasRefused: Bool = false
    ) {
      self.request = request
      self.thread = thread
      self.began = began
      self.ended = ended
      self.result = result
      self.wasRefused = wasRefused
    }
  }

  /// How many pages a root entry covers.
  public let pagesPerRootEntry: Int
  /// What is mapped at each page, when nobody is in a call.
  public internal(set) var pages: [Leaf?]
  /// What was broken.
  public internal(set) var breaches: [SharedStage2Breach] = []
  /// Whether a thread may see only later what others have done.
  public var isMemoryWeak = false

  /// Nothing is mapped.
  public init(pageCount: Int, pagesPerRootEntry: Int) {
    self.pagesPerRootEntry = pagesPerRootEntry
    pages = Array(repeating: nil, count: pageCount)
  }
}

/// A rule of the model's that was broken.
public struct SharedStage2Breach: Sendable, Hashable {
  /// Which.
  public let rule: Rule
  /// What happened.
  public let message: String
  /// What tells it from another breach of the same rule; often nothing.
  public let cause: String
}
