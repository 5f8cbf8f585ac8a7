import Machines
import Oracles
import Testing

@Suite struct CacheMaintenanceTests {
  private static func install(
    forcesWriteBack: Bool = false,
    change: UInt64 = 0,
    _ before: (inout Litmus) -> Void,
    after: (inout Litmus) -> Void = { _ in }
  ) -> [Rule] {
    var litmus = Litmus(Stage2Configuration(hasForceWriteBack: forcesWriteBack))
    litmus.call(.map) {
      before(&$0)
      $0.put($0.page(0x8000_0000) ^ change, 0, of: $0.last)
      after(&$0)
      $0.machine.barrier(.dsbISHST)
    }
    return litmus.rules
  }

  @Test func `memory cleaned before it is mapped is acquitted`() {
    #expect(Self.install { $0.machine.clean(0x8000_0000, sizeInBytes: 4096) } == [])
  }

  @Test func `memory not cleaned before it is mapped is convicted`() {
    #expect(Self.install { _ in } == [.notCleanedBeforeInstall])
  }

  @Test func `memory cleaned after it is mapped is convicted`() {
    let rules = Self.install { _ in
    } after: {
      $0.machine.clean(0x8000_0000, sizeInBytes: 4096)
    }
    #expect(rules == [.notCleanedBeforeInstall])
  }

  @Test func `memory cleaned in part is convicted`() {
    let rules = Self.install { $0.machine.clean(0x8000_0000, sizeInBytes: 2048) }
    #expect(rules == [.notCleanedBeforeInstall])
  }

  @Test func `with FWB nothing need be cleaned, and may be`() {
    #expect(Self.install(forcesWriteBack: true) { _ in } == [])
    let rules = Self.install(forcesWriteBack: true) {
      $0.machine.clean(0x8000_0000, sizeInBytes: 4096)
    }
    #expect(rules == [])
  }

  @Test func `device memory is not cleaned`() {
    let device: UInt64 = (0b1111 ^ 0b0001) << 2
    #expect(Self.install(change: device) { _ in } == [])
    let rules = Self.install(change: device) { $0.machine.clean(0x8000_0000, sizeInBytes: 4096) }
    #expect(rules == [.needlessClean])
  }

  @Test(arguments: [true, false])
  func `instructions are invalidated before memory is executable`(isDone: Bool) {
    let rules = Self.install(forcesWriteBack: true, change: Bits.executeNever) {
      if isDone { $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096) }
    }
    #expect(rules == (isDone ? [] : [.instructionsNotInvalidated]))
  }

  @Test func `instructions invalidated for what is not executable are convicted`() {
    let rules = Self.install(forcesWriteBack: true) {
      $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096)
    }
    #expect(rules == [.needlessInstructionInvalidation])
  }

  @Test(arguments: [true, false])
  func `instructions are invalidated before execute permission is added`(isDone: Bool) {
    var litmus = Litmus()
    litmus.mapPages(0..<1)
    litmus.call {
      if isDone { $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096) }
      let executable = $0.page(0x8000_0000) & ~Bits.executeNever
      $0.machine.store(executable, to: $0.last, at: 0, order: .relaxed)
      $0.invalidate(0, hint: 3)
    }
    #expect(litmus.rules == (isDone ? [] : [.instructionsNotInvalidated]))
  }

  /// Maps a page that XN, in two bits, has so, with the instruction cache invalidated or not.
  private static func install(xn: UInt64, isDone: Bool) -> [Rule] {
    var configuration = Stage2Configuration(hasForceWriteBack: true)
    configuration.hasExecutionByPrivilege = true
    var litmus = Litmus(configuration)
    litmus.call(.map) {
      if isDone { $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096) }
      $0.put($0.page(0x8000_0000) & ~(0b11 << 53) | xn << 53, 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    return litmus.rules
  }

  @Test(arguments: [0b00, 0b01, 0b11] as [UInt64])
  func `who may execute makes no difference to the instruction cache`(xn: UInt64) {
    #expect(Self.install(xn: xn, isDone: true) == [])
    #expect(Self.install(xn: xn, isDone: false) == [.instructionsNotInvalidated])
  }

  @Test(arguments: [true, false])
  func `where caches are left alone none is maintained`(isLeftAlone: Bool) {
    var configuration = Stage2Configuration()
    configuration.maintainsCaches = false
    var litmus = Litmus(configuration)
    litmus.call(.map) {
      if !isLeftAlone {
        $0.machine.clean(0x8000_0000, sizeInBytes: 4096)
        $0.machine.invalidateInstructions(0x8000_0000, sizeInBytes: 4096)
      }
      $0.put($0.page(0x8000_0000) & ~Bits.executeNever, 0, of: $0.last)
      $0.machine.barrier(.dsbISHST)
    }
    litmus.call(.unmap(cleans: true)) {
      $0.clear(0, of: $0.last)
      $0.invalidate(0, hint: 3)
    }
    let needless: [Rule] = [.needlessClean, .needlessInstructionInvalidation]
    #expect(litmus.rules == (isLeftAlone ? [] : needless))
  }

  @Test func `where nobody may execute instructions are not invalidated`() {
    #expect(Self.install(xn: 0b10, isDone: false) == [])
    #expect(Self.install(xn: 0b10, isDone: true) == [.needlessInstructionInvalidation])
  }

  @Test func `maintenance for an annotation is convicted`() {
    var litmus = Litmus()
    litmus.call {
      $0.machine.invalidateInstructions(0, sizeInBytes: 4096)
      $0.put(1 << 2, 0, of: $0.last)
    }
    #expect(litmus.rules == [.needlessInstructionInvalidation])
  }

  private static func unmap(_ maintenance: (inout Litmus) -> Void) -> [Rule] {
    var litmus = Litmus(Stage2Configuration())
    litmus.mapCleaned()
    litmus.call(.unmap(cleans: true)) {
      $0.clear(0, of: $0.last)
      maintenance(&$0)
    }
    return litmus.rules
  }

  @Test func `memory cleaned after its translation is gone is acquitted`() {
    let rules = Self.unmap {
      $0.invalidate(0, hint: 3)
      $0.machine.clean(0x8000_0000, sizeInBytes: 4096)
    }
    #expect(rules == [])
  }

  @Test func `memory cleaned before its translation is gone is convicted`() {
    let rules = Self.unmap {
      $0.machine.clean(0x8000_0000, sizeInBytes: 4096)
      $0.invalidate(0, hint: 3)
    }
    #expect(rules == [.notCleanedAfterUnmap])
  }

  @Test func `memory not cleaned after it is unmapped is convicted`() {
    #expect(Self.unmap { $0.invalidate(0, hint: 3) } == [.notCleanedAfterUnmap])
  }

  static let flushes: [(UInt64, [Rule])] = [
    (4096, []), (2048, [.notFlushed]), (8192, [.needlessClean]),
  ]

  @Test(arguments: flushes)
  func `a flush cleans what is mapped, all of it and nothing else`(size: UInt64, expected: [Rule]) {
    var litmus = Litmus(Stage2Configuration())
    litmus.call(CallContract(flushedRanges: [0x8000_0000..<0x8000_1000 as Range<UInt64>])) {
      $0.machine.clean(0x8000_0000, sizeInBytes: size)
    }
    #expect(litmus.rules == expected)
  }
}
