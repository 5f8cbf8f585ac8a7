/// A short name for a text, the same on every machine and in every run.
public enum Digest {
  /// Sixteen hexadecimal digits for these texts (FNV-1a).
  public static func text(of parts: [String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
      for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    // The last bytes went through few multiplications.
    hash = (hash ^ (hash >> 29)) &* 0xbf58_476d_1ce4_e5b9
    hash ^= hash >> 32
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
