/// The C files that a tree is built with, carried in the program.
enum Shim {
  /// The text of each file, by its name.
  static let files = [
    "walkproof_shim.h": text(PackageResources.walkproof_shim_h),
    "walkproof_glue.c": text(PackageResources.walkproof_glue_c),
    "walkproof_plugin.h": text(PackageResources.walkproof_plugin_h),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
