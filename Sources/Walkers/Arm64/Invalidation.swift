public import Machines

/// Whose translations a tree holds, and so by which instructions they are invalidated.
public enum Regime: Sendable, Hashable {
  /// A guest's stage 2.
  case stage2
  /// A hypervisor's own stage 1, at EL2.
  case hyp
}

/// How a broken entry is taken out of the TLBs: barrier, invalidation, barrier.
public struct Invalidation: Sendable, Hashable {
  /// The longest run, in entries, that is invalidated entry by entry.
  public static let maximalRun: UInt64 = 64

  /// Whose translations.
  public let regime: Regime
  /// Whether the CPU invalidates by range.
  public let usesRanges: Bool

  /// For this regime, by range where the CPU can.
  @inlinable
  public init(_ regime: Regime, usesRanges: Bool) {
    self.regime = regime
    self.usesRanges = usesRanges
  }

  /// Invalidates what any TLB may hold of one address, after a store that broke its entry.
  ///
  /// `level` is that of the broken leaf; nil where a table was broken or several levels may be
  /// cached, since a hint that is wrong may leave everything in place.
  @inlinable
  public func invalidate<M: ArmMachine>(_ address: M.W, level: LookupLevel?, on machine: inout M) {
    machine.barrier(.dsbISHST)
    issue(address, level: level, on: &machine)
    complete(on: &machine)
  }

  /// Invalidates the `span`-sized entries from `start` to `end` (not included), after the stores
  /// that broke them.
  @inlinable
  public func invalidate<M: ArmMachine>(
    from start: M.W,
    to end: M.W,
    span: UInt64,
    level: LookupLevel?,
    on machine: inout M
  ) {
    machine.barrier(.dsbISHST)
    if machine.holds(end &- start .<= M.W(span)) {
      issue(start, level: level, on: &machine)
    } else if usesRanges {
      machine.invalidate(
        TLBInvalidation(
          regime == .stage2 ? .ripas2e1 : .rvae2,
          address: start,
          sizeInBytes: end &- start,
          levelHint: level
        )
      )
    } else if machine.holds(end &- start .<= M.W(span &* Invalidation.maximalRun)) {
      var address = start
      repeat {
        issue(address, level: level, on: &machine)
        address = address &+ M.W(span)
      } while machine.holds(address .< end)
    } else {
      invalidateEverything(on: &machine)
      return
    }
    complete(on: &machine)
  }

  /// Invalidates every translation, after a store that broke something.
  @inlinable
  public func invalidateAll<M: ArmMachine>(on machine: inout M) {
    machine.barrier(.dsbISHST)
    invalidateEverything(on: &machine)
  }

  @inlinable
  func invalidateEverything<M: ArmMachine>(on machine: inout M) {
    machine.invalidate(TLBInvalidation(regime == .stage2 ? .vmalls12e1 : .alle2))
    machine.barrier(.dsbISH)
    machine.barrier(.isb)
  }

  @inlinable
  func issue<M: ArmMachine>(_ address: M.W, level: LookupLevel?, on machine: inout M) {
    // The last-level form of the EL2 instruction spares the walk caches when only a leaf went.
    let operation: TLBInvalidation<M.W>.Operation =
      regime == .stage2 ? .ipas2e1 : level == nil ? .vae2 : .vale2
    machine.invalidate(TLBInvalidation(operation, address: address, levelHint: level))
  }

  /// Waits for the invalidation.
  ///
  /// At stage 2 the combined translations go last: until stage 2 is gone everywhere, a walk could
  /// build them again from it.
  @inlinable
  func complete<M: ArmMachine>(on machine: inout M) {
    machine.barrier(.dsbISH)
    if regime == .stage2 {
      machine.invalidate(TLBInvalidation(.vmalle1))
      machine.barrier(.dsbISH)
    }
    machine.barrier(.isb)
  }
}
