// swift-tools-version: 6.1
// A package with walkers of its own, and the one test that checks them.
import PackageDescription

let package = Package(
  name: "my-walker",
  dependencies: [
    .package(name: "walkproof", path: "../..")
  ],
  targets: [
    .target(
      name: "MyWalker",
      dependencies: [.product(name: "WalkerChecks", package: "walkproof")]
    ),
    .testTarget(
      name: "MyWalkerTests",
      dependencies: ["MyWalker", .product(name: "WalkerChecks", package: "walkproof")]
    ),
  ]
)
