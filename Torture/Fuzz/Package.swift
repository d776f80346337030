// swift-tools-version: 6.2
import PackageDescription

// Targets of the service, through links, and a program that a coverage-guided fuzzer drives. A package of its own, since all of it
// is built for the fuzzer: see parsers.py.
let package = Package(
    name: "parser-fuzzer",
    targets: [
        .target(name: "CStreamingCopy"),
        .target(name: "ByteBuffers", dependencies: ["CStreamingCopy"]),
        .target(name: "CThreadSanitizer"),
        .target(name: "CFutex"),
        .target(name: "CLockWait"),
        .target(name: "Locks", dependencies: ["CFutex", "CLockWait", "CThreadSanitizer"]),
        .target(name: "CRetain"),
        .target(name: "KeyValueStore", dependencies: ["ByteBuffers", "CRetain", "Locks"]),
        .target(name: "HTTPMessages", dependencies: ["ByteBuffers"]),
        .target(name: "CDigests", linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "Digests", dependencies: ["ByteBuffers", "CDigests", "HTTPMessages"]),
        .target(name: "Sockets"),
        .target(name: "Threads", dependencies: ["Locks", "Sockets"]),
        .target(
            name: "KeyValueAPI",
            dependencies: ["ByteBuffers", "Digests", "HTTPMessages", "KeyValueStore", "Locks", "Threads"]),
        .target(name: "CLibFuzzer"),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd"),
        .executableTarget(
            name: "parser-fuzzer",
            dependencies: [
                "ByteBuffers", "CLibFuzzer", "CMicroHTTPD", "HTTPMessages", "KeyValueAPI", "KeyValueStore",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
