import Machines
import Symbolic
public import Walkers

/// Which walker the theorems are about.
public enum ProofSubject: Sendable, Hashable {
  /// The optimised walker.
  case builtIn
  /// The recursive walker with these faults; with none of them, the reference subject.
  case recursive(FaultSet)
  /// An older walker as it stood, with these faults.
  case armUnmap(UnmapStrategy, ArmUnmapFaultSet)
  /// A walk and keeping of radix tables.
  case radix(RadixProofSubject)
  /// A guest-frame cache.
  case pfnCache(PfnCacheProofSubject)
  /// A shared buffer.
  case sharedBuffer(SharedBufferProofSubject)
}

/// A shared buffer other than the optimised one.
public enum SharedBufferProofSubject: Sendable, Hashable {
  /// Fences in a list, with these faults; with none of them, the reference subject.
  case listed(FaultsOf<BufferFault>)
  /// The buffers as posted.
  case posted
}

/// A guest-frame cache other than the optimised one.
public enum PfnCacheProofSubject: Sendable, Hashable {
  /// The listed cache with these faults; with none of them, the reference subject.
  case listed(FaultsOf<PfnCacheFault>)
  /// The cache as posted.
  case posted
}

/// A walk and keeping of radix tables, step by step, with their faults.
public struct RadixProofSubject: Sendable, Hashable {
  /// What is wrong with the software walk.
  public var translate: TranslatorFaultSet
  /// What is wrong with the keeping of partition-scoped tables.
  public var partition: PartitionTableFaultSet

  /// The walk and keeping with these faults.
  public init(
    translate: TranslatorFaultSet = [],
    partition: PartitionTableFaultSet = []
  ) {
    self.translate = translate
    self.partition = partition
  }
}

/// One call of a library, with symbolic or plain arguments.
enum Call<W: Word> {
  case map(ipa: W, sizeInBytes: W, physical: W, protection: W)
  case unmap(ipa: W, sizeInBytes: W)
  case setOwner(ipa: W, sizeInBytes: W, owner: W)
  case writeProtect(ipa: W, sizeInBytes: W)
  case makeYoung(ipa: W)
  case makeOld(ipa: W)
  case isYoung(ipa: W)
  case relaxPermissions(ipa: W, protection: W)
  case flush(ipa: W, sizeInBytes: W)
}

/// What a call comes back with.
struct Answer<W: Word> {
  let result: Errno
  /// The descriptor, the age or the number of bytes, of a call that returns one instead of a result.
  var word: W?

  /// The answer of a call that returns a result.
  init(_ result: Errno) { self.result = result }
  /// The answer of a call that returns a word, and so never fails.
  init(word: W) { (result, self.word) = (.ok, word) }
}

extension ProofSubject {
  /// Makes the call on a tree that is already there.
  func perform<M: ArmMachine>(
    _ call: Call<M.W>,
    root: M.Table,
    geometry: Geometry,
    configuration: Stage2Configuration,
    on machine: inout M
  ) -> Answer<M.W> {
    switch self {
    case .builtIn:
      let tree = Tree<M>(geometry: geometry, root: root)
      let walker = Stage2<M>(configuration: configuration, tree: tree)
      return perform(call, by: walker, on: &machine)
    case .recursive(let faults):
      let walker = RecursiveStage2<M>(
        configuration: configuration,
        geometry: geometry,
        root: root,
        faults: faults
      )
      return perform(call, by: walker, on: &machine)
    case .armUnmap, .radix, .pfnCache, .sharedBuffer: preconditionFailure("it has no such call")
    }
  }

  private func perform<M: ArmMachine>(
    _ call: Call<M.W>,
    by walker: some Stage2Walker<M>,
    on machine: inout M
  ) -> Answer<M.W> {
    switch call {
    case .map(let ipa, let size, let physical, let protection):
      return Answer(
        walker.map(
          ipa: ipa,
          sizeInBytes: size,
          physical: physical,
          protection: protection,
          on: &machine
        )
      )
    case .unmap(let ipa, let size):
      return Answer(walker.unmap(ipa: ipa, sizeInBytes: size, on: &machine))
    case .setOwner(let ipa, let size, let owner):
      return Answer(walker.setOwner(ipa: ipa, sizeInBytes: size, owner: owner, on: &machine))
    case .writeProtect(let ipa, let size):
      return Answer(walker.writeProtect(ipa: ipa, sizeInBytes: size, on: &machine))
    case .makeYoung(let ipa): return Answer(word: walker.makeYoung(ipa: ipa, on: &machine))
    case .makeOld(let ipa): return Answer(word: walker.makeOld(ipa: ipa, on: &machine))
    case .isYoung(let ipa):
      let isYoung = walker.isYoung(ipa: ipa, on: &machine)
      return Answer(word: M.W.select(isYoung, M.W(1), M.W(0)))
    case .relaxPermissions(let ipa, let protection):
      return Answer(walker.relaxPermissions(ipa: ipa, protection: protection, on: &machine))
    case .flush(let ipa, let size):
      return Answer(walker.flush(ipa: ipa, sizeInBytes: size, on: &machine))
    }
  }
}
