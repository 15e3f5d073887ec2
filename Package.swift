// swift-tools-version: 6.2
import PackageDescription

/// Settings shared by every Swift target: no warnings, explicit existentials, imports that say who sees them.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For modules whose asynchronous functions run where their caller runs: a stage's work stays on the stage's thread.
let strictOnCaller = strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

/// For what is compiled as in the packages of users, who have none of these settings.
let asOfUsers: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let metricsTestKit: Target.Dependency = .product(name: "MetricsTestKit", package: "swift-metrics")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOTLS", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let identity: [Target.Dependency] = [
    crypto, .product(name: "X509", package: "swift-certificates"),
]

let package = Package(
    name: "penstock",
    products: [
        .library(name: "Penstock", targets: ["Penstock"]),
        .library(name: "PenstockLog", targets: ["PenstockLog", "PenstockEvents"]),
        .library(name: "PenstockBatch", targets: ["PenstockBatch"]),
        .library(name: "PenstockBroker", targets: ["PenstockBroker", "PenstockFabric", "PenstockSecurity"]),
        .library(name: "PenstockTesting", targets: ["PenstockTesting"]),
        .library(name: "PenstockTomography", targets: ["PenstockTomography"]),
        .library(name: "PenstockMOF", targets: ["PenstockMOF"]),
        .executable(name: "penstock", targets: ["penstock"]),
        .executable(name: "LiveTomography", targets: ["LiveTomography"]),
        .executable(name: "MOFScreening", targets: ["MOFScreening"]),
        .executable(name: "SensorWindows", targets: ["SensorWindows"]),
        .plugin(name: "PenstockSubmit", targets: ["PenstockSubmit"]),
        .plugin(name: "PenstockReplay", targets: ["PenstockReplay"]),
    ],
    traits: [
        .trait(
            name: "Broker",
            description: "Pipelines on the logs of brokers. Without it they have no network, and no TLS."),
        .default(enabledTraits: ["Broker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Row 1: C libraries. Their module maps carry no `link` lines; the names come from pkg-config.
        // Without pkg-config, which would link the library: it is opened at run time. Headers elsewhere: CPATH.
        .systemLibrary(name: "CFabric", providers: [.apt(["libfabric-dev"])]),
        .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
        .systemLibrary(name: "CUring", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CPenstockShim", dependencies: ["CUring"]),
        // Apart from the shim: it stands on a symbol of the Swift runtime, which only simulations may need.
        .target(name: "CTaskHook"),

        // Row 2
        .target(name: "PenstockEvents", dependencies: ["CPenstockShim"], swiftSettings: strict),
        .target(
            name: "PenstockFormats", dependencies: ["CHDF5", "CLZ4", "CPNG", "CTIFF", "CZlib", "CZstd"],
            swiftSettings: strict),

        // Row 3
        .target(
            name: "PenstockLog", dependencies: ["CLZ4", "CPenstockShim", "PenstockEvents"], swiftSettings: strict),
        .target(
            name: "PenstockFabric", dependencies: ["CFabric", "CPenstockShim", "PenstockEvents", crypto] + nio,
            swiftSettings: strict),
        .target(
            name: "PenstockSecurity", dependencies: ["PenstockEvents"] + identity, swiftSettings: strict),

        // Row 4
        .target(
            name: "PenstockCommands", dependencies: ["PenstockEvents", argumentParser], swiftSettings: strict),
        .target(
            name: "PenstockBatch",
            dependencies: [
                "PenstockEvents", "PenstockFormats", crypto, .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: strictOnCaller),
        .target(
            name: "PenstockBroker",
            dependencies: ["PenstockEvents", "PenstockFabric", "PenstockLog", "PenstockSecurity"] + identity + nio,
            swiftSettings: strict),
        .target(
            name: "PenstockEngine", dependencies: ["PenstockEvents", "PenstockLog"], swiftSettings: strictOnCaller),

        // Row 5
        .target(
            name: "Penstock",
            dependencies: [
                "CPenstockShim", .target(name: "PenstockBroker", condition: .when(traits: ["Broker"])),
                "PenstockBatch", "PenstockCommands", "PenstockEngine", "PenstockEvents", "PenstockFormats",
                "PenstockLog",
                argumentParser, logging, metrics,
            ],
            swiftSettings: strict),

        // Row 6
        .target(
            name: "PenstockTesting",
            dependencies: [
                "CTaskHook", "Penstock", "PenstockEngine", "PenstockEvents", "PenstockFabric", "PenstockLog",
            ],
            swiftSettings: strictOnCaller),
        .target(
            name: "PenstockTomography",
            dependencies: [
                "Penstock", "PenstockEvents", "PenstockFormats", "PenstockLog", "CFFTW", "CPenstockShim", crypto,
            ],
            swiftSettings: strict),
        .target(
            name: "PenstockMOF", dependencies: ["COpenBLAS", "Penstock", "PenstockEvents", "PenstockFormats"],
            swiftSettings: strict),

        // Row 7
        .executableTarget(
            name: "penstock",
            dependencies: [
                "PenstockBatch", "PenstockBenchmarks", "PenstockBroker", "PenstockCommands", "PenstockEvents",
                "PenstockFabric", "PenstockLog", "PenstockSecurity", "PenstockTemplates", argumentParser,
            ],
            swiftSettings: strict),

        // The verbs of SwiftPM for packages with pipelines. They ask for no permissions: on Linux SwiftPM refuses plugins that
        // ask, where nobody can answer.
        .plugin(
            name: "PenstockSubmit",
            capability: .command(
                intent: .custom(verb: "submit", description: "Builds a pipeline and submits it to a batch queue")),
            path: "Plugins/Submit"),
        .plugin(
            name: "PenstockReplay",
            capability: .command(
                intent: .custom(verb: "replay", description: "Builds a pipeline and replays what it recorded")),
            path: "Plugins/Replay"),

        // Pipelines that users start from
        .executableTarget(
            name: "LiveTomography",
            dependencies: ["Penstock", "PenstockFormats", "PenstockLog", "PenstockTomography"],
            path: "Pipelines/LiveTomography",
            swiftSettings: strict),
        .executableTarget(
            name: "MOFScreening",
            dependencies: ["Penstock", "PenstockMOF"],
            path: "Pipelines/MOFScreening",
            swiftSettings: strict),
        .executableTarget(
            name: "SensorWindows",
            dependencies: ["Penstock"],
            path: "Pipelines/SensorWindows",
            swiftSettings: strict),

        // What `penstock new` writes: embedded, and compiled and tested as it is
        .target(
            name: "PenstockTemplates", path: "Templates", sources: ["TemplateFile.swift"],
            resources: [
                .embedInCode("MOF/MOFTemplate.md"),
                .embedInCode("MOF/Sources/ExampleStructures.swift"),
                .embedInCode("MOF/Sources/MOFTemplate.swift"),
                .embedInCode("MOF/Tests/MOFTemplateTests.swift"),
                .embedInCode("Sensors/SensorsTemplate.md"),
                .embedInCode("Sensors/Sources/ExampleReadings.swift"),
                .embedInCode("Sensors/Sources/SensorsTemplate.swift"),
                .embedInCode("Sensors/Tests/SensorsTemplateTests.swift"),
                .embedInCode("Tomography/TomographyTemplate.md"),
                .embedInCode("Tomography/Sources/ExampleScan.swift"),
                .embedInCode("Tomography/Sources/TomographyTemplate.swift"),
                .embedInCode("Tomography/Tests/TomographyTemplateTests.swift"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "MOFTemplate", dependencies: ["Penstock", "PenstockMOF"], path: "Templates/MOF/Sources",
            swiftSettings: asOfUsers),
        .executableTarget(
            name: "SensorsTemplate", dependencies: ["Penstock"], path: "Templates/Sensors/Sources",
            swiftSettings: asOfUsers),
        .executableTarget(
            name: "TomographyTemplate", dependencies: ["Penstock", "PenstockTomography"],
            path: "Templates/Tomography/Sources", swiftSettings: asOfUsers),

        // Measurements
        .target(
            name: "EventQueries", dependencies: ["Penstock", "PenstockLog"], path: "Benchmarks/EventQueries",
            swiftSettings: strict),
        // What measures a site for its users, and Penstock for us
        .target(
            name: "PenstockBenchmarks",
            dependencies: ["PenstockBroker", "PenstockEvents", "PenstockFabric", "PenstockLog", argumentParser],
            path: "Benchmarks/PenstockBenchmarks", swiftSettings: strict),
        .executableTarget(
            name: "penstock-bench",
            dependencies: [
                "EventQueries", "Penstock", "PenstockBenchmarks", "PenstockEvents", "PenstockFormats", "PenstockLog",
                "PenstockMOF", "PenstockTomography", "CFFTW", "CPenstockShim", argumentParser,
            ],
            path: "Benchmarks/penstock-bench",
            swiftSettings: strict),

        // What several of the tests need
        .target(
            name: "TestSupport", dependencies: ["PenstockEvents"], path: "Tests/TestSupport", swiftSettings: strict),

        .testTarget(
            name: "PenstockEventsTests", dependencies: ["CPenstockShim", "PenstockEvents"], swiftSettings: strict),
        .testTarget(
            name: "PenstockMOFTests",
            dependencies: [
                "Penstock", "PenstockEngine", "PenstockEvents", "PenstockFormats", "PenstockMOF", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PenstockFormatsTests", dependencies: ["PenstockFormats", "TestSupport"], swiftSettings: strict),
        .executableTarget(
            name: "FabricPeer", dependencies: ["PenstockEvents", "PenstockFabric"], path: "Tests/FabricPeer",
            swiftSettings: strict),
        .testTarget(
            name: "PenstockFabricTests",
            dependencies: [
                "CFabric", "FabricPeer", "PenstockFabric", "PenstockEvents", "PenstockTesting", "TestSupport",
            ] + nio,
            swiftSettings: strict),
        .testTarget(
            name: "PenstockSecurityTests",
            dependencies: ["PenstockEvents", "PenstockSecurity", "TestSupport"] + identity, swiftSettings: strict),
        .executableTarget(
            name: "GroupPeer", dependencies: ["PenstockBroker", "PenstockLog"], path: "Tests/GroupPeer",
            swiftSettings: strict),
        .executableTarget(
            name: "CoordinationPeer", dependencies: ["PenstockBroker", "PenstockLog"], path: "Tests/CoordinationPeer",
            swiftSettings: strict),
        .executableTarget(
            name: "BrokerPeer", dependencies: ["PenstockBroker", "PenstockEvents", "PenstockFabric", "PenstockLog"],
            path: "Tests/BrokerPeer", swiftSettings: strict),
        .executableTarget(
            name: "SharePeer", dependencies: ["Penstock", "PenstockBroker", "PenstockLog"], path: "Tests/SharePeer",
            swiftSettings: strict),
        .testTarget(
            name: "PenstockBrokerTests",
            dependencies: [
                "BrokerPeer", "CoordinationPeer", "GroupPeer", "penstock", "PenstockBroker", "PenstockEvents",
                "PenstockFabric", "PenstockLog", "PenstockSecurity", "SharePeer", "TestSupport",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "LogAppender",
            dependencies: ["PenstockLog", "PenstockEvents"],
            path: "Tests/LogAppender",
            swiftSettings: strict),
        .testTarget(
            name: "PenstockLogTests", dependencies: ["CPenstockShim", "LogAppender", "PenstockLog", "PenstockEvents"],
            swiftSettings: strict),
        .executableTarget(
            name: "ClusterHolder", dependencies: ["TestSupport"], path: "Tests/ClusterHolder", swiftSettings: strict),
        .executableTarget(
            name: "BatchPeer", dependencies: ["Penstock", "PenstockLog"], path: "Tests/BatchPeer",
            swiftSettings: strict),
        .testTarget(
            name: "PenstockBatchTests",
            dependencies: [
                "BatchPeer", "ClusterHolder", "LiveTomography", "penstock", "PenstockBatch", "PenstockEvents",
                "PenstockFormats", "PenstockTesting", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PenstockTestingTests",
            dependencies: [
                "Penstock", "PenstockBroker", "PenstockEngine", "PenstockEvents", "PenstockFabric", "PenstockLog",
                "PenstockTesting",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PenstockEngineTests",
            dependencies: ["PenstockEngine", "PenstockEvents", "PenstockLog", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PenstockCommandsTests", dependencies: ["PenstockCommands", "PenstockEvents", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "EventQueriesTests", dependencies: ["EventQueries", "Penstock", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "PenstockTests",
            dependencies: [
                "Penstock", "PenstockBroker", "PenstockCommands", "PenstockFabric", "PenstockTesting", "TestSupport",
                metricsTestKit,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PenstockTomographyTests",
            dependencies: [
                "PenstockTomography", "PenstockFormats", "Penstock", "PenstockEngine", "PenstockEvents", "PenstockLog",
                "PenstockTesting", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "penstockTests",
            dependencies: ["penstock", "PenstockEvents", "PenstockLog", "PenstockSecurity", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "MOFTemplateTests", dependencies: ["MOFTemplate"], path: "Templates/MOF/Tests",
            swiftSettings: asOfUsers),
        .testTarget(
            name: "SensorsTemplateTests", dependencies: ["SensorsTemplate", "PenstockTesting"],
            path: "Templates/Sensors/Tests", swiftSettings: asOfUsers),
        .testTarget(
            name: "TomographyTemplateTests", dependencies: ["TomographyTemplate"],
            path: "Templates/Tomography/Tests", swiftSettings: asOfUsers),
        .testTarget(
            name: "LiveTomographyTests",
            dependencies: [
                "LiveTomography", "PenstockEngine", "PenstockEvents", "PenstockFormats", "PenstockLog",
                "PenstockTesting", "PenstockTomography", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MOFScreeningTests",
            dependencies: [
                "MOFScreening", "PenstockEngine", "PenstockEvents", "PenstockLog", "PenstockMOF", "TestSupport",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
