import CZ3
public import Machines

extension BitVector: Word {
  /// The formulas that comparisons give.
  public typealias Condition = Formula

  /// Sum modulo 2^64.
  public static func &+ (a: BitVector, b: BitVector) -> BitVector {
    let known = knownSum((a.zeros, a.ones), (b.zeros, b.ones), carry: 0)
    if let constant = b.constant { return a.adding(constant, known) }
    if let constant = a.constant { return b.adding(constant, known) }
    return operation(a, b, zeros: known.zeros, ones: known.ones) { Z3_mk_bvadd($0, $1, $2) }
  }

  /// Difference modulo 2^64.
  public static func &- (a: BitVector, b: BitVector) -> BitVector {
    if a.base == b.base { return constantDifference(a, b) }
    let known = knownSum((a.zeros, a.ones), (b.ones, b.zeros), carry: 1)
    if let constant = b.constant { return a.adding(0 &- constant, known) }
    return operation(a, b, zeros: known.zeros, ones: known.ones) { Z3_mk_bvsub($0, $1, $2) }
  }

  private static func constantDifference(_ a: BitVector, _ b: BitVector) -> BitVector {
    a.base == nil ? BitVector(a.ones &- b.ones) : BitVector(a.offset &- b.offset)
  }

  private func adding(_ value: UInt64, _ known: (zeros: UInt64, ones: UInt64)) -> BitVector {
    guard let base, let context else { return BitVector(ones &+ value) }
    return BitVector(
      ast: base,
      offset: offset &+ value,
      zeros: known.zeros,
      ones: known.ones,
      context: context
    )
  }

  /// Bitwise and.
  public static func & (a: BitVector, b: BitVector) -> BitVector {
    if isIdentical(a, b) { return a }
    // A mask that only clears bits known to be clear changes nothing.
    if let mask = b.constant, ~mask & ~a.zeros == 0 { return a }
    if let mask = a.constant, ~mask & ~b.zeros == 0 { return b }
    return operation(a, b, zeros: a.zeros | b.zeros, ones: a.ones & b.ones) {
      Z3_mk_bvand($0, $1, $2)
    }
  }

  /// Bitwise or.
  public static func | (a: BitVector, b: BitVector) -> BitVector {
    if isIdentical(a, b) { return a }
    if let mask = b.constant, mask & ~a.ones == 0 { return a }
    if let mask = a.constant, mask & ~b.ones == 0 { return b }
    return operation(a, b, zeros: a.zeros & b.zeros, ones: a.ones | b.ones) {
      Z3_mk_bvor($0, $1, $2)
    }
  }

  /// Bitwise exclusive or.
  public static func ^ (a: BitVector, b: BitVector) -> BitVector {
    if isIdentical(a, b) { return BitVector(0) }
    if b.constant == 0 { return a }
    if a.constant == 0 { return b }
    let zeros = a.zeros & b.zeros | a.ones & b.ones
    let ones = a.zeros & b.ones | a.ones & b.zeros
    return operation(a, b, zeros: zeros, ones: ones) { Z3_mk_bvxor($0, $1, $2) }
  }

  /// Bitwise complement.
  public static prefix func ~ (a: BitVector) -> BitVector {
    guard let context = a.context else { return BitVector(~a.ones) }
    let ast = context.word(Z3_mk_bvnot(context.raw, a.ast(in: context)))
    return BitVector(ast: ast, zeros: a.ones, ones: a.zeros, context: context)
  }

  /// Logical shift to the left by 0 to 63 bits.
  public static func &<< (a: BitVector, bits: UInt64) -> BitVector {
    guard bits != 0 else { return a }
    let zeros = a.zeros << bits | (1 << bits - 1)
    return operation(a, BitVector(bits), zeros: zeros, ones: a.ones << bits) {
      Z3_mk_bvshl($0, $1, $2)
    }
  }

  /// Logical shift to the right by 0 to 63 bits.
  public static func &>> (a: BitVector, bits: UInt64) -> BitVector {
    guard bits != 0 else { return a }
    let zeros = a.zeros >> bits | ~(UInt64.max >> bits)
    return operation(a, BitVector(bits), zeros: zeros, ones: a.ones >> bits) {
      Z3_mk_bvlshr($0, $1, $2)
    }
  }

  /// The first word where the condition holds, else the second.
  public static func select(
    _ condition: Formula,
    _ whenTrue: BitVector,
    _ whenFalse: BitVector
  ) -> BitVector {
    if let constant = condition.constant { return constant ? whenTrue : whenFalse }
    if isIdentical(whenTrue, whenFalse) { return whenTrue }
    guard let context = condition.context else { return whenFalse }
    let ast = Z3_mk_ite(
      context.raw,
      condition.ast(in: context),
      whenTrue.ast(in: context),
      whenFalse.ast(in: context)
    )
    return BitVector(
      ast: context.word(ast),
      zeros: whenTrue.zeros & whenFalse.zeros,
      ones: whenTrue.ones & whenFalse.ones,
      context: context
    )
  }
}

extension BitVector {
  /// Equality.
  public static func .== (a: BitVector, b: BitVector) -> Formula {
    if a.base == b.base {
      return Formula(a.base == nil ? a.ones == b.ones : a.offset == b.offset)
    }
    if a.zeros & b.ones | a.ones & b.zeros != 0 { return Formula(false) }
    // Constants second, so that the same fact is the same formula when it is met again.
    return a.base == nil
      ? comparison(b, a) { Z3_mk_eq($0, $1, $2) } : comparison(a, b) { Z3_mk_eq($0, $1, $2) }
  }

  /// Inequality.
  public static func .!= (a: BitVector, b: BitVector) -> Formula { .!(a .== b) }

  /// Unsigned less-than.
  public static func .< (a: BitVector, b: BitVector) -> Formula { .!(b .<= a) }

  /// Unsigned less-than-or-equal.
  public static func .<= (a: BitVector, b: BitVector) -> Formula {
    if isIdentical(a, b) || a.maximum <= b.minimum { return Formula(true) }
    if b.maximum < a.minimum { return Formula(false) }
    return comparison(a, b) { Z3_mk_bvule($0, $1, $2) }
  }

  private static func comparison(
    _ a: BitVector,
    _ b: BitVector,
    _ make: (OpaquePointer, OpaquePointer, OpaquePointer) -> OpaquePointer?
  ) -> Formula {
    guard let context = a.context ?? b.context else { return Formula(false) }
    let ast = make(context.raw, a.ast(in: context), b.ast(in: context))
    return Formula(ast: context.formula(ast), context: context)
  }
}
