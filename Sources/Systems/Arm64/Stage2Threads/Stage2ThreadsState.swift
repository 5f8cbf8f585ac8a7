import Architecture
import Machines
import Oracles
import Reference

/// What the threads of a case share that is no record: what was called, and where things are.
struct Stage2ThreadsState {
  var plan = Stage2ThreadsPlan(threadCount: 2, levelCount: 2)
  var model = SharedStage2Model(pageCount: 4, pagesPerRootEntry: 2)
  /// What the threads do that run.
  var operations: [Stage2ThreadsOperation] = []
  /// What each call returned, as far as it did.
  var results: [Errno?] = []
  /// The calls of this run that returned.
  var calls: [SharedStage2Model.Call] = []
  /// How many beginnings and ends of calls there were.
  var time = 0
  /// Where the records are.
  var guest: UInt64 = 0
  var root: UInt64 = 0
  /// By thread, the tables that it has unlinked and not freed, and whether it was refused one.
  var unlinked = [[UnlinkedTable]](repeating: [], count: 16)
  var wasRefused = [Bool](repeating: false, count: 16)

  /// Begins a case.
  mutating func begin(_ plan: Stage2ThreadsPlan) {
    self.plan = plan
    model = SharedStage2Model(
      pageCount: plan.pageCount,
      pagesPerRootEntry: plan.shape.pageSpan(at: plan.shape.startLevel)
    )
    for thread in unlinked.indices { unlinked[thread].removeAll(keepingCapacity: true) }
  }

  /// Begins a run of some operations.
  mutating func run(_ operations: [Stage2ThreadsOperation]) {
    self.operations = operations
    results = Array(repeating: nil, count: operations.count)
    calls.removeAll(keepingCapacity: true)
    time = 0
  }

  /// A run has come to its end: what is mapped is asked of the hardware, and an order of the calls.
  mutating func rest(_ sharing: inout TableSharing) {
    sharing.rest()
    model.performed(calls, leaving: leaves(sharing))
  }

  private func leaves(_ sharing: TableSharing) -> [SharedStage2Model.Leaf?] {
    (0..<plan.pageCount).map { page in
      sharing.leaf(ofPage: page).map { leaf, pageCount in
        SharedStage2Model.Leaf(
          firstPage: page - page % pageCount,
          pageCount: pageCount,
          output: leaf.outputAddress,
          canRead: leaf.isReadable,
          canWrite: leaf.isWritable,
          canExecute: leaf.isExecutable,
          isYoung: leaf.isAccessed
        )
      }
    }
  }
}
