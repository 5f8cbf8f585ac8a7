import Architecture
import Checking
public import Machines
import Property

/// What a guest does to its tables, or a translation that is asked for.
public enum TranslateOperation: Sendable, Hashable {
  /// The guest maps a page.
  case map(
    address: UInt64,
    level: RadixLevel,
    lastBits: UInt64,
    realAddress: UInt64,
    rights: UInt64
  )
  /// The guest turns bits of the entry of a level for an address; 4 stands for the process's entry.
  case turn(address: UInt64, level: RadixLevel, bits: UInt64)
  /// The guest turns bits of the register that says where its process table is.
  case turnRegister(bits: UInt64)
  /// An effective address is translated.
  case translate(address: UInt64, pid: UInt64, amr: UInt64, iamr: UInt64, isProblemState: Bool)

  /// How operations are told apart in statistics.
  public enum Kind: Int, Sendable, CaseIterable {
    /// What a guest does.
    case guest
    /// A translation by a page of 4 KiB, and so on.
    case small, medium, large, huge
    /// A translation that there is none of.
    case refused

    /// The name in reports.
    public var name: String {
      switch self {
      case .guest: "guest"
      case .small: "xlate, 4K"
      case .medium: "xlate, 64K"
      case .large: "xlate, 2M"
      case .huge: "xlate, 1G"
      case .refused: "xlate, none"
      }
    }
  }
}

extension TranslateOperation: CustomStringConvertible {
  /// The operation as it would be written.
  public var description: String {
    switch self {
    case .map(let address, let level, let lastBits, let real, let rights):
      let size = level == 2 ? "1G" : level == 1 ? "2M" : lastBits == 5 ? "64K" : "4K"
      return "guest: map \(hex(address)) to \(hex(real)), \(size), rights \(rightsText(rights))"
    case .turn(let address, 4, let bits):
      return "guest: turn bits \(hex(bits)) of the process entry of \(hex(address))"
    case .turn(let address, let level, let bits):
      return "guest: turn bits \(hex(bits)) of the level-\(level) entry of \(hex(address))"
    case .turnRegister(let bits):
      return "guest: turn bits \(hex(bits)) of its process table's register"
    case .translate(let address, let pid, let amr, let iamr, let isProblemState):
      return "xlate(ea: \(hex(address)), pid: \(hex(pid))"
        + (amr == 0 ? "" : ", amr: \(hex(amr))") + (iamr == 0 ? "" : ", iamr: \(hex(iamr))")
        + (isProblemState ? ", problem state" : "") + ")"
    }
  }
}

/// Rights as their letters; `P` for privileged.
private func rightsText(_ rights: UInt64) -> String {
  let letters: [(PowerField, String)] = [
    (RadixField.privileged, "P"), (RadixField.read, "R"), (RadixField.write, "W"),
    (RadixField.execute, "X"),
  ]
  let text = letters.filter { rights & $0.0.mask != 0 }.map(\.1).joined()
  return text.isEmpty ? "none" : text
}

/// Draws guests, what they do, and what is asked of them.
struct TranslateGenerator: CasePlan {
  /// The guest as it begins.
  let guest: Guest
  private let tableSize: UInt64
  private let memorySize: UInt64
  /// Addresses that most of the case is about.
  private let hotAddresses: [UInt64]

  private static let kindWeights = Weights([6, 3, 1, 8])
  private static let tableSizes: [UInt64] = [0, 4, 1, 19, 20, 24]
  private static let memorySizes: [UInt64] = [1 << 40, 1 << 44, 1 << 24]

  static var length: ElementLoop { ElementLoop(1...64, averaging: 24) }
  static var audits: AuditSchedule { .never }

