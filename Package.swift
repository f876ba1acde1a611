// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// What every Swift target of the house is built with.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func dependency(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package)
}

let logging = dependency("Logging", "swift-log")
let lifecycle = dependency("ServiceLifecycle", "swift-service-lifecycle")
let configuration = dependency("Configuration", "swift-configuration")
let hummingbird = dependency("Hummingbird", "hummingbird")
let hummingbirdCore = dependency("HummingbirdCore", "hummingbird")
let hummingbirdTLS = dependency("HummingbirdTLS", "hummingbird")
let httpTypes = dependency("HTTPTypes", "swift-http-types")
let nioCore = dependency("NIOCore", "swift-nio")
let nioHTTP1 = dependency("NIOHTTP1", "swift-nio")
let hummingbirdTesting = dependency("HummingbirdTesting", "hummingbird")
let nioPosix = dependency("NIOPosix", "swift-nio")
let nioSSL = dependency("NIOSSL", "swift-nio-ssl")
let httpClient = dependency("AsyncHTTPClient", "async-http-client")
let arguments = dependency("ArgumentParser", "swift-argument-parser")

func target(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: house)
}

var targets: [Target] = [
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CLibJWT", pkgConfig: "libjwt", providers: [.apt(["libjwt-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .target(name: "CEpoll"),

    target("Platform", ["CMalloc"]),
    target("Resources"),
    target("Templates", ["Resources", "COpenSSL"]),
    target("Routing"),
    target("Identity", ["CLibJWT", "COpenSSL"]),
    target("Postgres", ["CLibPQ", logging]),
    target("Store", ["Postgres", "Resources"]),
    target("Artifacts", ["COpenSSL", "Platform"]),
    target(
        "Compute",
        ["Identity", "Platform", "Resources", logging, httpClient, nioCore, nioHTTP1, dependency("Yams", "Yams")],
        resources: [
            .embedInCode("LocalProcess/MLflow/mlflow_score.py"), .embedInCode("LocalProcess/Server/server_start.py"),
        ]),
    target("Hosting", ["Compute", "Resources", logging, lifecycle]),
    target(
        "ControlPlane",
        [
            "Store", "Postgres", "Compute", "Artifacts", "Identity", "Routing", "Templates", "Resources", logging,
            lifecycle, httpClient, nioCore, nioHTTP1,
        ]),
    target(
        "API",
        ["ControlPlane", "Artifacts", "Identity", "Templates", "Resources", hummingbird, httpTypes, nioCore, logging]),
    target(
        "Client",
        ["Resources", httpClient, nioCore, nioHTTP1, nioSSL, dependency("NIOFoundationCompat", "swift-nio")]),
    target(
        "Server",
        [
            "API", "ControlPlane", "Hosting", "Store", "Postgres", "Compute", "Artifacts", "Identity", "Platform",
            "Routing", "Resources", hummingbird, hummingbirdCore, hummingbirdTLS, nioSSL, nioCore, httpClient,
            configuration,
            lifecycle,
            logging, dependency("UnixSignals", "swift-service-lifecycle"),
            dependency("SystemPackage", "swift-system"),
        ]),
    target("CLI", ["Client", "Resources", nioHTTP1, arguments]),
    target(
        "DataPlane",
        [
            "CEpoll", "CNGHTTP2", "COpenSSL", "Platform", "Routing", "Identity", hummingbird, httpTypes, nioCore,
            nioHTTP1,
            nioPosix,
            configuration, lifecycle, logging,
        ]),
    .target(
        name: "TestSupport",
        dependencies: [
            "API", "Artifacts", "Client", "Compute", "ControlPlane", "Hosting", "Identity", "Postgres", "Resources",
            "Server", "Store",
            hummingbird, httpClient, httpTypes, lifecycle, logging, nioCore, nioHTTP1,
        ], path: "Tests/TestSupport", swiftSettings: house),
    .target(
        name: "FuzzChecks", dependencies: ["DataPlane", "Routing"], path: "Tests/Fuzz/Checks", swiftSettings: house),
    .target(
        name: "TemplateFuzzChecks", dependencies: ["Templates", "Resources"], path: "Tests/Fuzz/TemplateChecks",
        swiftSettings: house),
    tests("ResourcesTests", ["Resources"]),
    tests("PlatformTests", ["CMalloc", "Platform"]),
    tests("IdentityTests", ["Identity", "CLibJWT", "COpenSSL"]),
    tests("TemplatesTests", ["TemplateFuzzChecks", "Templates", "Resources"]),
    tests("RoutingTests", ["Routing"]),
    tests("PostgresTests", ["Postgres", "TestSupport", logging]),
    tests("StoreTests", ["Postgres", "Resources", "Store", "TestSupport"]),
    tests("OpenAPITests", ["Resources", "TestSupport"]),
    tests(
        "IntegrationTests",
        [
            "TestSupport", "Server", "API", "ControlPlane", "Hosting", "Store", "Postgres", "Compute", "Artifacts",
            "Identity", "Client",
            "Resources", hummingbird, hummingbirdTesting, httpClient, httpTypes, nioCore, nioHTTP1, logging,
        ]),
    tests(
        "ControlPlaneTests",
        [
            "TestSupport", "ControlPlane", "Hosting", "Store", "Postgres", "Compute", "Artifacts", "Identity",
            "Routing", "Resources",
            hummingbird, logging, lifecycle, httpClient, nioCore,
        ]),
    tests("DataPlaneTests", ["DataPlane", "FuzzChecks", "Routing", "Identity", logging, lifecycle]),
    tests("ComputeTests", ["Compute", "Identity", "Resources", logging, httpClient, nioCore, nioHTTP1]),
    tests("HostingTests", ["Hosting", "Compute", "Resources", "TestSupport", logging]),
    tests("ArtifactsTests", ["Artifacts"]),
    tests("APITests", ["API", "Resources", hummingbird, httpTypes, nioCore]),
    tests(
        "StorageRoutesTests",
        ["API", "Artifacts", hummingbird, hummingbirdTesting, httpTypes, nioCore, logging]),
    // No Swift here, not even its library: it also runs where only the system's own libraries are seen.
    .executableTarget(
        name: "sluice-confine", linkerSettings: [.unsafeFlags(["-static-executable"])]),
    .executableTarget(
        name: "sluice", dependencies: ["Server", "CLI", "Client", "Resources", arguments, logging], swiftSettings: house
    ),
    .executableTarget(
        name: "sluice-router", dependencies: ["DataPlane", arguments, configuration, lifecycle, logging],
        swiftSettings: house),
]

