import Foundation
import Postgres

/// procrastinate in a virtual environment, driven by the script in `peer/`.
struct ProcrastinatePeer: Sendable {
    private struct Answer: Decodable {
        var enqueue: Double
        var process: Double
    }

    private let peer: PythonPeer

    static func install(on workbench: Workbench) async throws -> ProcrastinatePeer {
        ProcrastinatePeer(
            peer: try await PythonPeer.install(
                on: workbench, "procrastinate", requirements: "requirements.txt", script: "procrastinate_queue.py"))
    }

    /// Defers and carries out `count` tasks in a schema of their own.
    func measure(on workbench: Workbench, schema: String, count: Int) async throws -> QueueThroughput.Times {
        let database = Database(
            settings: ConnectionSettings(url: workbench.databaseURL, schema: schema), poolSize: 1,
            logger: Workbench.silent)
        try await database.query("CREATE SCHEMA \(raw: schema)")
        let url = "\(workbench.databaseURL) options='-c search_path=\(schema)'"
        let response = try await peer.run(
            ["--dsn", url, "--count", "\(count)"], as: Answer.self, limit: .seconds(180))
        try await database.query("DROP SCHEMA \(raw: schema) CASCADE")
        await database.close()
        return QueueThroughput.Times(enqueue: response.enqueue, process: response.process)
    }
}
