public import Checking
public import Property
public import Walkers

extension Subject {
  /// A guest stage 2 of somebody's own, as a Swift type.
  ///
  /// - Parameters:
  ///   - name: Its name in reports and tokens.
  ///   - walker: The type.
  /// - Returns: The subject.
  public static func stage2<W: Stage2Walker & UsableOnThreads>(
    _ name: String,
    _ walker: W.Type
  ) -> Subject where W.M == CheckMachine {
    Subject(
      name,
      .external,
      "a Swift type",
      checkedIn: Stage2Session.self,
      TableVariant(Stage2Library<W>(create: { W.create($0, on: &$1) })),
      replay: .call(type: name),
      limits: GeneratorLimits()
    )
  }

  /// A hypervisor stage 1 of somebody's own, as a Swift type.
  ///
  /// - Parameters:
  ///   - name: Its name in reports and tokens.
  ///   - walker: The type.
  /// - Returns: The subject.
  public static func hyp<W: HypWalker & UsableOnThreads>(
    _ name: String,
    _ walker: W.Type
  ) -> Subject where W.M == CheckMachine {
    Subject(
      name,
      .external,
      "a Swift type",
      checkedIn: HypSession.self,
      TableVariant(HypLibrary<W>(create: { W.create($0, on: &$1) })),
      replay: .call(type: name),
      limits: GeneratorLimits()
    )
  }
}
