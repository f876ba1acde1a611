import Foundation
import Testing

@testable import Artifacts

@Suite struct RecoveryTests {
    private func append(_ text: String, to file: URL) throws {
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    @Test(arguments: ["{\"put\":{\"na", "\0\0\0\0"])
    func `a write to the index that was cut off did not happen`(_ torn: String) async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "1")
        try append(torn, to: fixture.journal)
        let store = try await fixture.reopened()
        #expect(try await fixture.text("x", in: store) == "1")
        try await store.put(BlobName("y"), in: fixture.container, bytes: [50])
        #expect(try await fixture.text("y", in: fixture.reopened()) == "2")
        #expect(try await fixture.text("y") == "2")
    }

    @Test func `a damaged index is reported, not guessed`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "1")
        try append("nonsense\n", to: fixture.journal)
        let store = try await fixture.reopened()
        #expect(await code { _ = try await fixture.text("x", in: store) } == .indexDamaged)
    }

    @Test func `what killed processes left behind is swept, what is in use is not`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "1")
        fixture.clock.advance(by: Date().timeIntervalSince(fixture.clock.now))
        for path in ["incoming/upload", "containers/models/content/orphan", "trash/old"] {
            try Data("left".utf8).write(to: fixture.directory.appendingPathComponent(path))
        }
        let first = try await fixture.store.sweep()
        #expect(first == ArtifactSweep(brokenUploads: 0, expiredBlocks: 0, orphanedContents: 1))
        fixture.clock.advance(by: 2 * 86_400)
        #expect(try await fixture.store.sweep().brokenUploads == 1)
        #expect(try fixture.files(in: "trash").isEmpty)
        #expect(try await fixture.text("x") == "1")
    }

    @Test func `two processes on one directory see each other's writes`() async throws {
        let fixture = try await StoreFixture()
        let other = try await fixture.reopened()
        _ = try await fixture.put("x", "1")
        #expect(try await fixture.text("x", in: other) == "1")
        try await other.put(BlobName("x"), in: fixture.container, bytes: [50])
        #expect(try await fixture.text("x") == "2")
        #expect(await code { _ = try await fixture.put("x", "3", conditions: .ifAbsent) } == .blobAlreadyExists)
        try await other.deleteContainer(fixture.container)
        #expect(await code { _ = try await fixture.text("x") } == .containerNotFound)
        try await other.createContainer(fixture.container)
        _ = try await fixture.put("z", "new")
        #expect(try await fixture.text("z", in: other) == "new")
    }

    @Test func `writers of two processes lose no write`() async throws {
        let fixture = try await StoreFixture()
        let other = try await fixture.reopened()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                let store = number.isMultiple(of: 2) ? fixture.store : other
                group.addTask {
                    try await store.put(BlobName("b\(number)"), in: fixture.container, bytes: [1])
                }
            }
            try await group.waitForAll()
        }
        for store in [fixture.store, other, try await fixture.reopened()] {
            #expect(try await store.list(fixture.container, .init()).items.count == 60)
        }
    }

    @Test func `a long journal is compacted under everybody's feet`() async throws {
        let fixture = try await StoreFixture()
        let other = try await fixture.reopened()
        _ = try await fixture.put("x", "content")
        for number in 0..<1100 {
            try await fixture.store.setMetadata(["n": "\(number)"], of: BlobName("x"), in: fixture.container)
        }
        _ = try await fixture.text("x", in: other)
        let before = try Data(contentsOf: fixture.journal).count
        try await fixture.store.sweep()
        #expect(try Data(contentsOf: fixture.journal).count < before / 100)
        for store in [fixture.store, other, try await fixture.reopened()] {
            let record = try await store.properties(of: BlobName("x"), in: fixture.container)
            #expect(record.metadata == ["n": "1099"])
            try await store.setMetadata(record.metadata, of: BlobName("x"), in: fixture.container)
        }
        #expect(try await fixture.text("x", in: other) == "content")
    }
}
