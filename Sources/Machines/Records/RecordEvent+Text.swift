extension RecordEvent {
  /// What happened, in a few words, with fields called by their own names alone.
  public var text: String { text { "\($0.field.name)" } }

  /// What happened, in a few words.
  ///
  /// - Parameter name: What to call a field.
  /// - Returns: the words, without who did it.
  public func text(_ name: (FieldPlace) -> String) -> String {
    switch self {
    case .read(let place, let value, let access, _):
      "\(name(place)) is \(Self.number(value))\(Self.suffix(access))"
    case .write(let place, _, let new, let access, _):
      "\(name(place)) = \(Self.number(new))\(Self.suffix(access))"
    case .update(let place, let old, let new, _, _, _):
      "\(name(place)) \(Self.number(old)) -> \(Self.number(new)) at once"
    case .mismatch(let place, let found, _):
      "\(name(place)) is \(Self.number(found)), not exchanged"
    case .fence(let fence): fence.text
    case .allocate(let record, _, let layout, _): "allocates \(layout) at \(Self.number(record))"
    case .refuse(let layout): "no memory for \(layout)"
    case .free(let record): "frees \(Self.number(record))"
    case .freeLater(let record, let domain):
      "frees \(Self.number(record)) after \(domain.text(name))"
    case .reclaim(let record): "\(Self.number(record)) is freed"
    case .initialise(let place): "initialises \(name(place))"
    case .acquire(let place, let mode, _): "takes \(name(place))\(mode.text)"
    case .busy(let place, let mode): "\(name(place))\(mode.text) is taken"
    case .release(let place, let mode): "gives \(name(place)) back\(mode.text)"
    case .interrupts(let areEnabled): areEnabled ? "enables interrupts" : "disables interrupts"
    case .prepareToWait(let place): "prepares to wait on \(name(place))"
    case .sleep: "sleeps"
    case .awake: "is awake"
    case .finishWait(let place): "leaves \(name(place))"
    case .wake(let place, let count): "wakes \(count) of \(name(place))"
    case .complete(let place): "completes \(name(place))"
    case .completed(let place): "\(name(place)) was completed"
    case .mightSleep: "may sleep"
    case .yield: "lets others run"
    case .enterSection(let domain): "enters \(domain.text(name))"
    case .leaveSection(let domain): "leaves \(domain.text(name))"
    case .beginGracePeriod(let domain): "waits for \(domain.text(name))"
    case .endGracePeriod(let domain): "\(domain.text(name)) is over"
    case .invalidate(let invalidation): invalidation.text
    case .barrier(let barrier): barrier.text
    case .invalidateRadix(let invalidation): invalidation.text
    case .powerBarrier(let barrier): "\(barrier)"
    case .warn(let site): "warns: \(site)"
    case .call(let site): "\(site)"
    case .returned(let site): "\(site) returns"
    case .begin(let count): "\(count) threads begin"
    case .finish: "ends"
    case .stuck(let reason, let place): "stuck: \(reason.text(place.map(name)))"
    case .runaway: "never ends"
    case .end: "all have ended"
    }
  }

  private static func number(_ value: UInt64) -> String {
    value < 4096 ? String(value) : value.hexadecimalText
  }

  private static func suffix(_ access: Access) -> String {
    switch access {
    case .plain: " (plain)"
    case .once: ""
    case .acquire: " (acquire)"
    case .release: " (release)"
    }
  }
}

extension Fence {
  /// The kernel's name.
  public var text: String {
    switch self {
    case .smpMB: "smp_mb"
    case .smpRMB: "smp_rmb"
    case .smpWMB: "smp_wmb"
    }
  }
}

extension Barrier {
  /// The instruction as the manual spells it.
  public var text: String {
    switch self {
    case .dsbISHST: "dsb ishst"
    case .dsbISH: "dsb ish"
    case .dsbNSH: "dsb nsh"
    case .dsbNSHST: "dsb nshst"
    case .dmbISHST: "dmb ishst"
    case .isb: "isb"
    }
  }
}

extension TLBInvalidation<UInt64> {
  /// The instruction, and what it is given.
  var text: String {
    var text = "tlbi \(operation)\(isBroadcast ? "is" : "")"
    if operation != .vmalle1, operation != .vmalls12e1, operation != .alle2 {
      text += " \(address.hexadecimalText)"
    }
    if sizeInBytes > 0 { text += ", \(sizeInBytes.hexadecimalText) bytes" }
    if let levelHint { text += ", level \(levelHint)" }
    return text
  }
}

extension RadixInvalidation<UInt64> {
  /// The instruction, and what it is given.
  var text: String {
    let names = ["translations", "walk cache", "everything"]
    return "tlbie \(names[Int(target.rawValue)]), \(operand.hexadecimalText)"
  }
}

extension LockMode {
  /// What stands behind a lock's name, where that does not say it all.
  var text: String {
    switch self {
    case .spin, .spinIRQ, .mutex: ""
    case .read, .readIRQ: " to read"
    case .write, .writeIRQ: " to write"
    }
  }
}

extension SectionDomain {
  func text(_ name: (FieldPlace) -> String) -> String {
    switch self {
    case .rcu: "RCU"
    case .srcu(let place): name(place)
    }
  }
}

extension WaitReason {
  func text(_ place: String?) -> String {
    switch self {
    case .lock: "waits for \(place ?? "a lock")"
    case .wake: "sleeps on \(place ?? "nothing")"
    case .completion: "waits for \(place ?? "a completion")"
    case .sections: "waits for others' sections"
    }
  }
}

extension UInt64 {
  /// In hexadecimal, as addresses are printed.
  var hexadecimalText: String { "0x" + String(self, radix: 16) }
}
