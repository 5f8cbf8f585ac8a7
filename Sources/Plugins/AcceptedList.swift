import Checking
public import Systems

/// The findings that are known of a range of releases, each read against the source, as they are carried
/// in the program.
public struct AcceptedList: Sendable {
  /// The releases that it was read against.
  public let releases: String
  /// The list, a line each: `SYSTEM FINGERPRINT # REASON`.
  public let text: String
  /// A word that the trees of the range have, and those before it have not.
  private let word: String

  /// The lists, the newest first.
  static let all = [
    AcceptedList(
      releases: "7.2 and 7.3",
      text: String(decoding: PackageResources.linux_7_2_accepted, as: UTF8.self),
      word: "kvm_pgtable_stage2_annotate"
    ),
    AcceptedList(
      releases: "6.12",
      text: String(decoding: PackageResources.linux_6_12_accepted, as: UTF8.self),
      word: "kvm_pgtable_stage2_split"
    ),
    AcceptedList(
      releases: "6.1",
      text: String(decoding: PackageResources.linux_6_1_accepted, as: UTF8.self),
      word: "kvm_pgtable_mm_ops"
    ),
  ]

  /// The list for the tree in a folder: the newest whose trees have what this one has.
  public init(forLinuxTree path: String) throws(PluginFault) {
    let tree: LinuxTree
    do { tree = try LinuxTree(path: path) } catch { throw PluginFault("\(path): \(error)") }
    self = AcceptedList.all.first { tree.text.words.contains($0.word) } ?? AcceptedList.all[0]
  }

  private init(releases: String, text: String, word: String) {
    self.releases = releases
    self.text = text
    self.word = word
  }
}
