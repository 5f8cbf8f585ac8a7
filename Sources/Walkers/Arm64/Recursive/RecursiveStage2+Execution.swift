public import Machines

/// Execution by privilege: what FEAT_XNX makes of XN, bits 54:53 of a leaf.
///
/// Bit 54 denies it to EL0, and bit 53 says that EL1's is not as EL0's.
extension RecursiveStage2 {
  /// The bits of a leaf that execution consists of.
  @inlinable
  var executionBits: UInt64 {
    configuration.hasExecutionByPrivilege
      ? Encoding.executeNever | Encoding.executeNever &>> 1 : Encoding.executeNever
  }

  /// Whether a leaf permits execution, to whomever.
  @inlinable
  func isExecutable(_ descriptor: M.W) -> M.W.Condition {
    // With two bits it is 0b10 that permits it to nobody.
    configuration.hasExecutionByPrivilege
      ? (descriptor & M.W(executionBits)) .!= M.W(Encoding.executeNever)
      : (descriptor & M.W(Encoding.executeNever)) .== M.W(0)
  }

  /// Whether a protection is of device memory that somebody may execute.
  @inlinable
  func isExecutableDevice(_ protection: M.W, on machine: inout M) -> Bool {
    let (privileged, unprivileged) = execution(of: protection)
    let isDevice = (protection & M.W(Protection.device)) .!= M.W(0)
    return machine.holds(isDevice .& ((privileged | unprivileged) .!= M.W(0)))
  }

  /// A leaf's attributes with the execution that a protection has, by privilege where that is told.
  @inlinable
  func execution(of protection: M.W, in attributes: M.W) -> M.W {
    guard configuration.hasExecutionByPrivilege else { return attributes }
    let (privileged, unprivileged) = execution(of: protection)
    return encode(privileged, unprivileged, in: attributes)
  }

  /// A leaf with the execution that a protection adds to it, where that is told by privilege.
  @inlinable
  func execution(addedBy protection: M.W, to leaf: M.W, on machine: inout M) -> M.W {
    guard configuration.hasExecutionByPrivilege else { return leaf }
    var (privileged, unprivileged) = execution(of: protection)
    if machine.holds((privileged | unprivileged) .== M.W(0)) { return leaf }
    if !faults.contains(.executionReplaced) {
      let forEL0 = ((leaf &>> 54) & M.W(1)) ^ M.W(1)
      privileged = privileged | (forEL0 ^ ((leaf &>> 53) & M.W(1)))
      unprivileged = unprivileged | forEL0
    }
    return encode(privileged, unprivileged, in: leaf)
  }

  /// Whether EL1 and EL0 may execute by a protection: 1 or 0.
  @inlinable
  func execution(of protection: M.W) -> (privileged: M.W, unprivileged: M.W) {
    let both = protection & M.W(Protection.execute)
    let privileged = both | ((protection &>> 5) & M.W(1))
    let unprivileged = both | ((protection &>> 6) & M.W(1))
    return faults.contains(.executionExchanged)
      ? (unprivileged, privileged) : (privileged, unprivileged)
  }

  @inlinable
  func encode(_ privileged: M.W, _ unprivileged: M.W, in leaf: M.W) -> M.W {
    (leaf & ~M.W(executionBits)) | ((unprivileged ^ M.W(1)) &<< 54)
      | ((privileged ^ unprivileged) &<< 53)
  }
}