if ProcessInfo.processInfo.environment["SLUICE_BENCHMARKS"] != nil {
    targets.append(
        .executableTarget(
            name: "sluice-benchmarks",
            dependencies: [
                "Server", "API", "ControlPlane", "Hosting", "Store", "Postgres", "Compute", "Artifacts", "Identity",
                "Resources", "Templates", "Client", "CMalloc", hummingbird, httpClient, nioHTTP1, lifecycle, logging,
                arguments,
                dependency("UnixSignals", "swift-service-lifecycle"),
            ],
            path: "Tests/Benchmarks", exclude: ["peer", "router"], swiftSettings: house))
}

if ProcessInfo.processInfo.environment["SLUICE_FUZZ"] != nil {
    targets.append(
        .executableTarget(
            name: "sluice-fuzz", dependencies: ["FuzzChecks"], path: "Tests/Fuzz/Driver", swiftSettings: house))
    targets.append(
        .executableTarget(
            name: "sluice-template-fuzz", dependencies: ["TemplateFuzzChecks"], path: "Tests/Fuzz/TemplateDriver",
            swiftSettings: house))
}

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluice-router", targets: ["sluice-router"]),
        .executable(name: "sluice-confine", targets: ["sluice-confine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "CommandLineArguments", "YAML"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)
