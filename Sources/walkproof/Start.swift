import Machines
import Walkers

@main enum Start {
  static func time(_ name: String, _ pages: Int, _ setup: () -> Void = {}, _ body: () -> Void) {
    var best: [Double] = []
    for _ in 0..<5 {
      setup()
      let c = ContinuousClock()
      let d = c.measure(body)
      let (s, a) = d.components
      best.append((Double(s) * 1e9 + Double(a) * 1e-9) / Double(pages))
    }
    best.sort()
    print(name, best[2])
  }
  static func main() {
    let memory = PhysicalMemory(granule: .size4K, base: 1 << 32, capacity: 8192)
    var m = DirectMachine(memory: memory)
    let s2 = Stage2<DirectMachine>.create(
      Stage2Configuration(hasForceWriteBack: true, hasRangeInvalidation: true),
      on: &m
    )!
    let rwx: UInt64 = 7
    let n = 262144
    time("map 1G by 4K", n, { _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &m) }) {
      _ = s2.map(ipa: 0, sizeInBytes: 1 << 30, physical: 4096, protection: rwx, on: &m)
    }
    time("wrprotect 1G", n) { _ = s2.writeProtect(ipa: 0, sizeInBytes: 1 << 30, on: &m) }
    time(
      "wrprotect 1G dirty",
      n,
      {
        _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &m)
        _ = s2.map(ipa: 0, sizeInBytes: 1 << 30, physical: 4096, protection: rwx, on: &m)
      }
    ) { _ = s2.writeProtect(ipa: 0, sizeInBytes: 1 << 30, on: &m) }
    var rng = SystemRandomNumberGenerator()
    let addrs = (0..<n).map { _ in rng.next() % UInt64(n) << 12 }
    var sum: UInt64 = 0
    time("get_leaf", n) { for a in addrs { sum &+= s2.leaf(at: a, on: &m).descriptor } }
    time(
      "unmap 1G",
      n,
      {
        _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &m)
        _ = s2.map(ipa: 0, sizeInBytes: 1 << 30, physical: 4096, protection: rwx, on: &m)
      }
    ) { _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 30, on: &m) }
    let perm = Array(0..<UInt64(n)).shuffled()
    time("single map", n, { _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &m) }) {
      for a in perm {
        _ = s2.map(ipa: a << 12, sizeInBytes: 4096, physical: a << 12, protection: rwx, on: &m)
      }
    }
    time(
      "single unmap",
      n,
      {
        _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &m)
        for a in perm {
          _ = s2.map(ipa: a << 12, sizeInBytes: 4096, physical: a << 12, protection: rwx, on: &m)
        }
      }
    ) { for a in perm { _ = s2.unmap(ipa: a << 12, sizeInBytes: 4096, on: &m) } }
    time("map 1G by 2M", n, { _ = s2.unmap(ipa: 0, sizeInBytes: 1 << 40, on: &m) }) {
      _ = s2.map(ipa: 0, sizeInBytes: 1 << 30, physical: 2 << 20, protection: rwx, on: &m)
    }
    print(sum)
  }
}
