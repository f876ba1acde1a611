import Artifacts
import Foundation
import Synchronization

/// A clock that moves only when told to.
final class ManualClock: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { date.withLock { $0 } }
    func advance(by seconds: TimeInterval) { date.withLock { $0 += seconds } }
}

/// A store on a directory of its own, which goes away with it.
final class StoreFixture: Sendable {
    let directory: URL
    let clock: ManualClock
    let store: ArtifactStore
    let container: ContainerName

    init(limits: ArtifactStore.Limits = .init()) async throws {
        let clock = ManualClock()
        self.clock = clock
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("artifacts-\(UUID().uuidString)")
        store = try await ArtifactStore.open(at: directory, limits: limits) { clock.now }
        container = try ContainerName("models")
        try await store.createContainer(container)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// The same directory as another process, or this one after a restart, sees it.
    func reopened(limits: ArtifactStore.Limits = .init()) async throws -> ArtifactStore {
        let clock = clock
        return try await ArtifactStore.open(at: directory, limits: limits) { clock.now }
    }

    func put(_ name: String, _ text: String, conditions: BlobConditions = .none) async throws -> BlobRecord {
        try await store.put(BlobName(name), in: container, bytes: Array(text.utf8), conditions: conditions)
    }

    func text(_ name: String, in store: ArtifactStore? = nil) async throws -> String {
        let (_, content) = try await (store ?? self.store).get(BlobName(name), in: container)
        return String(decoding: try await content.bytes(), as: UTF8.self)
    }

    func names(_ query: BlobListing.Query) async throws -> [String] {
        try await store.list(container, query).items.map(\.text)
    }

    func files(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.appendingPathComponent(path).path)
    }

    var journal: URL { directory.appendingPathComponent("containers/models/index.journal") }
}

extension BlobContent {
    func bytes() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in self { bytes += chunk }
        return bytes
    }
}

extension BlobListing.Item {
    var text: String {
        switch self {
        case .blob(let record): record.name.value
        case .prefix(let prefix): prefix
        }
    }
}

/// A body of chunks that may break off.
struct TestBody: AsyncSequence {
    struct BrokenOff: Error {}

    var chunks: [[UInt8]]
    var breaksOff = false

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: [[UInt8]]
        let breaksOff: Bool

        mutating func next() async throws -> [UInt8]? {
            guard rest.isEmpty else { return rest.removeFirst() }
            if breaksOff { throw BrokenOff() }
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: chunks, breaksOff: breaksOff) }
}

/// The code of the `ArtifactError` that `body` throws; `nil` if it throws none.
func code(_ body: () async throws -> Void) async -> ArtifactError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? ArtifactError)?.code
    }
}
