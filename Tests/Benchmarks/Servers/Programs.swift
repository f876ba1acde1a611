import Compute
import Foundation
import Server

/// Programs of this host and of the build.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    static func sibling(_ name: String) throws -> String {
        let path = SupportFiles.sibling(name)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(description: "\(name) is not built: swift build -c release --product \(name)")
        }
        return path
    }

    static func python() throws -> String { try onPath("python3") }

    /// From `SLUICE_UV`, the path, or where the Makefile installs it.
    static func uv() throws -> String {
        if let given = environment["SLUICE_UV"] { return given }
        // A miss on the path is reported by the look below.
        if let found = try? onPath("uv") { return found }
        return try Sources.find(".build/tools/bin/uv").path
    }

    static func onPath(_ name: String) throws -> String {
        let places = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        for place in places where FileManager.default.isExecutableFile(atPath: "\(place)/\(name)") {
            return "\(place)/\(name)"
        }
        throw Missing(description: "\(name) was not found on the path")
    }

    /// Runs a program to its end and returns what it printed.
    ///
    /// Settings of a Sluice of this host are no business of ours.
    static func output(of executable: String, _ arguments: [String], in directory: URL, limit: Duration) async throws
        -> String
    {
        let log = directory.appending(path: "\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }  // the directory goes as well
        let status = try await ChildProcess.run(
            ChildLaunch(
                executable: executable, arguments: arguments,
                environment: environment.filter { !$0.key.hasPrefix("SLUICE_") && $0.key != "DATABASE_URL" },
                workingDirectory: directory, logFile: log), until: .now + limit)
        let text = try String(contentsOf: log, encoding: .utf8)
        guard status == 0 else { throw Missing(description: "\(executable) failed: \(text.suffix(2_000))") }
        return text
    }
}
