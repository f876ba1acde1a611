package import Compute
package import Configuration
import Foundation
package import Logging
package import Resources

/// Everything that `sluice serve` is told, read and checked once at its start. ``ConfigurationKey`` explains each key.
package struct ServerConfiguration: Sendable {
    package enum Backend: String, Sendable, CaseIterable {
        case local
        case simulated
    }

    package var data: DataDirectory
    package var https: SocketAddressText
    package var httpsPublicAddress: SocketAddressText?
    package var httpsHosts: [String]
    package var http: SocketAddressText?
    package var trustsForwardedHeaders: Bool
    package var certificateFile: String?
    package var keyFile: String?
    package var scoring: SocketAddressText
    package var scoringPublicAddress: SocketAddressText?
    package var scoringDomain: String?
    /// Nil where the installation decides.
    package var scoringTLS: Bool?
    /// Nil for a private cluster. May hold a password: never log it.
    package var databaseURL: String?
    package var schema: String
    package var poolSize: Int
    package var migrations: String?
    package var routerCount: Int
    /// One scoring request in so many is written to the access logs; 0 for none.
    package var accessLogInterval: Int
    package var routerExecutable: String?
    package var externalRouters: [String]
    /// A secret.
    package var routerControlToken: String?
    package var backend: Backend
    /// Empty for those on the path.
    package var pythons: [String]
    package var downloadsPython: Bool
    package var uv: String?
    package var isolation: IsolationPolicy
    package var accounts: AccountRange
    package var instanceTypes: [InstanceType]
    package var drainDeadline: Duration
    package var operationDeadline: Duration
    package var scalingCalm: Duration
    package var quota: QuotaLimits
    package var concurrency: Int
    package var openAPIDirectory: String?
    package var bootstrapResourceGroup: String
    package var bootstrapWorkspace: String
    package var bootstrapLocation: String
    package var logLevel: Logger.Level

    /// Reads every key; throws one error that lists all that are wrong.
    package init(config: ConfigReader) throws {
        var read = SettingsReader(config: config)
        let root = read.text("data.directory") ?? DataDirectory.standard
        data = DataDirectory(root: URL(filePath: root, directoryHint: .isDirectory))
        https = read.address("https.address") ?? SocketAddressText(host: "127.0.0.1", port: 8443)
        httpsPublicAddress = read.address("https.public-address")
        httpsHosts = read.list("https.hosts")
        http = read.address("http.address")
        trustsForwardedHeaders = read.text("http.trust-forwarded")?.lowercased() == "true"
        certificateFile = read.path("tls.certificate")
        keyFile = read.path("tls.key")
        scoring = read.address("scoring.address") ?? SocketAddressText(host: "127.0.0.1", port: 8580)
        scoringPublicAddress = read.address("scoring.public-address")
        scoringDomain = read.text("scoring.domain")
        scoringTLS = read.text("scoring.tls").map { $0.lowercased() == "true" }
        databaseURL = read.text("database.url")
        schema = read.text("database.schema") ?? "sluice"
        poolSize = read.integer("database.pool-size", 16, 2...200)
        migrations = read.path("database.migrations")
        routerCount = read.integer("routers.count", 3, 0...64)
        accessLogInterval = read.integer("routers.access-log", 0, 0...1_000_000)
        routerExecutable = read.path("routers.executable")
        externalRouters = read.list("routers.external")
        routerControlToken = read.text("routers.control-token")
        backend = read.choice("compute.backend", .local)
        pythons = read.list("compute.python").map(SettingsReader.absolute)
        downloadsPython = read.text("compute.python-downloads")?.lowercased() != "false"
        uv = read.path("compute.uv")
        isolation = read.choice("compute.isolation", .auto)
        accounts =
            read.value("compute.accounts", "first-last, at least 16 numbers above 999", AccountRange.init) ?? .standard
        instanceTypes = read.values("compute.instance-types", "name=cores/GiB", InstanceTypeCatalog.parse)
        drainDeadline = .seconds(read.integer("compute.drain-seconds", 30, 0...3_600))
        operationDeadline = .seconds(read.integer("operations.deadline-seconds", 3_600, 1...86_400))
        quota = QuotaLimits(
            cores: read.limit("quota.cores"), endpoints: read.limit("quota.endpoints"),
            deployments: read.limit("quota.deployments"), hostCores: read.limit("compute.cores").map(Double.init),
            hostMemoryGiB: read.limit("compute.memory-gib").map(Double.init))
        scalingCalm = .seconds(read.integer("autoscale.calm-seconds", 60, 1...3_600))
        concurrency = read.integer("operations.concurrency", 256, 1...10_000)
        openAPIDirectory = read.path("openapi.directory")
        bootstrapResourceGroup = read.text("bootstrap.resource-group") ?? "default"
        bootstrapWorkspace = read.text("bootstrap.workspace") ?? "main"
        bootstrapLocation = read.text("bootstrap.location") ?? "local"
        logLevel = read.choice("log.level", .info)
        let problems = read.problems + contradictions()
        guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
    }

    /// Whether scoring URIs are HTTPS. An installation that was made with plain HTTP keeps it until it is told otherwise,
    /// for its clients have its URIs.
    package var scoringUsesTLS: Bool { scoringTLS ?? Installation.usesTLSForScoring(data) }

    /// What each key allows by itself, and all together do not.
    private func contradictions() -> [String] {
        var problems: [String] = []
        if let http, !http.isLoopback { problems.append("http.address must be a loopback address, not '\(http)'") }
        if (certificateFile == nil) != (keyFile == nil) { problems.append("tls.certificate and tls.key go together") }
        let isName =
            schema.first?.isLetter ?? false
            && schema.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        if !isName || schema.count > 40 {
            problems.append("database.schema must be a plain name of up to 40 letters, digits and '_'")
        }
        for router in externalRouters where !router.hasPrefix("tcp:") && !router.hasPrefix("unix:") {
            problems.append("routers.external holds '\(router)', which is neither tcp:host:port nor unix:/path")
        }
        return problems
    }
}

/// What is wrong with the configuration, all at once.
package struct ConfigurationProblems: Error, CustomStringConvertible {
    package let problems: [String]

    package var description: String {
        "The configuration is not valid:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// `host:port` as it is written in the configuration.
package struct SocketAddressText: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        (self.host, self.port) = (host, port)
    }

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }

    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
