import Artifacts
import Foundation
import Testing

@Suite struct ArtifactStoreTests {
    @Test func `what is put is what is got, after a restart too`() async throws {
        let fixture = try await StoreFixture()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let body = TestBody(
            chunks: stride(from: 0, to: bytes.count, by: 70_001).map {
                Array(bytes[$0..<min($0 + 70_001, bytes.count)])
            })
        let properties = BlobProperties(contentType: "text/plain", cacheControl: "no-store")
        let written = try await fixture.store.put(
            BlobName("a/b"), in: fixture.container, body: body, length: 3_000_000, properties: properties,
            metadata: ["k": "v"])
        for store in [fixture.store, try await fixture.reopened()] {
            let (record, content) = try await store.get(BlobName("a/b"), in: fixture.container)
            #expect(record == written)
            #expect(record.metadata == ["k": "v"])
            #expect(record.properties.contentType == "text/plain")
            #expect(try await content.bytes() == bytes)
            try await store.verify(BlobName("a/b"), in: fixture.container)
        }
    }

    @Test func `digests of content are known ones`() async throws {
        let fixture = try await StoreFixture()
        let record = try await fixture.put("x", "abc")
        #expect(record.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(record.properties.contentMD5 == "kAFQmDzST7DWlj99KOF/cg==")
        #expect(try await fixture.store.digest(of: "x", in: fixture.container) == record.sha256)
    }

    @Test(arguments: [
        "..", "../../x", "/etc/passwd", "a\\..\\b", "a//b", "trailing/", "CON", "%2F",
        String(repeating: "ü", count: 1000),
    ])
    func `no name of a blob leads out of the store`(_ name: String) async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put(name, "content")
        #expect(try await fixture.text(name) == "content")
        #expect(try await fixture.names(.init()) == [name])
        #expect(try fixture.files(in: "containers/models/content").count == 1)
    }

    @Test func `a body that breaks off leaves nothing behind`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "before")
        let body = TestBody(chunks: [[UInt8](repeating: 1, count: 2 << 20)], breaksOff: true)
        await #expect(throws: TestBody.BrokenOff.self) {
            try await fixture.store.put(BlobName("x"), in: fixture.container, body: body)
        }
        #expect(try await fixture.text("x") == "before")
        #expect(try fixture.files(in: "incoming").isEmpty)
    }

    @Test func `length, digest and limit of a body are checked`() async throws {
        var limits = ArtifactStore.Limits()
        limits.blobSize = 10
        let fixture = try await StoreFixture(limits: limits)
        let put = { (size: Int, length: Int64?, md5: String?) async -> ArtifactError.Code? in
            await code {
                try await fixture.store.put(
                    BlobName("x"), in: fixture.container, body: TestBody(chunks: [[UInt8](repeating: 97, count: size)]),
                    length: length, md5: md5)
            }
        }
        #expect(await put(11, nil, nil) == .bodyTooLarge)
        #expect(await put(1, 11, nil) == .bodyTooLarge)
        #expect(await put(3, 4, nil) == .bodyTooShort)
        #expect(await put(3, 3, "kAFQmDzST7DWlj99KOF/cg==") == .md5Mismatch)
        #expect(try await fixture.names(.init()).isEmpty)
        #expect(await put(1, 1, "DMF1ucDxtqgxw5niaXcmYQ==") == nil)
        #expect(try fixture.files(in: "incoming").isEmpty)
    }

    @Test func `an upload that would fill the disk is refused`() async throws {
        var limits = ArtifactStore.Limits()
        limits.reservedSpace = .max / 2
        let fixture = try await StoreFixture(limits: limits)
        #expect(await code { _ = try await fixture.put("x", "y") } == .insufficientSpace)
    }

    @Test func `a reader keeps the content that it opened`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "before")
        let (_, content) = try await fixture.store.get(BlobName("x"), in: fixture.container)
        _ = try await fixture.put("x", "after")
        #expect(String(decoding: try await content.bytes(), as: UTF8.self) == "before")
        #expect(try await fixture.text("x") == "after")
        #expect(try fixture.files(in: "containers/models/content").count == 1)
    }

    @Test func `containers are created once, listed, described and deleted`() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        #expect(await code { try await store.createContainer(fixture.container) } == .containerAlreadyExists)
        try await store.ensureContainer(fixture.container)
        let other = try ContainerName("code-1")
        try await store.createContainer(other, metadata: ["a": "b"])
        #expect(try await store.listContainers().containers.map(\.name) == ["code-1", "models"])
        #expect(try await store.listContainers(limit: 1).next == "code-1")
        #expect(try await store.listContainers(after: "code-1").containers.map(\.name) == ["models"])
        #expect(try await store.container(other).metadata == ["a": "b"])
        _ = try await fixture.put("x", "y")
        try await store.deleteContainer(fixture.container)
        #expect(await code { _ = try await fixture.put("x", "y") } == .containerNotFound)
        #expect(await code { try await store.deleteContainer(fixture.container) } == .containerNotFound)
        try await store.createContainer(fixture.container)
        #expect(try await fixture.names(.init()).isEmpty)
    }

    @Test func `a copy has its own life`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("from", "content")
        let copy = try await fixture.store.copy(
            BlobName("from"), in: fixture.container, to: BlobName("to"), in: fixture.container, metadata: ["n": "1"])
        try await fixture.store.delete(BlobName("from"), in: fixture.container)
        #expect(try await fixture.text("to") == "content")
        #expect(copy.metadata == ["n": "1"])
        #expect(await code { _ = try await fixture.text("from") } == .blobNotFound)
    }

    @Test func `damaged content is found`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "content")
        let path = "containers/models/content"
        let file = fixture.directory.appendingPathComponent("\(path)/\(try #require(fixture.files(in: path).first))")
        try FileManager.default.removeItem(at: file)
        try Data("Content".utf8).write(to: file)
        #expect(await code { try await fixture.store.verify(BlobName("x"), in: fixture.container) } == .contentDamaged)
    }

    @Test func `of many creators at once exactly one wins`() async throws {
        let fixture = try await StoreFixture()
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<16 {
                group.addTask {
                    await code { _ = try await fixture.put("x", "\(index)", conditions: .ifAbsent) } == nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        #expect(try fixture.files(in: "incoming").isEmpty)
    }
}
