// swift-tools-version: 6.2
import PackageDescription

let checked: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For the targets that have no business with raw memory: the compiler refuses it there.
let memorySafe = checked + [.strictMemorySafety()]

/// What `latchkey_build_info` tells: from the repository, or where that is not at hand, as in a container's build, from
/// the environment.
let commit =
    Context.environment["LATCHKEY_COMMIT"].flatMap { $0.isEmpty ? nil : $0 }
    ?? Context.gitInformation.map { $0.currentCommit.prefix(12) + ($0.hasUncommittedChanges ? "-modified" : "") }
    ?? "unknown"

let package = Package(
    name: "latchkey",
    products: [
        .executable(name: "latchkey", targets: ["latchkey"]),
        // For Benchmarks/StoreBenchmark.
        .library(name: "KeyValueStore", targets: ["ByteBuffers", "CRetain", "KeyValueStore", "Locks"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        // From the lowest to the highest; each knows only those above it in this list.
        .target(name: "CStreamingCopy"),
        .target(name: "ByteBuffers", dependencies: ["CStreamingCopy"], swiftSettings: checked),
        .target(name: "CThreadSanitizer"),
        .target(name: "CFutex"),
        .target(name: "CLockWait"),
        .target(name: "Locks", dependencies: ["CFutex", "CLockWait", "CThreadSanitizer"], swiftSettings: checked),
        .target(name: "CRetain"),
        .target(name: "KeyValueStore", dependencies: ["ByteBuffers", "CRetain", "Locks"], swiftSettings: checked),
        .target(name: "HTTPMessages", dependencies: ["ByteBuffers"], swiftSettings: memorySafe),
        .target(name: "PrometheusExposition", swiftSettings: memorySafe),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Compression", dependencies: ["ByteBuffers", "CZlib"], swiftSettings: checked),
        .target(name: "Sockets", swiftSettings: checked),
        .target(name: "Threads", dependencies: ["Locks", "Sockets"], swiftSettings: checked),
        .target(name: "CReception"),
        .target(name: "CTransportSecurity", dependencies: ["CReception"], linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "TransportSecurity", dependencies: ["CTransportSecurity", "Sockets"], swiftSettings: checked),
        .target(name: "CDigests", linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "Digests", dependencies: ["ByteBuffers", "CDigests", "HTTPMessages"], swiftSettings: checked),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .target(
            name: "MicroHTTPD",
            dependencies: [
                "ByteBuffers", "CMicroHTTPD", "CReception", "CTransportSecurity", "HTTPMessages", "Locks", "Sockets",
                "Threads", "TransportSecurity",
            ],
            swiftSettings: checked),
        .target(
            name: "KeyValueAPI",
            dependencies: ["ByteBuffers", "Digests", "HTTPMessages", "KeyValueStore", "Locks", "Threads"],
            swiftSettings: memorySafe),
        .target(name: "CAllocator"),
        .target(name: "CBuildInfo", cSettings: [.define("LATCHKEY_COMMIT", to: "\"\(commit)\"")]),
        .target(
            name: "LatchkeyServer",
            dependencies: [
                "ByteBuffers", "CAllocator", "CBuildInfo", "Compression", "HTTPMessages", "KeyValueAPI",
                "KeyValueStore",
                "Locks", "MicroHTTPD", "PrometheusExposition", "Sockets", "Threads", "TransportSecurity",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("Resources/openapi.yaml"), .embedInCode("LivePage/page.html"),
                .embedInCode("LivePage/page.css"), .embedInCode("LivePage/metrics.js"),
                .embedInCode("LivePage/rates.js"),
                .embedInCode("LivePage/format.js"), .embedInCode("LivePage/charts.js"),
                .embedInCode("LivePage/heatmap.js"), .embedInCode("LivePage/panels.js"),
                .embedInCode("LivePage/page.js"),
            ],
            swiftSettings: memorySafe),
        .target(
            name: "LatchkeyClient", dependencies: ["ByteBuffers", "HTTPMessages", "Sockets", "TransportSecurity"],
            swiftSettings: memorySafe),
        .executableTarget(
            name: "latchkey",
            dependencies: [
                "CAllocator", "HTTPMessages", "LatchkeyClient", "LatchkeyServer", "TransportSecurity",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: memorySafe),

        .target(
            name: "CTestCertificates", path: "Tests/CTestCertificates", linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "CFaults", path: "Tests/CFaults"),
        .target(
            name: "TestSupport", dependencies: ["CTestCertificates", "Sockets"], path: "Tests/TestSupport",
            swiftSettings: checked),
        .testTarget(name: "ByteBuffersTests", dependencies: ["ByteBuffers"], swiftSettings: checked),
        .testTarget(
            name: "CompressionTests", dependencies: ["ByteBuffers", "Compression", "TestSupport"],
            swiftSettings: checked),
        .testTarget(name: "LocksTests", dependencies: ["Locks", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "KeyValueStoreTests", dependencies: ["ByteBuffers", "KeyValueStore", "Locks", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "HTTPMessagesTests", dependencies: ["ByteBuffers", "HTTPMessages", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "DigestsTests", dependencies: ["ByteBuffers", "Digests", "HTTPMessages"], swiftSettings: checked),
        .testTarget(
            name: "KeyValueAPITests",
            dependencies: [
                "ByteBuffers", "Digests", "HTTPMessages", "KeyValueAPI", "KeyValueStore", "TestSupport", "Threads",
            ],
            swiftSettings: checked),
        .testTarget(
            name: "MicroHTTPDTests",
            dependencies: [
                "ByteBuffers", "CFaults", "CReception", "Digests", "HTTPMessages", "KeyValueAPI", "KeyValueStore",
                "Locks",
                "MicroHTTPD",
                "Sockets", "TestSupport", "Threads", "TransportSecurity",
            ],
            swiftSettings: checked),
        .testTarget(
            name: "PrometheusExpositionTests", dependencies: ["PrometheusExposition"], swiftSettings: checked),
        .testTarget(
            name: "LatchkeyServerTests",
            dependencies: [
                "ByteBuffers", "HTTPMessages", "KeyValueAPI", "KeyValueStore", "LatchkeyServer", "Locks", "MicroHTTPD",
                "PrometheusExposition", "Sockets", "TestSupport",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: checked),
        .testTarget(
            name: "LatchkeyClientTests",
            dependencies: ["ByteBuffers", "HTTPMessages", "LatchkeyClient", "Sockets", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "LatchkeyTests",
            dependencies: ["latchkey", "LatchkeyClient", "MicroHTTPD", "Sockets", "TestSupport"],
            swiftSettings: checked),
    ],
    swiftLanguageModes: [.v6]
)
