import Configuration
import Foundation
import SystemPackage

/// Where the configuration comes from, first match wins: command line, environment, file.
package struct ConfigurationSources: Sendable {
    /// `key=value`, as given with `--set`.
    package var overrides: [String]
    /// YAML file; nil reads `/etc/sluice/sluice.yaml` if it is there.
    package var file: String?
    package var environment: [String: String]

    package init(overrides: [String], file: String?, environment: [String: String]) {
        (self.overrides, self.file, self.environment) = (overrides, file, environment)
    }

    package static let standardFile = "/etc/sluice/sluice.yaml"

    /// Reads the sources; refuses keys that do not exist, which are usually misspelt.
    package func load() async throws -> ServerConfiguration {
        var flags: [String: String] = [:]
        for override in overrides {
            let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw ConfigurationProblems(problems: ["--set takes key=value, not '\(override)'"])
            }
            guard ConfigurationKey.all.contains(where: { $0.name == parts[0] }) else {
                throw ConfigurationProblems(problems: ["there is no key '\(parts[0])'; see sluice settings"])
            }
            flags[ConfigurationKey.screaming(String(parts[0]))] = String(parts[1])
        }
        try checkEnvironment()
        let yaml = try await FileProvider<YAMLSnapshot>(
            filePath: FilePath(file ?? Self.standardFile), allowMissing: file == nil)
        var fallback: [String: String] = [:]
        if let url = environment["DATABASE_URL"] { fallback["DATABASE_URL"] = url }
        return try ServerConfiguration(
            config: ConfigReader(providers: [
                EnvironmentVariablesProvider(environmentVariables: flags),
                EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "sluice"),
                yaml, EnvironmentVariablesProvider(environmentVariables: fallback),
            ]))
    }

    private func checkEnvironment() throws {
        let known = Set(ConfigurationKey.all.map(\.environmentName))
        let unknown = environment.keys.filter {
            $0.hasPrefix("SLUICE_") && !known.contains($0) && !Self.isForClients($0)
        }
        guard unknown.isEmpty else {
            throw ConfigurationProblems(
                problems: unknown.sorted().map { "the environment variable \($0) is no key; see sluice settings" })
        }
    }

    /// Variables that the command-line client and tests read.
    private static func isForClients(_ name: String) -> Bool {
        let names = [
            "URL", "CA_BUNDLE", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID", "RESOURCE_GROUP",
            "WORKSPACE", "CREDENTIALS", "AUTHORITY_HOST", "ENVIRONMENT", "MEASURE", "SIMULATE",
        ]
        return names.contains(String(name.dropFirst("SLUICE_".count))) || name.hasPrefix("SLUICE_ROUTER_")
            || name.hasPrefix("SLUICE_TEST_")
    }
}
