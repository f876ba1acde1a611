import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Resources
import Testing

@testable import Compute

/// With real model servers in real environments.
@Suite(.timeLimit(.minutes(5)))
struct LocalProcessBackendTests {
    @Test func `serves the iris example over a unix socket`() async throws {
        let example = iris
        try await withTemporaryFolder { folder in
            let store = folder.appending(path: "store")
            try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: example.appending(path: "code"), to: store.appending(path: "code"))
            try FileManager.default.copyItem(
                at: example.appending(path: "model/iris.joblib"), to: store.appending(path: "iris.joblib"))
            let backend = try await TestHost.backend(store: folder)
            let model = ModelSpecification(
                name: "iris", version: "1", kind: .custom,
                artifact: ArtifactReference(container: "store", path: "iris.joblib"))
            var specification = TestHost.specification(
                model: model, conda: try example.appending(path: "conda.yml").text)
            specification.endpoint = folder.lastPathComponent
            try await withReplica(backend, specification) { handle in
                #expect(handle.address.hasPrefix("unix:"))
                let request = try example.appending(path: "request.json").text
                let answer = try await score(handle, request)
                #expect(answer.status == 200)
                #expect(answer.body.contains(#""species":"#) && answer.body.contains("virginica"), "\(answer.body)")
                let log = await backend.logs(of: handle.id, .inferenceServer, tail: 100)
                #expect(log.contains("loaded iris.joblib"))
                let storage = await backend.logs(of: handle.id, .storageInitializer, tail: 100)
                #expect(storage.contains("model iris:1 (1 file, 2 KB)"), "\(storage)")
            }
        }
    }

    private var iris: URL {
        URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../../../examples/iris").standardizedFileURL
    }
}

/// Prepares, starts and waits for a replica; stops and discards it, and sees that nothing of it is left.
func withReplica(
    _ backend: LocalProcessBackend, _ specification: ReplicaSpecification,
    _ body: (ReplicaHandle) async throws -> Void
) async throws {
    try await backend.prepare(specification) { _ in }
    let started = ContinuousClock.now
    let handle = try await backend.start(ReplicaID(), specification)
    do {
        try await eventually("ready") { await backend.probe(handle, .readiness, specification) == .success }
        print("ready after \(started.duration(to: .now))")
        try await body(handle)
    } catch {
        await backend.stop(handle, grace: .seconds(1))
        throw error
    }
    await backend.stop(handle, grace: .seconds(5))
    #expect(ProcessTree.members(of: handle.process).isEmpty)
    await backend.discard(handle.id)
    #expect(await backend.logs(of: handle.id, .inferenceServer, tail: 1).isEmpty)
}

/// One scoring request.
func score(_ handle: ReplicaHandle, _ body: String) async throws -> (status: UInt, body: String) {
    let url = try #require(HealthProbe.url(handle.address, path: handle.scoringPath))
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(string: body))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 20)))
}
