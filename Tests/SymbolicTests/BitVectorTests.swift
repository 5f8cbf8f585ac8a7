import Machines
import Testing

@testable import Symbolic

struct BitVectorTests {
  /// Every binary operation, on plain words and on terms.
  private static let operations:
    [(
      name: String, plain: @Sendable (UInt64, UInt64) -> UInt64,
      symbolic: @Sendable (BitVector, BitVector) -> BitVector
    )] = [
      ("&+", { $0 &+ $1 }, { $0 &+ $1 }), ("&-", { $0 &- $1 }, { $0 &- $1 }),
      ("&", { $0 & $1 }, { $0 & $1 }), ("|", { $0 | $1 }, { $0 | $1 }),
      ("^", { $0 ^ $1 }, { $0 ^ $1 }), ("<<", { a, _ in a &<< 7 }, { a, _ in a &<< 7 }),
      (">>", { a, _ in a &>> 9 }, { a, _ in a &>> 9 }), ("~", { a, _ in ~a }, { a, _ in ~a }),
    ]
  private static let interesting: [UInt64] = [
    0, 1, 3, 0xfff, 0x1000, 0x8000_0000_0000_0000, ~0, ~0xfff, 0x1234_5678_9abc_def0,
  ]

  @Test func `constants stay constants and compute as UInt64 does`() {
    for a in Self.interesting {
      for b in Self.interesting {
        for (name, plain, symbolic) in Self.operations {
          #expect(symbolic(BitVector(a), BitVector(b)).constant == plain(a, b), "\(a) \(name) \(b)")
        }
        #expect((BitVector(a) .< BitVector(b)).constant == (a < b))
        #expect((BitVector(a) .<= BitVector(b)).constant == (a <= b))
        #expect((BitVector(a) .== BitVector(b)).constant == (a == b))
      }
    }
  }

  @Test func `what is folded away is what Z3 would have computed`() throws {
    let context = try SolverContext()
    let solver = try Solver(context: context)
    let x = context.variable("x")
    let y = context.variable("y")
    for mask in Self.interesting {
      for bits in Self.interesting {
        let a = (x & BitVector(mask)) | BitVector(bits & ~mask)
        let b = (y & BitVector(bits)) &+ BitVector(mask)
        for (p, q) in [(a, b), (b, a), (a, BitVector(bits)), (BitVector(mask), b)] {
          for (name, plain, symbolic) in Self.operations {
            // A model fixes x and y; the folded result must evaluate to the plain result.
            let result = symbolic(p, q)
            solver.push()
            solver.assert((x ^ y) .== BitVector(0x0f0f_3333_5555_a5a5))
            solver.assert(x .!= BitVector(0))
            guard case .satisfiable(let model) = solver.check() else {
              Issue.record("no model")
              return
            }
            let expected = plain(model.value(of: p), model.value(of: q))
            #expect(model.value(of: result) == expected, "\(p) \(name) \(q)")
            #expect(expected & result.zeros == 0 && expected & result.ones == result.ones)
            solver.pop()
          }
        }
      }
    }
  }

  @Test func `known bits decide comparisons without the solver`() throws {
    let context = try SolverContext()
    let x = context.variable("x")
    let page = (x & BitVector(~0xfff)) | BitVector(3)
    #expect(((page & BitVector(3)) .== BitVector(3)).constant == true)
    #expect((page .== BitVector(0)).constant == false)
    #expect((((x &>> 12) & BitVector(511)) .< BitVector(512)).constant == true)
    #expect(((x &+ BitVector(4096)) &+ BitVector(4096) .== x &+ BitVector(8192)).constant == true)
    #expect(((x &+ BitVector(4096)) &- x).constant == 4096)
    #expect((x .== x &+ BitVector(1)).constant == false)
    #expect(BitVector.select(x .== x, x, page).constant == nil)
    #expect(((x .== page) .& .!(x .== page)).constant == false)
  }
}
