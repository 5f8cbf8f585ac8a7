/// What a call of a walker returns: `ok`, or an error by its Linux number.
public struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// 0 for success, else the positive Linux number.
  public let rawValue: Int32

  /// The result with this number.
  @inlinable
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Success.
  @inlinable public static var ok: Errno { Errno(rawValue: 0) }
  /// EPERM.
  @inlinable public static var notPermitted: Errno { Errno(rawValue: 1) }
  /// ENOENT: there is nothing.
  @inlinable public static var notFound: Errno { Errno(rawValue: 2) }
  /// EFAULT: an address at which there is no memory.
  @inlinable public static var fault: Errno { Errno(rawValue: 14) }
  /// E2BIG.
  @inlinable public static var tooBig: Errno { Errno(rawValue: 7) }
  /// EAGAIN: the entry is already there, or was changed meanwhile; try again.
  @inlinable public static var again: Errno { Errno(rawValue: 11) }
  /// ENOMEM.
  @inlinable public static var noMemory: Errno { Errno(rawValue: 12) }
  /// EBUSY: something else is in the way.
  @inlinable public static var busy: Errno { Errno(rawValue: 16) }
  /// EEXIST.
  @inlinable public static var exists: Errno { Errno(rawValue: 17) }
  /// EINVAL.
  @inlinable public static var invalid: Errno { Errno(rawValue: 22) }
  /// ERANGE.
  @inlinable public static var range: Errno { Errno(rawValue: 34) }
  /// ENOSYS: the subject has no such call.
  @inlinable public static var notImplemented: Errno { Errno(rawValue: 38) }

  /// The name by which Linux knows it, with its sign: `0`, `-EINVAL`.
  public var description: String {
    switch self {
    case .ok: "0"
    case .notPermitted: "-EPERM"
    case .notFound: "-ENOENT"
    case .fault: "-EFAULT"
    case .tooBig: "-E2BIG"
    case .again: "-EAGAIN"
    case .noMemory: "-ENOMEM"
    case .busy: "-EBUSY"
    case .exists: "-EEXIST"
    case .invalid: "-EINVAL"
    case .range: "-ERANGE"
    case .notImplemented: "-ENOSYS"
    default: "-\(rawValue)"
    }
  }
}
