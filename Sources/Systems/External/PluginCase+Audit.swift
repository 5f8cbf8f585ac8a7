import Architecture
import CWalkerPlugin
import Machines
import Oracles

#if canImport(Glibc)
import Glibc
#endif

// What a plugin does to memory that it does not report: the check looks for itself.

extension PluginCase {
  /// A store was reported; what it does to a page that is no table's is no news then.
  func noteStore(to page: UInt64, _ memory: PhysicalMemory) {
    guard let number = memory.page(of: page), memory.count(ofPage: number) <= 0 else { return }
    knownStores.insert(number)
  }

  /// What is not as the plugin's reports would have it; nil where everything is.
  ///
  /// The tables, their counts, pages that were freed and are filled with poison, and those that nobody
  /// was given, which are zero.
  func disagreement(with machine: CheckMachine) -> Site? {
    guard let worker else { return nil }
    let memory = machine.base.memory
    let pageSize = 1 << Int(memory.pageShift)
    let own = UnsafeRawPointer(worker.memory)
    for page in 0..<memory.usedPages {
      let count = memory.count(ofPage: page)
      // Where more was given back than there was, the judges have it.
      if worker.counts[page] != count, worker.counts[page] > 0 || count > 0 {
        return Site("it changed a page's count by something else than get and put")
      }
      guard count <= 0 else {
        let replayed = memory.pointer(to: memory.base + UInt64(page) << memory.pageShift)
        if memcmp(replayed, own + page * pageSize, pageSize) != 0 {
          return Site("its tables are not what the stores it reported made of them")
        }
        continue
      }
      if knownStores.contains(page) { continue }
      if skippedPages.contains(page) {
        if !worker.holds(0, page: page) { return PluginCase.strayStore }
      } else if !worker.holds(WALKPROOF_POISON, page: page) {
        return Site("it stored to a page that it had freed, and did not report it")
      }
    }
    let hasKnown = knownStores.contains { $0 >= memory.usedPages }
    return hasKnown || worker.isClear(from: memory.usedPages) ? nil : PluginCase.strayStore
  }

  private static var strayStore: Site {
    Site("it stored to a page that was never allocated, and did not report it")
  }

  /// What is wrong with what `root` says of a table that was made; nil for nothing.
  func misstatement(of machine: CheckMachine) -> Site? {
    guard let facts = worker?.control.pointee.facts else { return nil }
    let regime = machine.judges.regime
    let size = UInt64(regime.rootTableCount) << machine.base.memory.pageShift
    if facts.root_pa != machine.base.memory.base {
      return Site("root() does not name what init allocated first")
    }
    if Int32(bitPattern: facts.start_level) != regime.startLevel.number {
      return Site("root() says another level than the one at which its input begins")
    }
    if UInt64(facts.ia_bits) != addressBits.input {
      return Site("root() says another number of input bits than the table was made for")
    }
    return facts.root_bytes == size
      ? nil : Site("root() says another size than that of the tables at which its input begins")
  }
}
