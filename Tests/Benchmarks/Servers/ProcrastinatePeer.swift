import Foundation
import Postgres

/// procrastinate in a virtual environment, driven by the script in `peer/`.
struct ProcrastinatePeer: Sendable {
    private struct Answer: Decodable {
        var enqueue: Double
        var process: Double
    }

    private let python: String
    private let script: URL
    private let directory: URL

    static func install(on workbench: Workbench) async throws -> ProcrastinatePeer {
        let directory = try workbench.makeDirectory("peer")
        let sources = try Sources.find("Tests/Benchmarks/peer")
        Progress.say("  installing procrastinate")
        let environment = directory.appending(path: "venv")
        _ = try await Programs.output(
            of: Programs.python(), ["-m", "venv", environment.path], in: directory, limit: .seconds(120))
        let python = environment.appending(path: "bin/python").path
        _ = try await Programs.output(
            of: python,
            ["-m", "pip", "install", "--quiet", "-r", sources.appending(path: "requirements.txt").path],
            in: directory, limit: .seconds(300))
        return ProcrastinatePeer(
            python: python, script: sources.appending(path: "procrastinate_queue.py"), directory: directory)
    }

    /// Defers and carries out `count` tasks in a schema of their own.
    func measure(on workbench: Workbench, schema: String, count: Int) async throws -> QueueThroughput.Times {
        let database = Database(
            settings: ConnectionSettings(url: workbench.databaseURL, schema: schema), poolSize: 1,
            logger: Workbench.silent)
        try await database.query("CREATE SCHEMA \(raw: schema)")
        let url = "\(workbench.databaseURL) options='-c search_path=\(schema)'"
        let output = try await Programs.output(
            of: python, [script.path, "--dsn", url, "--count", "\(count)"], in: directory, limit: .seconds(180))
        try await database.query("DROP SCHEMA \(raw: schema) CASCADE")
        await database.close()
        let last = output.split(separator: "\n").last ?? ""
        let answer = try JSONDecoder().decode(Answer.self, from: Data(last.utf8))
        return QueueThroughput.Times(enqueue: answer.enqueue, process: answer.process)
    }
}
