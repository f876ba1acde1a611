import Foundation
import Testing

@testable import Artifacts

@Suite struct BlobListingTests {
    @Test func `a listing is in the order of bytes, by prefix and by folder`() async throws {
        let fixture = try await StoreFixture()
        for name in ["b", "a/2", "a/1", "a/c/3", "a-b", "é", "Z", "a/c/4"] { _ = try await fixture.put(name, "") }
        #expect(try await fixture.names(.init()) == ["Z", "a-b", "a/1", "a/2", "a/c/3", "a/c/4", "b", "é"])
        #expect(try await fixture.names(.init(prefix: "a/")) == ["a/1", "a/2", "a/c/3", "a/c/4"])
        #expect(try await fixture.names(.init(delimiter: "/")) == ["Z", "a-b", "a/", "b", "é"])
        #expect(try await fixture.names(.init(prefix: "a/", delimiter: "/")) == ["a/1", "a/2", "a/c/"])
        #expect(try await fixture.names(.init(prefix: "nothing")).isEmpty)
    }

    @Test(arguments: [1, 2, 3, 7], ["", "/"])
    func `pages together are the whole listing`(limit: Int, delimiter: String) async throws {
        let fixture = try await StoreFixture()
        for name in ["a", "f/1", "f/2", "f/g/3", "h\u{1}x", "i", "日本"] { _ = try await fixture.put(name, "") }
        let whole = try await fixture.names(.init(delimiter: delimiter))
        var paged: [String] = []
        var marker: String? = ""
        while let current = marker {
            let page = try await fixture.store.list(
                fixture.container, .init(delimiter: delimiter, marker: current, limit: limit))
            #expect(page.items.count <= limit)
            paged += page.items.map(\.text)
            marker = page.nextMarker
        }
        #expect(paged == whole)
    }

    @Test func `a marker of another kind is refused`() {
        #expect(throws: ArtifactError.self) { try BlobListing.Query(marker: "not hexadecimal") }
    }

    @Test func `a large table is the same however it was filled`() throws {
        let entries = try (0..<20_000).map { number in
            IndexEntry(
                put: BlobRecord(
                    name: try BlobName("folder\(number % 7)/\((number * 7919) % 20_000)"), etag: "", createdAt: .now,
                    lastModified: .now, size: 0, sha256: "", properties: .init(), metadata: [:], committedBlocks: [],
                    contentFile: ""))
        }
        var (atOnce, oneByOne) = (BlobTable(), BlobTable())
        atOnce.apply(entries)
        for entry in entries { oneByOne.apply([entry]) }
        #expect(atOnce.all.map(\.name) == oneByOne.all.map(\.name))
        #expect(atOnce.all.map(\.name) == atOnce.all.map(\.name).sorted())
        let folders = try atOnce.list(.init(delimiter: "/")).items.map(\.text)
        #expect(folders == (0..<7).map { "folder\($0)/" })
    }
}
