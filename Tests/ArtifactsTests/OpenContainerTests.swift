import Foundation
import Testing

@testable import Artifacts

/// How many containers a process has open: a bounded number, however many there are.
@Suite struct OpenContainerTests {
    /// Files below a directory that this process has open.
    private func openFiles(below directory: URL) throws -> [String] {
        let root = directory.resolvingSymlinksInPath().path
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { descriptor in
            // A descriptor of another test may be closed by now.
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
        }.filter { $0.hasPrefix("\(root)/") }
    }

    private func limits(_ count: Int) -> ArtifactStore.Limits {
        var limits = ArtifactStore.Limits()
        limits.openContainers = count
        return limits
    }

    private func fill(_ fixture: StoreFixture, _ count: Int) async throws -> [ContainerName] {
        let names = try (0..<count).map { try ContainerName("model-\($0)") }
        for name in names {
            try await fixture.store.createContainer(name)
            try await fixture.store.put(BlobName("m"), in: name, bytes: Array(name.value.utf8))
        }
        return names
    }

    @Test func `the containers used last are open, the others are not`() async throws {
        let fixture = try await StoreFixture(limits: limits(8))
        let names = try await fill(fixture, 100)
        #expect(fixture.store.openContainerCount == 8)
        #expect(
            Set(
                try openFiles(below: fixture.directory).map {
                    $0.split(separator: "/").suffix(2).first.map(String.init)
                })
                == Set(names.suffix(8).map(\.value)))
        // All of them serve.
        for name in names {
            let content = try await fixture.store.get(BlobName("m"), in: name).content
            #expect(try await content.bytes() == Array(name.value.utf8))
        }
        // The content that was read last may be on its way out.
        #expect(try openFiles(below: fixture.directory).count { $0.hasSuffix("/index.journal") } <= 8)
    }

    @Test func `by default sixty-four are open`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fill(fixture, 80)
        #expect(fixture.store.openContainerCount == 64)
    }

    @Test func `a start, a sweep and a list leave no container open`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fill(fixture, 100)
        let open = try openFiles(below: fixture.directory).count
        let store = try await fixture.reopened()
        try await store.sweepUploads()
        #expect(store.openContainerCount == 0)
        try await store.sweep()
        #expect(try await store.listContainers(limit: 200).containers.count == 101)
        #expect(store.openContainerCount == 0)
        #expect(try openFiles(below: fixture.directory).count == open)
    }

    @Test func `a sweep opens one container at a time, and closes none that is in use`() async throws {
        let fixture = try await StoreFixture(limits: limits(1))
        let names = try await fill(fixture, 20)
        let store = try await fixture.reopened(limits: limits(1))
        let used = try await store.index(of: names[3])
        try await store.sweep()
        #expect(store.openContainerCount == 1)
        #expect(try await store.index(of: names[3]) === used)
    }

    @Test func `an index is not closed under its user`() async throws {
        let fixture = try await StoreFixture(limits: limits(2))
        let names = try await fill(fixture, 10)
        var held: ContainerIndex? = try await fixture.store.index(of: names[0])
        _ = try await held?.find(BlobName("m"))
        for name in names { _ = try await fixture.store.container(name) }
        #expect(fixture.store.openContainerCount == 3)
        // Found again it is the same one: a container has one index, and so one writer at a time in this process.
        #expect(try await fixture.store.index(of: names[0], isKept: false) === held)
        #expect(try await held?.find(BlobName("m")) != nil)
        held = nil
        #expect(fixture.store.openContainerCount == 2)
        #expect(try openFiles(below: fixture.directory).count == 2)
    }

    @Test func `writers beside each other get one index, however often it is closed`() async throws {
        let fixture = try await StoreFixture(limits: limits(1))
        let names = try await fill(fixture, 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<100 {
                group.addTask {
                    try await fixture.store.put(BlobName("b\(turn)"), in: names[turn % 4], bytes: [1])
                }
            }
            try await group.waitForAll()
        }
        for name in names {
            #expect(try await fixture.store.list(name, BlobListing.Query()).items.count == 26)
        }
        #expect(fixture.store.openContainerCount == 1)
    }

    @Test func `a retired container is gone at once, and clearing it tells what that frees`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.put("a", String(repeating: "x", count: 1_000))
        _ = try await fixture.put("b", String(repeating: "y", count: 500))
        let linked = fixture.directory.appendingPathComponent("elsewhere")
        _ = try await fixture.store.materialise("b", in: fixture.container, into: linked)
        let retired = try await fixture.store.retire(fixture.container)
        #expect(await code { _ = try await fixture.store.container(fixture.container) } == .containerNotFound)
        #expect(await code { _ = try await fixture.put("c", "z") } == .containerNotFound)
        // One of that name is another container.
        try await fixture.store.createContainer(fixture.container)
        #expect(try await fixture.names(BlobListing.Query()).isEmpty)
        let freed = try await fixture.store.clear(retired)
        // The journal goes too; what is linked elsewhere stays.
        #expect((1_000..<2_500).contains(freed))
        #expect(try fixture.files(in: "trash").isEmpty)
        #expect(try await fixture.store.clear(retired) == 0)
    }
}
