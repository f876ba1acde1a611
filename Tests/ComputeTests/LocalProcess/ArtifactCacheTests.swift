import Foundation
import Resources
import Testing

@testable import Compute

@Suite struct ArtifactCacheTests {
    private func model(_ path: String, version: String = "1") -> ModelSpecification {
        ModelSpecification(
            name: "iris", version: version, kind: .custom, artifact: ArtifactReference(container: "store", path: path))
    }

    private func withCache(_ body: (ArtifactCache, FetchCount) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let store = folder.appending(path: "store")
            try store.appending(path: "up/iris.pkl").write("weights")
            try store.appending(path: "up/net/weights.json").write("{}")
            try store.appending(path: "up/net/deep/layer.bin").write("12345")
            let calls = FetchCount()
            let configuration = LocalProcessConfiguration(dataDirectory: folder.appending(path: "data"))
            try await body(
                ArtifactCache(configuration: configuration, fetch: TestHost.directoryFetch(folder, calls: calls)), calls
            )
        }
    }

    @Test func `a file model lies directly in the model folder`() async throws {
        try await withCache { cache, _ in
            let model = model("up/iris.pkl")
            let (entry, isNew) = try await cache.obtain(model)
            #expect(isNew && entry.kind == .file && entry.files == 1 && entry.bytes == 7)
            let folder = cache.folder(of: model)
            #expect(folder.path().hasSuffix("/azureml-models/iris/1"))
            #expect(try folder.appending(path: "iris.pkl").text == "weights")
        }
    }

    @Test func `a folder model keeps its name, and its files can't be written`() async throws {
        try await withCache { cache, _ in
            let model = model("up/net")
            let (entry, _) = try await cache.obtain(model)
            #expect(entry.kind == .folder && entry.files == 2 && entry.bytes == 7)
            let file = cache.folder(of: model).appending(path: "net/deep/layer.bin")
            #expect(try file.text == "12345")
            let mode = try FileManager.default.attributesOfItem(atPath: file.path())[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o444)
        }
    }

    @Test func `code lies directly in its folder`() async throws {
        try await withCache { cache, _ in
            let code = CodeSpecification(
                artifact: ArtifactReference(container: "store", path: "up/net"), scoringScript: "x")
            _ = try await cache.obtain(code)
            #expect(cache.folder(of: code).appending(path: "weights.json").exists)
        }
    }

    @Test func `an artifact is fetched once, however many ask`() async throws {
        try await withCache { cache, calls in
            let model = model("up/net")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await cache.obtain(model) } }
                try await group.waitForAll()
            }
            #expect(calls.value == 1)
            #expect(try await cache.obtain(model).isNew == false)
        }
    }

    @Test func `a missing artifact is an error that names it`() async throws {
        try await withCache { cache, _ in
            let error = await #expect(throws: ComputeError.self) { try await cache.obtain(model("up/nothing")) }
            #expect(error?.code == .artifactMissing)
            #expect(error?.message.contains("model iris:1") == true)
        }
    }
}
