import Machines
import Reference

/// A host with two frames of RAM at two host pages, and two guest pages there; one cache.
private func makeModel() -> PfnCacheModel {
  PfnCacheModel(
    ram: [0x100, 0x101, 0x102],
    others: [0xf00],
    owned: [0x7000: 0x100, 0x8000: 0x101],
    layout: [0x7000, 0x8000],
    cacheCount: 1
  )
}

/// Where the frame is mapped that is at the first host page.
private let mapping: UInt64 = 0xffff_8000_0010_0000

extension PfnCacheModel {
  /// Takes a frame of RAM, maps it, and gives the reference back.
  fileprivate mutating func maps(_ frame: UInt64) {
    took(frame)
    mapped(frame, asRAM: true)
    put(frame)
  }
}

extension ModelLitmus {
  /// A case of what is told to the model of guest-frame caches.
  private init(_ rule: Rule, told: @escaping @Sendable (inout PfnCacheModel, Bool) -> Void) {
    self.init(rule) { hasFault in
      var model = makeModel()
      told(&model, hasFault)
      return model.breaches.first?.rule
    }
  }

  /// What caches of guest frames promise.
  static let caches: [ModelLitmus] = [
    ModelLitmus(.freedPage) { model, hasFault in
      model.maps(0x100)
      // Given up after the access, or before it.
      if hasFault { model.gaveUp(0x7000) }
      model.accessed(0, guestAddress: 8, at: mapping + 8, frame: 0x100)
      model.gaveUp(0x7000)
    },
    ModelLitmus(.wrongPage) { model, hasFault in
      model.maps(0x100)
      model.enteredSection(0)
      model.published([0x8000, 0x8000])
      // Who entered its section before may see the old slots, until all have left theirs.
      if hasFault {
        model.retired()
        model.enteredSection(0)
      }
      model.accessed(0, guestAddress: 8, at: mapping + 8, frame: 0x100)
    },
    ModelLitmus(.unmappedAddress) { model, hasFault in
      model.maps(0x100)
      if hasFault { model.unmapped(0x100, at: mapping, asRAM: true) }
      model.accessed(0, guestAddress: 8, at: mapping + 8, frame: 0x100)
    },
    ModelLitmus(.wrongOffset) { model, hasFault in
      model.maps(0x100)
      model.accessed(0, guestAddress: 8, at: mapping + (hasFault ? 16 : 8), frame: 0x100)
    },
    ModelLitmus(.guestModeKept) { model, hasFault in
      model.usesInGuestMode(1, frame: 0x100)
      if !hasFault { model.leftGuestMode(1) }
      model.invalidated([0x7000], by: 0, since: model.beganInvalidation())
    },
    ModelLitmus(.requestLeft) { model, hasFault in model.found(requests: hasFault ? 4 : 0) },
    ModelLitmus(.invalidationMissed) { model, hasFault in
      if hasFault { model.survivedInvalidation(0) }
    },
    ModelLitmus(.refreshedInVain) { model, hasFault in
      model.enteredSection(0)
      let activation = model.began(.activate, 0, cache: 0, guestAddress: 8)
      model.ended(activation, guestAddress: 8, length: 8, .ok)
      if !hasFault {
        _ = model.beganInvalidation()
        model.endedInvalidation()
      }
      let check = model.began(.check, 0, cache: 0)
      model.ended(check, guestAddress: 8, length: 8, saysYes: false)
    },
    ModelLitmus(.pagePinned) { model, hasFault in
      model.took(0x100)
      if !hasFault { model.put(0x100) }
      model.restsNow(areCachesInUse: true)
    },
    ModelLitmus(.referenceLeaked) { model, hasFault in
      model.took(0x100)
      if !hasFault { model.put(0x100) }
      model.restsNow(areCachesInUse: false)
    },
    ModelLitmus(.referenceTwice) { model, hasFault in
      model.took(0x100)
      model.put(0x100)
      if hasFault { model.put(0x100) }
    },
    ModelLitmus(.mappingLeaked) { model, hasFault in
      model.maps(0x100)
      // While a cache is in use its mapping may stay.
      model.restsNow(areCachesInUse: !hasFault)
    },
    ModelLitmus(.mappingTwice) { model, hasFault in
      model.took(0xf00)
      model.mapped(0xf00, asRAM: false)
      model.unmapped(0xf00, at: mapping, asRAM: hasFault)
    },
    ModelLitmus(.mappingTwice) { model, hasFault in
      model.took(0xf00)
      model.mapped(0xf00, asRAM: false)
      // Where the mapping does not begin.
      if hasFault { model.unmapped(nil, at: mapping + 8, asRAM: false) }
    },
    ModelLitmus(.validAfterFailure) { model, hasFault in
      let activation = model.began(.activate, 0, cache: 0)
      model.refused(0)
      model.ended(activation, .fault)
      if !hasFault {
        let refresh = model.began(.refresh, 0, cache: 0)
        model.ended(refresh)
      }
      let check = model.began(.check, 0, cache: 0)
      model.ended(check, guestAddress: 0, length: 8, saysYes: true)
    },
    ModelLitmus(.usedInactive) { model, hasFault in
      let activation = model.began(.activate, 0, cache: 0)
      model.ended(activation)
      if hasFault {
        let end = model.began(.deactivate, 0, cache: 0)
        model.ended(end)
      }
      let refresh = model.began(.refresh, 0, cache: 0)
      model.ended(refresh)
    },
    ModelLitmus(.lengthAccepted) { model, hasFault in
      let activation = model.began(.activate, 0, cache: 0)
      model.ended(activation, guestAddress: 4088, length: hasFault ? 0 &- 4088 : 8)
    },
    ModelLitmus(.wrongRefreshResult) { model, hasFault in
      let activation = model.began(.activate, 0, cache: 0)
      if !hasFault { model.refused(0) }
      model.ended(activation, .fault)
    },
    ModelLitmus(.lookedUpInVain) { model, hasFault in
      model.enteredSection(0)
      let activation = model.began(.activate, 0, cache: 0, guestAddress: 8)
      model.ended(activation, guestAddress: 8, length: 8)
      _ = model.began(.refresh, 0, cache: 0, guestAddress: hasFault ? 8 : 16)
      model.looksUp(0)
    },
    ModelLitmus(.mappedAmiss) { model, hasFault in
      model.took(0x100)
      model.took(0xf00)
      model.mapped(hasFault ? 0x100 : 0xf00, asRAM: false)
    },
    ModelLitmus(.mappedUnheld) { model, hasFault in
      model.took(0x100)
      if hasFault { model.put(0x100) }
      model.mapped(0x100, asRAM: true)
    },
    ModelLitmus(.mappedInVain) { model, hasFault in
      if hasFault { model.mappedForNobody(0) }
    },
    ModelLitmus(.notMadeValid) { model, hasFault in
      model.enteredSection(0)
      let activation = model.began(.activate, 0, cache: 0, guestAddress: 8)
      model.ended(activation, guestAddress: 8, length: 8)
      let beginning = model.beganInvalidation()
      // One that is under way may have made it valid again.
      if !hasFault { _ = model.began(.refresh, 0, cache: 0, guestAddress: 8) }
      model.invalidated([0x7000], by: 1, since: beginning)
      let check = model.began(.check, 0, cache: 0)
      model.ended(check, guestAddress: 8, length: 8, saysYes: true)
    },
    ModelLitmus(.wrongFrame) { model, hasFault in
      model.enteredSection(0)
      let activation = model.began(.activate, 0, cache: 0, guestAddress: 8)
      model.ended(activation, guestAddress: 8, length: 8)
      let check = model.began(.check, 0, cache: 0)
      model.ended(
        check,
        guestAddress: 8,
        length: 8,
        saysYes: true,
        frame: hasFault ? 0x101 : 0x100
      )
    },
    ModelLitmus(.dirtyMissed) { model, hasFault in
      let note = model.wrote(1)
      // A write that has not ended may be in the next.
      if hasFault { model.writeEnded(1, note) }
      model.harvested(1, isDirty: false)
    },
    ModelLitmus(.dirtyInvented) { model, hasFault in
      let note = model.wrote(1)
      model.writeEnded(1, note)
      model.harvested(1, isDirty: true)
      model.harvested(1, isDirty: hasFault)
    },
  ]
}
