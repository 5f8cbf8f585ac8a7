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
  /// EINTR: a signal came while it waited.
  @inlinable public static var interrupted: Errno { Errno(rawValue: 4) }
  /// EBADF: no such descriptor.
  @inlinable public static var badDescriptor: Errno { Errno(rawValue: 9) }
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
  /// EMFILE: no descriptor is free.
  @inlinable public static var tooManyFiles: Errno { Errno(rawValue: 24) }
  /// ERANGE.
  @inlinable public static var range: Errno { Errno(rawValue: 34) }
  /// EDEADLK: to wait would be for ever.
  @inlinable public static var deadlock: Errno { Errno(rawValue: 35) }
  /// ETIME: it took too long.
  @inlinable public static var timedOut: Errno { Errno(rawValue: 62) }
  /// EOVERFLOW.
  @inlinable public static var overflow: Errno { Errno(rawValue: 75) }
  /// ENOSYS: the subject has no such call.
  @inlinable public static var notImplemented: Errno { Errno(rawValue: 38) }

  /// The name by which Linux knows it, with its sign: `0`, `-EINVAL`.
  public var description: String {
    switch self {
    case .ok: "0"
    case .notPermitted: "-EPERM"
    case .notFound: "-ENOENT"
    case .interrupted: "-EINTR"
    case .badDescriptor: "-EBADF"
    case .fault: "-EFAULT"
    case .tooBig: "-E2BIG"
    case .again: "-EAGAIN"
    case .noMemory: "-ENOMEM"
    case .busy: "-EBUSY"
    case .exists: "-EEXIST"
    case .invalid: "-EINVAL"
    case .tooManyFiles: "-EMFILE"
    case .range: "-ERANGE"
    case .deadlock: "-EDEADLK"
    case .timedOut: "-ETIME"
    case .overflow: "-EOVERFLOW"
    case .notImplemented: "-ENOSYS"
    default: "-\(rawValue)"
    }
  }
}
