import Machines
import Symbolic
import Walkers

/// What is computed of addresses, by the walkers' own functions but where a lemma is tried.
struct PfnArithmetic: Sendable {
  var isInOnePage: @Sendable (GuestBytes<BitVector>) -> Formula = { $0.areInOnePage }
  var page: @Sendable (GuestBytes<BitVector>) -> BitVector = { $0.page }
  var frameNumber: @Sendable (GuestBytes<BitVector>) -> BitVector = { $0.frameNumber }
  var offset: @Sendable (GuestBytes<BitVector>) -> BitVector = { $0.offset }
  var contains: @Sendable (HostRange<BitVector>, BitVector) -> Formula = { $0.contains($1) }

  /// The theorems about it, for every 64 bits.
  var lemma: Lemma {
    Lemma(
      "pfn-cache.addresses",
      actor: "what is computed of an address",
      bounds: "every address, length and range of 64 bits",
      clauses: [.takesOnePage, .splitsAddress, .numbersPage, .knowsRange],
      statement: statement
    )
  }

  private func statement(_ context: SolverContext) -> Lemma.Statement {
    let (address, length) = (context.variable("address"), context.variable("length"))
    let range = HostRange(start: context.variable("start"), end: context.variable("end"))
    let bytes = GuestBytes(address: address, length: length)
    let size = BitVector(4096)
    let sum = (address & BitVector(4095)) &+ length
    // A sum of numbers without limit is that of words where it is not below what was added.
    let isBelow = (length .<= sum) .& (sum .<= size) .& (length .!= BitVector(0))
    let (page, offset) = (page(bytes), offset(bytes))
    let isInside = (address &- range.start) .< (range.end &- range.start)
    return Lemma.Statement(
      goals: [
        Claim(.takesOnePage, .equivalent(isInOnePage(bytes), isBelow)),
        Claim(.splitsAddress, page &+ offset .== address),
        Claim(.splitsAddress, (offset .< size) .& (page & BitVector(4095) .== BitVector(0))),
        Claim(.numbersPage, frameNumber(bytes) &<< 12 .== page),
        Claim(.numbersPage, frameNumber(bytes) .< BitVector(1 << 52)),
        Claim(
          .knowsRange,
          .implies(
            range.start .<= range.end,
            .equivalent(contains(range, address), isInside)
          )
        ),
      ],
      witnesses: [
        ("address", address), ("length", length), ("start", range.start), ("end", range.end),
      ]
    )
  }
}

extension Clause {
  static let takesOnePage = Clause(
    "accepts",
    .alignment,
    "accepts bytes exactly where there is one at least and all are in one page"
  )
  static let splitsAddress = Clause(
    "page-and-place",
    .alignment,
    "takes an address apart into a page and a place in it, and loses no bit"
  )
  static let numbersPage = Clause("page-number", .alignment, "gives each page its number")
  static let knowsRange = Clause(
    "in-range",
    .alignment,
    "is in a range exactly where it is no further from the start than the end"
  )
}
