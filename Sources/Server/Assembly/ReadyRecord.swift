import Compute
import Foundation
import ServiceLifecycle

/// Says in a file that the listeners of a process are open: what `sluice up` waits for.
struct ReadyRecord: Service {
    let data: DataDirectory
    /// Returns once the API answers.
    let waitUntilServing: @Sendable () async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await waitUntilServing()
            guard let identity = ProcessIdentity(pid: ProcessInfo.processInfo.processIdentifier) else { return }
            try JSONEncoder().encode(identity).write(to: Self.url(data), options: .atomic)
            try await gracefulShutdown()
        }
        // A record of a process that is gone is not believed anyway.
        try? FileManager.default.removeItem(at: Self.url(data))
    }

    private static func url(_ data: DataDirectory) -> URL { data.root.appending(path: "ready.json") }

    static func exists(_ data: DataDirectory, for process: ProcessIdentity) -> Bool {
        // No record, not ready.
        guard let bytes = try? Data(contentsOf: url(data)) else { return false }
        return (try? JSONDecoder().decode(ProcessIdentity.self, from: bytes)) == process
    }
}
