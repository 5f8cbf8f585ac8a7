import Machines
import Reference
import Testing

/// A host with two frames of RAM at two host pages, and two guest pages there; one cache.
private func makeModel() -> PfnCacheModel {
  PfnCacheModel(
    ram: [0x100, 0x101],
    others: [],
    owned: [0x7000: 0x100, 0x8000: 0x101],
    layout: [0x7000, 0x8000],
    cacheCount: 1
  )
}

@Suite struct PfnCacheModelTests {
  @Test func `a page that moves is accessed where it is, and nowhere else`() {
    var model = makeModel()
    for frame: UInt64 in [0x100, 0x101] {
      model.took(frame)
      model.mapped(frame, asRAM: true)
    }
    model.gaveUp(0x7000)
    model.gaveUp(0x8000)
    model.placed(0x101, at: 0x7000)
    model.accessed(0, guestAddress: 0x10, at: 0x10_1010, frame: 0x101)
    #expect(model.breaches.isEmpty)
    model.placed(0x100, at: 0x8000)
    model.accessed(0, guestAddress: 0x10, at: 0x10_0010, frame: 0x100)
    #expect(model.breaches.map(\.rule) == [.wrongPage])
  }

  @Test func `a breach is told once for each of its causes`() {
    var model = makeModel()
    for _ in 0..<3 { model.accessed(0, guestAddress: 0, at: 0, frame: nil) }
    for _ in 0..<3 { model.accessed(1, guestAddress: 0, at: 0x9_0000, frame: nil) }
    #expect(model.breaches.map(\.cause) == ["/null", ""])
    #expect(model.breaches.allSatisfy { $0.rule == .unmappedAddress })
  }

  @Test func `calls that change at once whether a cache is in use leave that open`() {
    var model = makeModel()
    let first = model.began(.activate, 0, cache: 0)
    let second = model.began(.deactivate, 1, cache: 0)
    model.ended(second)
    model.ended(first)
    let refresh = model.began(.refresh, 0, cache: 0)
    model.ended(refresh, .invalid)
    let check = model.began(.check, 0, cache: 0)
    model.ended(check, guestAddress: 0, length: 1, saysYes: true)
    #expect(model.breaches.isEmpty)
    let last = model.began(.deactivate, 1, cache: 0)
    model.ended(last)
    let late = model.began(.check, 0, cache: 0)
    model.ended(late, guestAddress: 0, length: 1, saysYes: true)
    #expect(Set(model.breaches.map(\.rule)) == [.usedInactive, .notMadeValid])
  }

  @Test func `a check may say yes by what is taken back while it is under way, and no later one`() {
    var model = makeModel()
    let activation = model.began(.activate, 0, cache: 0)
    model.ended(activation)
    let early = model.began(.check, 1, cache: 0)
    let beginning = model.beganInvalidation()
    model.invalidated([0x7000], by: 2, since: beginning)
    model.endedInvalidation()
    model.ended(early, guestAddress: 0, length: 1, saysYes: true)
    #expect(model.breaches.isEmpty)
    let late = model.began(.check, 1, cache: 0)
    model.ended(late, guestAddress: 0, length: 1, saysYes: true)
    #expect(model.breaches.map(\.rule) == [.notMadeValid])
  }

  @Test func `a refresh makes valid again what was, until an invalidation that begins after it`() {
    var model = makeModel()
    model.ended(model.began(.activate, 0, cache: 0))
    let during = model.beganInvalidation()
    model.ended(model.began(.refresh, 0, cache: 0))
    model.invalidated([0x7000], by: 2, since: during)
    func check() {
      model.ended(model.began(.check, 1, cache: 0), guestAddress: 0, length: 1, saysYes: true)
    }
    check()
    #expect(model.breaches.isEmpty)
    model.invalidated([0x7000], by: 2, since: model.beganInvalidation())
    check()
    #expect(model.breaches.map(\.rule) == [.notMadeValid])
  }

  @Test(
    arguments: [
      (0, 4096, true), (1, 4096, false), (0, 4097, false), (4088, 8, true), (4088, 9, false),
      (1, UInt64.max, false), (0, 0, false),
    ] as [(address: UInt64, length: UInt64, isInOnePage: Bool)]
  )
  func `bytes are in one page as integers without limit`(
    bytes: (address: UInt64, length: UInt64, isInOnePage: Bool)
  ) {
    var model = makeModel()
    let accepted = model.began(.activate, 0, cache: 0)
    model.ended(accepted, guestAddress: bytes.address, length: bytes.length)
    #expect(model.breaches.isEmpty == bytes.isInOnePage)
    var other = makeModel()
    let refused = other.began(.activate, 0, cache: 0)
    other.ended(refused, guestAddress: bytes.address, length: bytes.length, .invalid)
    #expect(other.breaches.isEmpty == !bytes.isInOnePage)
  }

  @Test func `a write that a harvest met half-way is in that harvest or the next`() {
    for isInFirst in [false, true] {
      var model = makeModel()
      let note = model.wrote(0)
      model.harvested(0, isDirty: isInFirst)
      model.writeEnded(0, note)
      model.harvested(0, isDirty: !isInFirst)
      #expect(model.breaches.isEmpty)
      model.harvested(0, isDirty: true)
      #expect(model.breaches.map(\.rule) == [.dirtyInvented])
    }
  }
}
