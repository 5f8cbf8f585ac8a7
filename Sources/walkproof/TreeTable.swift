import CWalkerPlugin
import Machines
import Plugins
import Reports
import Systems

/// A Linux tree's stage 2 in this process, with nothing watched.
struct TreeTable: BenchmarkTable {
  private let plugin: walkproof_plugin
  private let table: OpaquePointer?

  /// Builds the tree's code for 4 KiB granules as a kernel's, and makes a table.
  init(linuxTree path: String, compiler: String) throws(Complaint) {
    var native = walkproof_native()
    do {
      let built = try LinuxTree(path: path).build(
        for: .size4K,
        purpose: .measuring(compiler: compiler),
        cache: ExternalOptions.cache
      )
      let flags = UInt32(WALKPROOF_F_FWB) | UInt32(WALKPROOF_F_TLBRANGE)
      walkproof_native_open(&native, built, flags, 40, 48)
    } catch {
      throw Complaint(.noSubject, "\(path): \(error)")
    }
    guard native.problem.0 == 0, let plugin = native.plugin else {
      let problem = withUnsafeBytes(of: native.problem) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw Complaint(.noSubject, "\(path): \(problem)")
    }
    self.plugin = plugin.pointee
    table = native.table
  }

  mutating func map(ipa: UInt64, sizeInBytes: UInt64, physical: UInt64) {
    let result = plugin.map(table, ipa, sizeInBytes, physical, benchmarkProtection, 0)
    precondition(result == 0, "the tree's map returned \(result)")
  }

  mutating func unmap(ipa: UInt64, sizeInBytes: UInt64) {
    _ = plugin.unmap(table, ipa, sizeInBytes)
  }

  mutating func writeProtect(ipa: UInt64, sizeInBytes: UInt64) {
    _ = plugin.wrprotect(table, ipa, sizeInBytes)
  }

  mutating func descriptor(at ipa: UInt64) -> UInt64 {
    var (descriptor, level) = (UInt64(0), Int32(0))
    _ = plugin.get_leaf(table, ipa, &descriptor, &level)
    return descriptor
  }
}
