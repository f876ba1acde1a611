import Foundation
import Testing

@testable import Artifacts

@Suite struct MaterialiseTests {
    private func target(_ fixture: StoreFixture) -> URL { fixture.directory.appendingPathComponent("out") }

    private func files(_ directory: URL) -> [String: String] {
        var files: [String: String] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: directory.path) ?? .init() {
            let url = directory.appendingPathComponent(path)
            if let data = FileManager.default.contents(atPath: url.path) {
                files[path] = String(decoding: data, as: UTF8.self)
            }
        }
        return files
    }

    @Test func `a blob becomes one file, a folder a tree, an empty path the container`() async throws {
        let fixture = try await StoreFixture()
        for name in ["m/model.pkl", "m/code/score.py", "m/", "mm/other"] {
            _ = try await fixture.put(name, name == "m/" ? "" : "of \(name)")
        }
        try await fixture.store.put(
            BlobName("m/code"), in: fixture.container, bytes: [], metadata: ["hdi_isfolder": "true"])
        let target = target(fixture)
        #expect(try await fixture.store.exists("m/code", in: fixture.container) == .folder)
        #expect(
            try await fixture.store.materialise("m/model.pkl", in: fixture.container, into: target)
                == MaterialisedArtifact(files: 1, size: 14))
        #expect(files(target) == ["model.pkl": "of m/model.pkl"])
        for path in ["m", "m/"] {
            let written = try await fixture.store.materialise(path, in: fixture.container, into: target)
            #expect(written.files == 2)
        }
        #expect(files(target) == ["model.pkl": "of m/model.pkl", "code/score.py": "of m/code/score.py"])
        let all = target.appendingPathComponent("all")
        #expect(try await fixture.store.materialise("", in: fixture.container, into: all).files == 3)
        #expect(files(all).keys.sorted() == ["m/code/score.py", "m/model.pkl", "mm/other"])
    }

    @Test func `files outlive the blob they came from`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "before")
        _ = try await fixture.store.materialise("x", in: fixture.container, into: target(fixture))
        _ = try await fixture.put("x", "after")
        #expect(files(target(fixture)) == ["x": "before"])
    }

    @Test(arguments: ["m/../../escape", "m/./x", "m//x", "m/\(String(repeating: "s", count: 256))", "m/.."])
    func `names that could leave the directory are refused before anything is written`(_ name: String) async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("m/a", "fine")
        _ = try await fixture.put(name, "evil")
        #expect(
            await code {
                _ = try await fixture.store.materialise("m", in: fixture.container, into: target(fixture))
            } == .unsafePath)
        #expect(files(target(fixture)).isEmpty)
    }

    @Test func `nothing at a path is an error of its own`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("models", "x")
        #expect(
            await code {
                _ = try await fixture.store.materialise("model", in: fixture.container, into: target(fixture))
            } == .artifactMissing)
    }

    @Test func `a path is a blob, a folder or nothing`() async throws {
        let fixture = try await StoreFixture()
        let kind = { (path: String) in try await fixture.store.exists(path, in: fixture.container) }
        #expect(try await kind("") == nil)
        _ = try await fixture.put("a/b", "x")
        #expect(try await kind("a/b") == .blob)
        #expect(try await kind("a") == .folder)
        #expect(try await kind("a/") == .folder)
        #expect(try await kind("") == .folder)
        #expect(try await kind("a/b/c") == nil)
        #expect(try await fixture.store.exists("a", in: ContainerName("absent")) == nil)
    }

    @Test func `a folder's digest depends on names and contents, not on where it is`() async throws {
        let fixture = try await StoreFixture()
        for name in ["one/a", "one/b", "two/a", "two/b", "three/a"] {
            _ = try await fixture.put(name, name.last == "a" ? "A" : "B")
        }
        let digest = { (path: String) in try await fixture.store.digest(of: path, in: fixture.container) }
        #expect(try await digest("one") == digest("two/"))
        #expect(try await digest("one") != digest("three"))
        let before = try await digest("two")
        _ = try await fixture.put("two/b", "C")
        #expect(try await digest("two") != before)
    }

    @Test func `where hard links are impossible the content is copied`() async throws {
        let fixture = try await StoreFixture()
        let text = String(repeating: "0123456789", count: 300_000)
        _ = try await fixture.put("x", text)
        let (_, content) = try await fixture.store.get(BlobName("x"), in: fixture.container)
        let target = target(fixture)
        try Disk.makeDirectory(target.path)
        try content.file.copy(to: "\(target.path)/x")
        #expect(files(target) == ["x": text])
    }
}
