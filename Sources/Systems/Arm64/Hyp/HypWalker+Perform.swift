import Machines
import Walkers

extension HypWalker where M == CheckMachine {
  /// Makes one call.
  func perform(_ operation: HypOperation, on machine: inout M) -> CallAnswer {
    switch operation {
    case .map(let address, let size, let physical, let protection, _):
      let result = map(
        address: address,
        sizeInBytes: size,
        physical: physical,
        protection: protection,
        on: &machine
      )
      return CallAnswer(result: result)
    case .unmap(let address, let size):
      return CallAnswer(word: unmap(address: address, sizeInBytes: size, on: &machine))
    case .leaf(let address):
      let leaf = leaf(at: address, on: &machine)
      return CallAnswer(result: leaf.result, word: leaf.descriptor, level: leaf.level)
    }
  }
}
