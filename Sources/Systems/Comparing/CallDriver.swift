import Machines
import Oracles
import Walkers

/// What a call returned, beside what it did to the tables.
struct CallAnswer: Equatable {
  /// The result; `ok` where the call has none.
  var result = Errno.ok
  /// The descriptor, truth value or number of bytes that it returned; 0 where it returns none.
  var word: UInt64 = 0
  /// The level that it returned; 0 where it returns none.
  var level = 0
}

/// Makes tables of one library, and the calls of a generator on them.
struct CallDriver<Generator: OperationGenerator>: Sendable {
  /// A table, and how it is used.
  struct Running {
    /// The first root page.
    let root: UInt64
    /// The type that an owner's annotation has, in its place in the entry; 0 for none.
    var ownerType: UInt64 = 0
    /// Makes one call, of a kind that the library has.
    let perform: (Generator.Operation, inout CheckMachine) -> CallAnswer
    /// Frees everything.
    let destroy: (inout CheckMachine) -> Void
  }

  /// The kinds of call that the library has, by the numbers that they are counted by.
  let kinds: Set<Int>
  /// Makes a table; nil where there is no memory for one.
  let start: @Sendable (Generator.Configuration, inout CheckMachine) -> Running?
}

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

extension Stage2Library: DrivenLibrary {
  typealias Generator = Stage2Generator

  /// How a comparison uses the library.
  var driver: CallDriver<Stage2Generator> {
    CallDriver(kinds: Set(calls.map(\.rawValue))) { configuration, machine in
      guard let walker = create(configuration, &machine) else { return nil }
      return CallDriver.Running(
        root: walker.root,
        ownerType: ownerType,
        perform: { operation, machine in
          var answer = walker.perform(operation, on: &machine)
          // What was there before is not told by every library.
          if operation.kind == .makeYoung || operation.kind == .makeOld { answer.word = 0 }
          return answer
        },
        destroy: { walker.destroy(on: &$0) }
      )
    }
  }
}

extension HypLibrary: DrivenLibrary {
  typealias Generator = HypGenerator

  /// How a comparison uses the library.
  var driver: CallDriver<HypGenerator> {
    let kinds = HypOperation.Kind.allCases.filter { canUnmap || $0 != .unmap }
    return CallDriver(kinds: Set(kinds.map(\.rawValue))) { configuration, machine in
      guard let walker = create(configuration, &machine) else { return nil }
      return CallDriver.Running(
        root: walker.root,
        perform: { operation, machine in
          walker.perform(operation, on: &machine)
        },
        destroy: { walker.destroy(on: &$0) }
      )
    }
  }
}
