extension Collection where Element == UInt64 {
  /// Whether these choices are simpler than others: fewer, those that each is charged included, or as many and
  /// earlier in the dictionary.
  func isSimpler(
    than others: some Collection<UInt64>,
    surcharge: Int = 0,
    otherSurcharge: Int = 0
  ) -> Bool {
    let (length, otherLength) = (count + surcharge, others.count + otherSurcharge)
    return length == otherLength ? lexicographicallyPrecedes(others) : length < otherLength
  }
}
