import Artifacts
import Foundation
import Testing

@Suite struct BlockTests {
    private static func id(_ number: Int, length: Int = 4) throws -> BlockID {
        let text = String(repeating: "0", count: length - "\(number)".count) + "\(number)"
        return try BlockID(base64: Data(text.utf8).base64EncodedString())
    }

    private static func put(_ number: Int, _ text: String, in fixture: StoreFixture, length: Int = 4) async throws {
        _ = try await fixture.store.putBlock(
            id(number, length: length), of: BlobName("x"), in: fixture.container,
            body: TestBody(chunks: [Array(text.utf8)]))
    }

    private static func commit(_ references: [BlockReference], in fixture: StoreFixture) async throws -> BlobRecord {
        try await fixture.store.putBlockList(references, of: BlobName("x"), in: fixture.container)
    }

    @Test func `blocks put in any order become a blob in the order of the list`() async throws {
        let fixture = try await StoreFixture()
        for (number, text) in [(3, "!"), (1, "Hello, "), (2, "world"), (9, "never named")] {
            try await Self.put(number, text, in: fixture)
        }
        #expect(try await fixture.names(.init()).isEmpty)
        let store = try await fixture.reopened()
        let record = try await store.putBlockList(
            (1...3).map { .latest(try Self.id($0)) }, of: BlobName("x"), in: fixture.container)
        #expect(try await fixture.text("x") == "Hello, world!")
        #expect(record.sha256 == "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3")
        let list = try await fixture.store.blockList(of: BlobName("x"), in: fixture.container)
        #expect(list.committed.map(\.size) == [7, 5, 1])
        #expect(list.uncommitted.isEmpty)
    }

    @Test func `a list may take committed and new blocks together`() async throws {
        let fixture = try await StoreFixture()
        try await Self.put(1, "one", in: fixture)
        try await Self.put(2, "two", in: fixture)
        _ = try await Self.commit([.uncommitted(Self.id(1)), .uncommitted(Self.id(2))], in: fixture)
        try await Self.put(2, "TWO", in: fixture)
        _ = try await Self.commit([.latest(Self.id(2)), .committed(Self.id(2)), .latest(Self.id(1))], in: fixture)
        #expect(try await fixture.text("x") == "TWOtwoone")
        _ = try await Self.commit([], in: fixture)
        #expect(try await fixture.text("x") == "")
    }

    @Test func `a list that names an unknown block changes nothing`() async throws {
        let fixture = try await StoreFixture()
        try await Self.put(1, "one", in: fixture)
        for reference in [BlockReference.latest(try Self.id(2)), .committed(try Self.id(1))] {
            #expect(await code { _ = try await Self.commit([reference], in: fixture) } == .invalidBlockList)
        }
        #expect(await code { _ = try await fixture.text("x") } == .blobNotFound)
        _ = try await Self.commit([.uncommitted(Self.id(1))], in: fixture)
        #expect(await code { _ = try await Self.commit([.uncommitted(Self.id(1))], in: fixture) } == .invalidBlockList)
    }

    @Test func `block IDs of one blob have one length`() async throws {
        let fixture = try await StoreFixture()
        try await Self.put(1, "one", in: fixture)
        #expect(await code { try await Self.put(2, "two", in: fixture, length: 5) } == .invalidBlockID)
    }

    @Test func `the number and size of uncommitted blocks are bounded`() async throws {
        var limits = ArtifactStore.Limits()
        limits.uncommittedBlocks = 2
        limits.blockSize = 4
        let fixture = try await StoreFixture(limits: limits)
        try await Self.put(1, "one", in: fixture)
        try await Self.put(2, "two", in: fixture)
        try await Self.put(2, "2", in: fixture)
        #expect(await code { try await Self.put(3, "x", in: fixture) } == .tooManyBlocks)
        #expect(await code { try await Self.put(1, "large", in: fixture) } == .bodyTooLarge)
        #expect(try fixture.files(in: "incoming").isEmpty)
    }

    @Test func `blocks that nobody commits go after their lifetime`() async throws {
        let fixture = try await StoreFixture()
        // Files are dated by the system's clock, so the store's clock starts from there.
        fixture.clock.advance(by: Date().timeIntervalSince(fixture.clock.now))
        try await Self.put(1, "one", in: fixture)
        #expect(try await fixture.store.sweep().expiredBlocks == 0)
        fixture.clock.advance(by: 8 * 86_400)
        #expect(try await fixture.store.sweep().expiredBlocks == 1)
        #expect(await code { _ = try await Self.commit([.latest(Self.id(1))], in: fixture) } == .invalidBlockList)
    }

    @Test func `a condition of a block list is evaluated against the blob`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("x", "there")
        try await Self.put(1, "one", in: fixture)
        #expect(
            await code {
                _ = try await fixture.store.putBlockList(
                    [.latest(Self.id(1))], of: BlobName("x"), in: fixture.container, conditions: .ifAbsent)
            } == .blobAlreadyExists)
    }
}