  init(_ choices: inout Choices, within limits: NoLimits = NoLimits()) {
    tableSize = choices.pick(TranslateGenerator.tableSizes)
    memorySize = choices.pick(TranslateGenerator.memorySizes)
    let base: UInt64 = choices.flip(1, in: 3) ? 1 << 16 : 0
    let count = UInt64(1) << (8 + tableSize)
    let pid: UInt64 =
      switch choices.draw(through: 3) {
      case 0: 1
      case 1: 0
      case 2: min(count - 1, 0xffff_ffff)
      default: min(count / 2, 0xffff_ffff)
      }
    guest = Guest(memorySize: memorySize, tableBase: base, tableSize: tableSize, pid: pid)
    hotAddresses = (0..<2).map { _ in TranslateGenerator.address(&choices) }
  }

  var configurationText: String {
    "\(memorySize >> 20) MiB of guest memory, process table of 2^\(12 + tableSize) bytes, "
      + "pid \(hex(guest.registers.pid))"
  }

  /// The next operation.
  func operation(_ choices: inout Choices) -> TranslateOperation {
    switch choices.draw(weights: TranslateGenerator.kindWeights) {
    case 0:
      return .map(
        address: hotAddress(&choices),
        level: RadixLevel(Int(choices.draw(through: 2))),
        lastBits: choices.flip(1, in: 2) ? 5 : 9,
        realAddress: choices.draw(through: 7) << 30 | choices.draw(through: 15) << 12,
        rights: choices.flip(1, in: 2) ? choices.draw(through: 15) : 6
      )
    case 1:
      return .turn(
        address: hotAddress(&choices),
        level: RadixLevel(Int(choices.draw(through: 4))),
        bits: bits(&choices)
      )
    case 2: return .turnRegister(bits: choices.flip(1, in: 2) ? 1 << choices.draw(through: 63) : 8)
    default: return translation(&choices)
    }
  }

  private func translation(_ choices: inout Choices) -> TranslateOperation {
    var address = hotAddress(&choices)
    if choices.flip(1, in: 3) { address ^= choices.drawScaled(through: 1 << 31 - 1) }
    if choices.flip(oneIn: 12) { address ^= 1 << (62 + choices.draw(through: 1)) }
    var pid = guest.registers.pid
    switch choices.draw(through: 11) {
    case 8: pid ^= 1 << 28
    case 9: pid = 1 << (8 + tableSize) & 0xffff_ffff
    case 10: pid = choices.drawScaled(through: 0xffff_ffff)
    default: break
    }
    let key = { (choices: inout Choices) -> UInt64 in
      choices.flip(1, in: 3) ? choices.draw(through: 3) << 62 : 0
    }
    return .translate(
      address: address,
      pid: pid,
      amr: key(&choices),
      iamr: key(&choices),
      isProblemState: choices.flip(1, in: 2)
    )
  }

  private func hotAddress(_ choices: inout Choices) -> UInt64 { choices.pick(hotAddresses) }

  private static func address(_ choices: inout Choices) -> UInt64 {
    var address: UInt64 =
      switch choices.draw(through: 3) {
      case 0: 0
      case 1: choices.draw(through: 3) << 30 | choices.draw(through: 3) << 21
      case 2: 1 << 52 - (1 << 12)
      default: choices.drawScaled(through: 1 << 52 - 1)
      }
    if choices.flip(1, in: 3) { address |= 3 << 62 }
    return address
  }

  /// Bits to turn: one field, or any bit.
  private func bits(_ choices: inout Choices) -> UInt64 {
    switch choices.draw(through: 7) {
    case 0: RadixField.valid.mask
    case 1: RadixField.leaf.mask
    case 2: 1 << choices.draw(through: 4)
    case 3: 1 << (8 + choices.draw(through: 11))
    case 4: RadixField.treeSizeHigh.mask & (choices.draw(through: 3) << 61)
    case 5: 1 << (52 + choices.draw(through: 7))
    case 6: 1 << (5 + choices.draw(through: 2))
    default: 1 << choices.draw(through: 63)
    }
  }
}
