// swift-tools-version: 6.1
import PackageDescription

/// Every target is compiled in Swift 6 mode, with the features that keep the floors honest.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let arguments: Target.Dependency = .product(
  name: "ArgumentParser",
  package: "swift-argument-parser"
)

let package = Package(
  name: "walkproof",
  products: [
    .executable(name: "walkproof", targets: ["walkproof"]),
    // What a package with a walker of its own needs to check it in its tests.
    .library(name: "WalkerChecks", targets: ["WalkerChecks", "Machines", "Walkers", "Reports"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // Floor 0
    .target(name: "CZ3"),
    .target(name: "CWalkerPlugin", exclude: ["README.md"]),
    .target(name: "CFiber"),
    // Floor 1
    .target(name: "Machines", swiftSettings: settings),
    .target(name: "Property", swiftSettings: settings),
    // Floor 2
    .target(
      name: "Architecture",
      dependencies: ["Machines"],
      path: "Models/Architecture",
      swiftSettings: settings
    ),
    .target(name: "Walkers", dependencies: ["Machines"], swiftSettings: settings),
    .target(
      name: "Schedules",
      dependencies: ["CFiber", "Machines", "Property"],
      swiftSettings: settings
    ),
    // Floor 3
    .target(
      name: "Reference",
      dependencies: ["Machines"],
      path: "Models/Reference",
      swiftSettings: settings
    ),
    .target(name: "Oracles", dependencies: ["Machines", "Architecture"], swiftSettings: settings),
    .target(name: "Symbolic", dependencies: ["CZ3", "Machines"], swiftSettings: settings),
    // Floor 4
    .target(
      name: "Checking",
      dependencies: ["Machines", "Property", "Schedules"],
      swiftSettings: settings
    ),
    // Floor 5
    .target(
      name: "Systems",
      dependencies: [
        "CWalkerPlugin", "Checking", "Machines", "Property", "Architecture", "Walkers", "Reference",
        "Oracles", "Schedules",
      ],
      swiftSettings: settings
    ),
    .target(
      name: "Plugins",
      dependencies: ["CWalkerPlugin", "Checking", "Machines", "Systems"],
      exclude: ["README.md"],
      resources: [.embedInCode("Shim"), .embedInCode("Accepted")],
      swiftSettings: settings
    ),
    // Floor 6
    .target(
      name: "Proofs",
      dependencies: [
        "Checking", "Machines", "Architecture", "Walkers", "Schedules", "Symbolic", "Systems",
      ],
      path: "Proofs",
      exclude: ["README.md"],
      swiftSettings: settings
    ),
    // Floor 7
    .target(
      name: "Reports",
      dependencies: ["Checking", "Machines", "Property", "Symbolic", "Systems", "Proofs"],
      exclude: ["README.md"],
      swiftSettings: settings
    ),
    // Floor 8
    .target(
      name: "WalkerChecks",
      dependencies: ["Checking", "Machines", "Property", "Walkers", "Systems", "Reports"],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "walkproof",
      dependencies: [
        "CWalkerPlugin", "Checking", "Machines", "Plugins", "Property", "Schedules", "Symbolic",
        "Walkers", "Systems", "Proofs", "Reports", arguments,
      ],
      swiftSettings: settings,
      // The instrumentation of a plugin's code finds its hooks in the process that loads it.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"], .when(platforms: [.linux]))]
    ),

    .testTarget(
      name: "CommandLineTests",
      dependencies: ["walkproof"],
      exclude: ["Fixtures"],
      swiftSettings: settings
    ),
    .testTarget(name: "HouseTests", swiftSettings: settings),
    .testTarget(
      name: "ProofsTests",
      dependencies: ["Proofs", "Architecture", "Walkers", "Symbolic", "Machines"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ReferenceTests",
      dependencies: ["Reference", "Machines"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SystemsTests",
      dependencies: [
        "Systems", "Architecture", "Checking", "Machines", "Oracles", "Property", "Reference",
        "Schedules", "Walkers",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "CheckingTests",
      dependencies: ["Checking", "Machines", "Property", "Reports", "Schedules"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "WalkersTests",
      dependencies: ["Walkers", "Machines", "Property", "Architecture", "Reference"],
      swiftSettings: settings
    ),
    .testTarget(name: "MachinesTests", dependencies: ["Machines"], swiftSettings: settings),
    .testTarget(name: "PropertyTests", dependencies: ["Property"], swiftSettings: settings),
    .testTarget(
      name: "ArchitectureTests",
      dependencies: ["Architecture", "Machines"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "OraclesTests",
      dependencies: ["Oracles", "Architecture", "Machines"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SchedulesTests",
      dependencies: ["CFiber", "Schedules", "Machines", "Oracles", "Property"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SymbolicTests",
      dependencies: ["Symbolic", "Machines"],
      swiftSettings: settings
    ),
  ]
)
