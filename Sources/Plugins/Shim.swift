/// The C files that a tree is built with, carried in the program.
enum Shim {
  /// The text of each file, by its name.
  static let files = [
    "walkproof_shim.h": text(PackageResources.walkproof_shim_h),
    "walkproof_calls.h": text(PackageResources.walkproof_calls_h),
    "walkproof_glue.c": text(PackageResources.walkproof_glue_c),
    "walkproof_plugin.h": text(PackageResources.walkproof_plugin_h),
  ]

  /// What the glue asks of a tree: whether these words are in its header or its code.
  static let questions = TreeText.words(
    in: files.values.joined(separator: "\n"),
    after: "TREE_HAS_"
  )
  /// Every word of the glue, and so each function of a tree that it calls.
  static let words = TreeText.words(in: files.values.joined(separator: "\n"))

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
