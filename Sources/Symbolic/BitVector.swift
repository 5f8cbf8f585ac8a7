import CZ3

/// A symbolic 64-bit word: a constant, or a Z3 term about some of whose bits something is known.
///
/// Every operation folds what is known (constants, known bits, a common base with different
/// offsets), so that the concrete parts of a walk stay concrete and never reach the solver.
///
/// Unchecked: a `Word` must be `Sendable`, and a term is only ever used by the worker that owns
/// its context.
public struct BitVector: @unchecked Sendable {
  /// Bits that are certainly 0.
  let zeros: UInt64
  /// Bits that are certainly 1.
  let ones: UInt64
  /// The word is this term plus `offset`; nil for constants, which are their `ones`.
  let base: OpaquePointer?
  /// What is added to the base, so that `x + 1 + 1` and `x + 2` are the same word.
  let offset: UInt64
  /// The owner of the base.
  private(set) var context: SolverContext?

  /// The word with this value.
  public init(_ value: UInt64) {
    zeros = ~value
    ones = value
    base = nil
    offset = 0
    context = nil
  }

  /// A term of which `zeros` and `ones` are known; a constant when that is all of it.
  init(
    ast: OpaquePointer,
    offset: UInt64 = 0,
    zeros: UInt64 = 0,
    ones: UInt64 = 0,
    context: SolverContext
  ) {
    self.zeros = zeros
    self.ones = ones
    let isConstant = zeros | ones == .max
    base = isConstant ? nil : ast
    self.offset = isConstant ? 0 : offset
    self.context = isConstant ? nil : context
  }

  /// The same word under this owner; under none it can be kept by the owner itself, and not be reckoned with.
  func owned(by owner: SolverContext?) -> BitVector {
    var word = self
    word.context = base == nil ? nil : owner
    return word
  }

  /// The value, if it is known to the last bit.
  public var constant: UInt64? { base == nil ? ones : nil }

  /// The term, made in `context`.
  func ast(in context: SolverContext) -> OpaquePointer {
    guard let base else {
      return context.word(Z3_mk_unsigned_int64(context.raw, ones, context.wordSort))
    }
    guard offset != 0 else { return base }
    let constant = Z3_mk_unsigned_int64(context.raw, offset, context.wordSort)
    return context.word(Z3_mk_bvadd(context.raw, base, constant))
  }

  /// Whether two words are the same term, without asking the solver.
  public static func isIdentical(_ a: BitVector, _ b: BitVector) -> Bool {
    a.base == b.base && a.offset == b.offset && (a.base != nil || a.ones == b.ones)
  }

  /// The least value it can have, as far as the known bits say.
  var minimum: UInt64 { ones }
  /// The greatest value it can have, as far as the known bits say.
  var maximum: UInt64 { ~zeros }

  /// A binary operation, with what is known of the result.
  static func operation(
    _ a: BitVector,
    _ b: BitVector,
    zeros: UInt64,
    ones: UInt64,
    _ make: (OpaquePointer, OpaquePointer, OpaquePointer) -> OpaquePointer?
  ) -> BitVector {
    guard zeros | ones != .max, let context = a.context ?? b.context else {
      return BitVector(ones)
    }
    let ast = make(context.raw, a.ast(in: context), b.ast(in: context))
    return BitVector(ast: context.word(ast), zeros: zeros, ones: ones, context: context)
  }

  /// What is known of a + b + carry, as (zeros, ones).
  static func knownSum(
    _ a: (zeros: UInt64, ones: UInt64),
    _ b: (zeros: UInt64, ones: UInt64),
    carry: UInt64
  ) -> (zeros: UInt64, ones: UInt64) {
    let greatest = ~a.zeros &+ ~b.zeros &+ carry
    let least = a.ones &+ b.ones &+ carry
    // A carry into a bit is known when the greatest and the least sums agree on it.
    let carryIsZero = ~(greatest ^ a.zeros ^ b.zeros)
    let carryIsOne = least ^ a.ones ^ b.ones
    let known = (a.zeros | a.ones) & (b.zeros | b.ones) & (carryIsZero | carryIsOne)
    return (~greatest & known, least & known)
  }
}

extension BitVector: CustomStringConvertible {
  /// The constant in hexadecimal, or the term as Z3 prints it.
  public var description: String {
    guard let context else { return "0x" + String(ones, radix: 16) }
    return String(cString: Z3_ast_to_string(context.raw, ast(in: context)))
  }
}
