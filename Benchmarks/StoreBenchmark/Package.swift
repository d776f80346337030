// swift-tools-version: 6.2
import PackageDescription

let checked: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "store-benchmark",
    dependencies: [.package(name: "latchkey", path: "../..")],
    targets: [
        // The other ways to share what `ShardedStore` shares. Its folder Shard is of links to the store's own files, so that
        // all of them have the same table and differ in nothing but who may touch it when.
        .target(
            name: "OtherStores", dependencies: [.product(name: "KeyValueStore", package: "latchkey")],
            swiftSettings: checked),
        .executableTarget(
            name: "store-benchmark",
            dependencies: ["OtherStores", .product(name: "KeyValueStore", package: "latchkey")],
            swiftSettings: checked),
    ],
    swiftLanguageModes: [.v6]
)
