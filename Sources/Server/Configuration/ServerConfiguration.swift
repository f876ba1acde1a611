package import Configuration
import Foundation
package import Logging

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
    /// Nil for a private cluster. May hold a password: never log it.
    package var databaseURL: String?
    package var schema: String
    package var poolSize: Int
    package var migrations: String?
    package var routerCount: Int
    package var routerExecutable: String?
    package var externalRouters: [String]
    /// A secret.
    package var routerControlToken: String?
    package var backend: Backend
    package var python: String?
    package var uv: String?
    package var drainDeadline: Duration
    package var operationDeadline: Duration
    package var concurrency: Int
    package var openAPIDirectory: String?
    package var bootstrapResourceGroup: String
    package var bootstrapWorkspace: String
    package var bootstrapLocation: String
    package var logLevel: Logger.Level

    /// Reads every key; throws one error that lists all that are wrong.
    package init(config: ConfigReader) throws {
        var problems: [String] = []
        func text(_ key: String) -> String? {
            config.string(forKey: ConfigKey(key)).flatMap { $0.isEmpty ? nil : $0 }
        }
        func list(_ key: String) -> [String] {
            text(key)?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
        }
        func integer(_ key: String, _ fallback: Int, _ range: ClosedRange<Int>) -> Int {
            guard let text = text(key) else { return fallback }
            guard let number = Int(text), range.contains(number) else {
                problems.append(
                    "\(key) must be a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
                return fallback
            }
            return number
        }
        func address(_ key: String) -> SocketAddressText? {
            guard let text = text(key) else { return nil }
            guard let address = SocketAddressText(text) else {
                problems.append("\(key) must be host:port, not '\(text)'")
                return nil
            }
            return address
        }
        func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _ fallback: Value) -> Value {
            guard let text = text(key) else { return fallback }
            guard let value = Value(rawValue: text.lowercased()) else {
                problems.append(
                    "\(key) must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")), not '\(text)'")
                return fallback
            }
            return value
        }

        data = DataDirectory(
            root: URL(filePath: text("data.directory") ?? DataDirectory.standard, directoryHint: .isDirectory))
        https = address("https.address") ?? SocketAddressText(host: "127.0.0.1", port: 8443)
        httpsPublicAddress = address("https.public-address")
        httpsHosts = list("https.hosts")
        http = address("http.address")
        trustsForwardedHeaders = text("http.trust-forwarded")?.lowercased() == "true"
        certificateFile = text("tls.certificate")
        keyFile = text("tls.key")
        scoring = address("scoring.address") ?? SocketAddressText(host: "127.0.0.1", port: 8580)
        scoringPublicAddress = address("scoring.public-address")
        scoringDomain = text("scoring.domain")
        databaseURL = text("database.url")
        schema = text("database.schema") ?? "sluice"
        poolSize = integer("database.pool-size", 16, 2...200)
        migrations = text("database.migrations")
        routerCount = integer("routers.count", 3, 0...64)
        routerExecutable = text("routers.executable")
        externalRouters = list("routers.external")
        routerControlToken = text("routers.control-token")
        backend = choice("compute.backend", .local)
        python = text("compute.python")
        uv = text("compute.uv")
        drainDeadline = .seconds(integer("compute.drain-seconds", 30, 0...3_600))
        operationDeadline = .seconds(integer("operations.deadline-seconds", 3_600, 1...86_400))
        concurrency = integer("operations.concurrency", 256, 1...10_000)
        openAPIDirectory = text("openapi.directory")
        bootstrapResourceGroup = text("bootstrap.resource-group") ?? "default"
        bootstrapWorkspace = text("bootstrap.workspace") ?? "main"
        bootstrapLocation = text("bootstrap.location") ?? "local"
        logLevel = choice("log.level", .info)

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
        guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
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
        self.host = host
        self.port = port
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
