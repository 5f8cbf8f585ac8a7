import Machines
import Walkers

extension ProofSubject {
  /// Makes the call on a hypervisor's own tree that is already there.
  func performHyp<M: ArmMachine>(
    _ call: Call<M.W>,
    root: M.Table,
    geometry: Geometry,
    configuration: HypConfiguration,
    on machine: inout M
  ) -> Answer<M.W> {
    guard case .recursive(let faults) = self else {
      let tree = Tree<M>(geometry: geometry, root: root)
      return perform(call, by: Hyp<M>(configuration: configuration, tree: tree), on: &machine)
    }
    let walker = RecursiveHyp<M>(
      configuration: configuration,
      geometry: geometry,
      root: root,
      faults: faults
    )
    return perform(call, by: walker, on: &machine)
  }

  private func perform<M: ArmMachine>(
    _ call: Call<M.W>,
    by walker: some HypWalker<M>,
    on machine: inout M
  ) -> Answer<M.W> {
    switch call {
    case .map(let address, let size, let physical, let protection):
      return Answer(
        walker.map(
          address: address,
          sizeInBytes: size,
          physical: physical,
          protection: protection,
          on: &machine
        )
      )
    case .unmap(let address, let size):
      return Answer(word: walker.unmap(address: address, sizeInBytes: size, on: &machine))
    default: preconditionFailure("a hypervisor's library has no such call")
    }
  }
}
