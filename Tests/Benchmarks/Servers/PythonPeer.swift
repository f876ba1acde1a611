import Foundation

/// A virtual environment with the packages of a file in `peer/`, and the script that uses them.
struct PythonPeer: Sendable {
    private let python: String
    private let script: URL
    private let directory: URL

    static func install(
        on workbench: Workbench, _ name: String, requirements: String, script: String
    ) async throws -> PythonPeer {
        let directory = try workbench.makeDirectory(name)
        let sources = try Sources.find("Tests/Benchmarks/peer")
        Progress.say("  installing \(name)")
        let environment = directory.appending(path: "venv")
        _ = try await Programs.output(
            of: Programs.python(), ["-m", "venv", environment.path], in: directory, limit: .seconds(120))
        let python = environment.appending(path: "bin/python").path
        _ = try await Programs.output(
            of: python, ["-m", "pip", "install", "--quiet", "-r", sources.appending(path: requirements).path],
            in: directory, limit: .seconds(300))
        return PythonPeer(python: python, script: sources.appending(path: script), directory: directory)
    }

    /// Runs the script; returns the JSON of its last line.
    func run<Answer: Decodable>(_ arguments: [String], as type: Answer.Type, limit: Duration) async throws -> Answer {
        let output = try await Programs.output(of: python, [script.path] + arguments, in: directory, limit: limit)
        let last = output.split(separator: "\n").last ?? ""
        return try JSONDecoder().decode(Answer.self, from: Data(last.utf8))
    }
}
