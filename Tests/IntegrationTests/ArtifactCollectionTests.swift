import Artifacts
import Foundation
import Logging
import Postgres
import Store
import TestSupport
import Testing

@testable import ControlPlane

/// Containers that nothing names any more are removed, whoever comes between.
@Suite struct ArtifactCollectionTests {
    private struct BrokenOff: Error {}

    private static let silent = Logger(label: "collector") { _ in SwiftLogNoOpLogHandler() }

    /// Looks without waiting for signatures to expire.
    private func collector(
        _ server: TestServer, grace: Duration = .zero,
        afterRetiring: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) -> ArtifactCollector {
        ArtifactCollector(
            database: server.database, artifacts: server.artifacts, grace: grace, logger: Self.silent,
            afterRetiring: afterRetiring)
    }

    /// A container with a file, as a pending upload makes it; returns its name and address.
    private func upload(
        _ server: TestServer, _ asset: String = "models/iris", file: String = "weights.bin"
    ) async throws -> (name: String, address: String) {
        let pending = try await server.api.post("\(server.api.workspace)/\(asset)/versions/1/startPendingUpload")
        let address = try #require(pending["blobReferenceForConsumption.blobUri"])
        let name = String(try #require(address.split(separator: "/").last))
        try await server.artifacts.put(
            BlobName(file), in: ContainerName(name), bytes: Array(repeating: 7, count: 10_000))
        return (name, address)
    }

    private func version(_ server: TestServer) -> String { "\(server.api.workspace)/models/iris/versions/1" }

    private func register(_ server: TestServer, _ address: String) async throws -> Answer {
        try await server.api.put(version(server), #"{"properties": {"modelUri": "\#(address)/weights.bin"}}"#)
    }

    private func states(_ server: TestServer, of name: String) async throws -> [String] {
        try await server.texts("SELECT state FROM artifact_containers WHERE name = \(name)")
    }

    private func isThere(_ server: TestServer, _ name: String) async throws -> Bool {
        try await server.artifacts.exists("weights.bin", in: ContainerName(name)) != nil
    }

    /// As if nothing had named a container for days.
    private func makeRemovable(_ server: TestServer, _ name: String) async throws {
        try await server.database.query(
            """
            UPDATE artifact_containers SET claimed_at = now() - interval '50 hours', state = 'marked',
                unused_since = now() - interval '25 hours' WHERE name = \(name)
            """)
    }

    // MARK: What is collected

    @Test func `a deleted version frees its disk, at the second look`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (name, address) = try await upload(server)
            #expect(try await register(server, address).status == 201)
            let collector = collector(server)
            #expect(try await collector.collect() == ArtifactCollector.Outcome())
            #expect(try await collector.collect() == ArtifactCollector.Outcome())
            #expect(try await server.api.delete(version(server)).status == 200)
            #expect(try await collector.collect() == ArtifactCollector.Outcome(marked: 1))
            #expect(try await states(server, of: name) == ["marked"])
            #expect(try await isThere(server, name))
            let outcome = try await collector.collect()
            #expect(outcome.removed == 1 && outcome.freed >= 10_000)
            #expect(try await states(server, of: name).isEmpty)
            #expect(try await server.artifacts.exists("", in: ContainerName(name)) == nil)
            let trash = server.directory.appending(path: "artifacts/trash").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: trash).isEmpty)
            // The next upload of the version begins anew.
            #expect(try await upload(server).name == name)
        }
    }

    @Test func `what an upload may still be under way to is left alone`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (name, _) = try await upload(server)
            let collector = collector(server, grace: ArtifactCollector.defaultGrace)
            #expect(try await collector.collect() == ArtifactCollector.Outcome())
            try await server.database.query(
                "UPDATE artifact_containers SET claimed_at = now() - interval '25 hours' WHERE name = \(name)")
            #expect(try await collector.collect().marked == 1)
            // Marked for less than a day.
            #expect(try await collector.collect() == ArtifactCollector.Outcome())
            // Asked for again, it is in use again.
            #expect(try await upload(server).name == name)
            #expect(try await states(server, of: name) == ["active"])
            try await makeRemovable(server, name)
            #expect(try await collector.collect().removed == 1)
        }
    }

    @Test func `datastores and workspaces leave nothing behind either`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let collector = collector(server)
            let datastore = "\(server.api.workspace)/datastores/more"
            let body =
                #"{"properties": {"datastoreType": "AzureBlob", "accountName": "sluice", "containerName": "more-files", "credentials": {"credentialsType": "None"}}}"#
            let made = try await server.api.put(datastore, body)
            #expect(made.status == 201, "\(made.text)")
            #expect(try await collector.collect().marked == 0)
            #expect(try await server.api.delete(datastore).status == 200)
            #expect(try await collector.collect().marked == 1)
            #expect(try await collector.collect().removed == 1)
            #expect(try await server.artifacts.exists("", in: ContainerName("more-files")) == nil)

            let group = "\(server.group)/providers/Microsoft.MachineLearningServices/workspaces/second"
            try await server.putAndFinish(group, #"{"location": "westeurope", "properties": {}}"#)
            #expect(try await collector.collect().marked == 0)
            try await server.deleteAndFinish(group)
            #expect(try await collector.collect().marked == 1)
            #expect(try await collector.collect().removed == 1)
        }
    }

    @Test func `a deployment keeps the files of a version that is deleted`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let collector = collector(server)
            let (name, address) = try await upload(server)
            #expect(try await register(server, address).status == 201)
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            try await server.putAndFinish(
                server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, model: version(server)))
            #expect(try await server.api.delete(version(server)).status == 200)
            #expect(try await collector.collect().marked == 0)
            try await server.deleteAndFinish(server.deployment("blue", of: "house"))
            #expect(try await collector.collect().marked == 1)
            #expect(try await collector.collect().removed == 1)
            #expect(try await !isThere(server, name))
        }
    }

    // MARK: Who comes between

    @Test func `a version that is registered between the looks keeps its files`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let collector = collector(server)
            let (name, address) = try await upload(server)
            #expect(try await collector.collect().marked == 1)
            #expect(try await register(server, address).status == 201)
            #expect(try await collector.collect() == ArtifactCollector.Outcome())
            #expect(try await states(server, of: name) == ["active"])
            #expect(try await isThere(server, name))
        }
    }

    /// A transaction that has the container and has not committed the version yet: neither look may go past it.
    @Test(arguments: ["active", "marked"])
    func `a version that is being registered keeps its files`(state: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let collector = collector(server)
            let (name, _) = try await upload(server)
            if state == "marked" { #expect(try await collector.collect().marked == 1) }
            try await server.database.transaction { transaction in
                _ = try await ArtifactContainerStore(transaction).hold(name)
                #expect(try await collector.collect() == ArtifactCollector.Outcome())
                try await Self.name(name, in: transaction)
            }
            #expect(try await collector.collect() == ArtifactCollector.Outcome())
            #expect(try await states(server, of: name) == ["active"])
            #expect(try await isThere(server, name))
        }
    }

    /// A version of the workspace's that names a container.
    private static func name(_ container: String, in transaction: Transaction) async throws {
        try await transaction.query(
            """
            WITH asset AS (
                INSERT INTO asset_containers (id, workspace_id, kind, name, properties, created_by, modified_by)
                SELECT gen_random_uuid(), id, 'models', 'between', '{}', 'test', 'test' FROM workspaces LIMIT 1
                RETURNING id)
            INSERT INTO asset_versions (id, container_id, version, properties, content, artifact_container, created_by,
                modified_by)
            SELECT gen_random_uuid(), id, '1', '{}', '{}', \(container), 'test', 'test' FROM asset
            """)
    }

    /// While a container is on its way out, whoever asks for its name waits, and gets a container of its own.
    @Test func `an upload that begins during the removal gets a new container`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (name, _) = try await upload(server)
            try await makeRemovable(server, name)
            let upload = OneUpload()
            // What was given away a moment ago is not marked again.
            let day = ArtifactCollector.defaultGrace
            let outcome = try await collector(server, grace: day) { _ in
                await upload.begin { _ = try await self.upload(server, file: "later.bin") }
                try await eventually("the upload waits for the collector") {
                    try await server.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO artifact_containers%'"
                    ) > 0
                }
            }.collect()
            #expect(outcome.removed == 1 && outcome.marked == 0)
            try await upload.end()
            #expect(try await states(server, of: name) == ["active"])
            #expect(try await !isThere(server, name))
            #expect(try await server.artifacts.exists("later.bin", in: ContainerName(name)) == .blob)
            #expect(try await collector(server, grace: day).collect() == ArtifactCollector.Outcome())
        }
    }

    @Test func `a removal that is broken off is ended by the next look`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (name, _) = try await upload(server)
            #expect(try await collector(server).collect().marked == 1)
            let outcome = try await collector(server) { _ in throw BrokenOff() }.collect()
            #expect(outcome == ArtifactCollector.Outcome())
            #expect(try await states(server, of: name) == ["marked"])
            #expect(try await !isThere(server, name))
            #expect(try await collector(server).collect().removed == 1)
            #expect(try await states(server, of: name).isEmpty)
            try await server.artifacts.sweepUploads()
            let trash = server.directory.appending(path: "artifacts/trash").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: trash).isEmpty)
        }
    }

    @Test func `two looks at once remove each container once`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for number in 0..<10 { _ = try await upload(server, "models/m\(number)") }
            let collector = collector(server)
            async let first = collector.collect()
            async let second = collector.collect()
            _ = try await (first, second)
            async let third = collector.collect()
            async let fourth = collector.collect()
            _ = try await (third, fourth)
            try await collector.collect()
            #expect(try await server.count("SELECT count(*) FROM artifact_containers WHERE purpose = 'version'") == 0)
        }
    }
}

/// Something that a test begins in one place and awaits in another.
private actor OneUpload {
    private var task: Task<Void, any Error>?

    func begin(_ work: @escaping @Sendable () async throws -> Void) {
        task = Task { try await work() }
    }

    func end() async throws { try await task?.value }
}
