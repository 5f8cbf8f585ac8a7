import Machines
import Oracles
import Walkers

extension Stage2Walker where M == CheckMachine {
  /// Makes one call.
  func perform(_ operation: Stage2Operation, on machine: inout M) -> CallAnswer {
    switch operation {
    case .map(let ipa, let size, let physical, let protection, _):
      let result = map(
        ipa: ipa,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        on: &machine
      )
      return CallAnswer(result: result)
    case .unmap(let ipa, let size):
      return CallAnswer(result: unmap(ipa: ipa, sizeInBytes: size, on: &machine))
    case .setOwner(let ipa, let size, let owner, _):
      return CallAnswer(result: setOwner(ipa: ipa, sizeInBytes: size, owner: owner, on: &machine))
    case .writeProtect(let ipa, let size):
      return CallAnswer(result: writeProtect(ipa: ipa, sizeInBytes: size, on: &machine))
    case .makeYoung(let ipa): return CallAnswer(word: makeYoung(ipa: ipa, on: &machine))
    case .makeOld(let ipa): return CallAnswer(word: makeOld(ipa: ipa, on: &machine))
    case .isYoung(let ipa): return CallAnswer(word: isYoung(ipa: ipa, on: &machine) ? 1 : 0)
    case .relaxPermissions(let ipa, let protection):
      return CallAnswer(
        result: relaxPermissions(ipa: ipa, protection: protection, on: &machine)
      )
    case .flush(let ipa, let size):
      return CallAnswer(result: flush(ipa: ipa, sizeInBytes: size, on: &machine))
    case .leaf(let ipa):
      let leaf = leaf(at: ipa, on: &machine)
      return CallAnswer(result: leaf.result, word: leaf.descriptor, level: leaf.level)
    case .split(let ipa, let size, let pages, _):
      return CallAnswer(
        result: split(ipa: ipa, sizeInBytes: size, cachedPages: pages, on: &machine)
      )
    case .testClearYoung(let ipa, let size, let clears):
      let isYoung = testClearYoung(ipa: ipa, sizeInBytes: size, clears: clears, on: &machine)
      return CallAnswer(word: isYoung ? 1 : 0)
    case .quiesce:
      quiesce(on: &machine)
      return CallAnswer()
    case .rivalled(let ipa, let protection?, _, _):
      return perform(.relaxPermissions(ipa: ipa, protection: protection), on: &machine)
    case .rivalled(let ipa, nil, _, _): return perform(.makeYoung(ipa: ipa), on: &machine)
    case .invalidateAll:
      machine.judges.settle()
      return CallAnswer()
    }
  }
}
