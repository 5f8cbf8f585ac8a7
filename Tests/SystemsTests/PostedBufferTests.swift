import Checking
import Property
import Testing
import Walkers

@testable import Systems

@Suite struct PostedBufferTests {
  /// What campaigns over the buffers as posted find, with these of their faults.
  ///
  /// What is found first hides what comes later in the same case, until it is accepted.
  private func findings(
    _ faults: FaultsOf<PostedFault>,
    cases: UInt64,
    rounds: Int = 1
  ) -> Set<String> {
    let subject = Subject(
      "posted",
      .seed,
      "as posted",
      checkedIn: BufferSession<PostedSharedBuffers>.self,
      PostedSharedBuffers(faults: faults),
      limits: NoLimits()
    )
    var plan = CampaignPlan(seed: 1, cases: 0..<cases)
    plan.failureLimit = nil
    plan.selfCheckInterval = nil
    var found: Set<String> = []
    for _ in 0..<rounds {
      let result = subject.campaign(plan, jobs: 2, accepting: found).search()
      found.formUnion(result.failures.map(\.violation.fingerprint))
    }
    return found
  }

  /// Of each fault, what convicts it, and by what all that it does is known.
  static let faults: [(fault: PostedFault, convicts: [String], isOwn: [String])] = [
    // Two map at once: both find nothing kept, and the second's mapping takes the first's place, which is
    // undone where it should be kept; or one is given a mapping whose contents it does not see yet.
    (
      .mapsUnlocked,
      ["data-race/attachment.sgt: marked write, plain read"],
      [
        "data-race/attachment.", "data-race/sgt.", "kept-mapping-undone",
        "device-mapping-undone-twice",
      ]
    ),
    (.areaKept, ["area-changed"], ["area-changed"]),
    (.areaEndWraps, ["area-beyond-buffer"], ["area-beyond-buffer"]),
    (
      .kernelCheckedUnlocked,
      ["data-race/buffer.vmapping_counter: plain read, plain write"],
      ["data-race/buffer.vm", "unexpected-warning/what "]
    ),
    (
      .kernelFailureWarns,
      ["unexpected-warning/a buffer cannot be mapped for the kernel"],
      ["unexpected-warning/a buffer cannot be mapped for the kernel"]
    ),
    (.accessLeftOpen, ["processor-access-left-open"], ["processor-access-left-open"]),
  ]

  @Test func `each fault of the posted buffers has a counterexample of its own`() {
    let found = findings(PostedSharedBuffers.allFaults, cases: 8000, rounds: 2)
    for fault in PostedBufferTests.faults {
      for finding in fault.convicts { #expect(found.contains(finding), "\(finding)") }
    }
    // Nothing else is wrong with them, importers that call without the lock they were not told to hold
    // included.
    let known = PostedBufferTests.faults.flatMap(\.isOwn)
    for finding in found { #expect(known.contains { finding.hasPrefix($0) }, "\(finding)") }
  }

  @Test(arguments: faults.indices)
  func `a fault alone is convicted by what it does, and by nothing else`(index: Int) {
    let (fault, convicts, isOwn) = PostedBufferTests.faults[index]
    let found = findings([fault], cases: 8000)
    #expect(found.contains(convicts[0]), "\(fault): \(found)")
    for finding in found { #expect(isOwn.contains { finding.hasPrefix($0) }, "\(finding)") }
  }

  @Test func `with all of them mended nothing is found`() {
    #expect(findings([], cases: 5000).isEmpty)
  }
}
