import Foundation
import Glibc
import Logging
import Resources
import Testing

@testable import Compute

/// One after the other: they share an installation.
@Suite(.serialized) enum ConfinedReplicaTests {}

extension ConfinedReplicaTests {
    /// A scoring script that tries everything it should not be able to, in a replica beside another one.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct HostileScriptTests {
        struct Attempt: Decodable, CustomStringConvertible {
            var name: String
            var reached: Bool
            var detail: String

            var description: String { "\(name): \(detail)" }
        }

        /// The code folder: `score.py` and the modules that it imports.
        private static let hostileCode = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../../Support/hostile").standardizedFileURL

        @Test(arguments: [IsolationMode.namespaces, .landlock])
        func `reaches nothing`(mode: IsolationMode) async throws {
            let attempts = try await attempts(mode)
            #expect(attempts.count > 200)
            let reached = attempts.filter(\.reached)
            #expect(reached.isEmpty, "\(reached.map(\.description).joined(separator: "\n"))")
        }

        /// What the attempts are worth. Not as root, whose host would be changed by some of them.
        @Test(.enabled(if: geteuid() != 0)) func `reaches most of it where nothing confines it`() async throws {
            let reached = try await attempts(.none).filter(\.reached)
            #expect(reached.count > 60, "\(reached.map(\.name))")
        }

        /// The same tests once more under an account that is not root's.
        @Test(.enabled(if: geteuid() == 0)) func `reaches nothing as an ordinary user`() async throws {
            try await withTemporaryFolder { folder in
                let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
                var environment = ProcessInfo.processInfo.environment
                environment["HOME"] = folder.path
                environment["SLUICE_UV"] = try await TestHost.uv()
                let launch = ChildLaunch(
                    executable: own,
                    arguments: ["--testing-library", "swift-testing", "--filter", "ConfinedReplicaTests"],
                    environment: environment, workingDirectory: folder, logFile: folder.appending(path: "log"),
                    account: ChildLaunch.Account(user: 54_321, group: 54_321))
                let status = try await ChildProcess.run(launch, until: .now + .seconds(240))
                let log = try folder.appending(path: "log").text
                #expect(status == 0, "\(log)")
                #expect(
                    log.contains("reaches most of it where nothing confines it") && log.contains("passed"), "\(log)")
            }
        }

        private func attempts(_ mode: IsolationMode) async throws -> [Attempt] {
            let policy = try #require(IsolationPolicy(rawValue: mode.rawValue))
            let installation = try await HostileInstallation { $0.isolation = policy }
            let backend = installation.backend
            let hostile = try specification("hostile", in: installation) { code in
                // Text by text, for a copy would keep an owner that this account may not give.
                let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.hostileCode.path)
                for path in paths where path.hasSuffix(".py") {
                    try code.appending(path: path).write(try Self.hostileCode.appending(path: path).text)
                }
            }
            let harmless = try specification(
                "harmless", in: installation, variables: ["CANARY": HostileInstallation.canary]
            ) { code in
                try code.appending(path: "score.py")
                    .write("# \(HostileInstallation.canary)\ndef init(): pass\ndef run(data): return 1\n")
            }
            var attempts: [Attempt] = []
            try await withReplica(backend, harmless) { victim in
                try await withReplica(backend, hostile) { attacker in
                    #expect(try await backend.findIsolation().mode == mode)
                    let targets = try installation.targets(attacker: attacker, victim: victim, hostile)
                    let response = try await score(attacker, targets)
                    try #require(response.status == 200, "\(response.body)")
                    attempts = try JSONDecoder().decode([Attempt].self, from: Data(response.body.utf8))
                    if mode != .none { #expect(installation.isWhole()) }
                }
                #expect(try await score(victim, "{}").status == 200)
            }
            // Stopped and discarded by now: nothing was walked into, and nothing is left.
            if mode != .none { #expect(installation.isWhole()) }
            let left = try FileManager.default.contentsOfDirectory(atPath: backend.configuration.replicas.path)
            #expect(left.isEmpty)
            return attempts
        }

        private func specification(
            _ name: String, in installation: HostileInstallation, variables: [String: String] = [:],
            writeCode: (URL) throws -> Void
        ) throws -> ReplicaSpecification {
            let code = "code-\(UUID().uuidString)"
            try installation.store.appending(components: "store", code + "-model", "weights.bin").write("weights")
            try writeCode(installation.store.appending(components: "store", code))
            let model = ModelSpecification(
                name: "m", version: "1", kind: .custom,
                artifact: ArtifactReference(container: "store", path: code + "-model/weights.bin"))
            var specification = TestHost.specification(code: code, model: model, variables: variables)
            specification.deployment = name
            specification.requestTimeoutMs = 60_000
            return specification
        }
    }
}
