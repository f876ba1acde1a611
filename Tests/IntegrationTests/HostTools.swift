import Compute
import Foundation

/// The installer that the compute tests keep in the shared temporary folder (`Tests/ComputeTests/Support/TestHost`).
enum HostTools {
    static let shared = FileManager.default.temporaryDirectory.appending(path: "sluice-compute-tests")
    private static let version = "0.13.8"
    private static let installation = Task { try await install() }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func uv() async throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["SLUICE_UV"] { return path }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        if let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/uv") }) {
            return "\(folder)/uv"
        }
        return try await installation.value
    }

    private static func install() async throws -> String {
        let home = shared.appending(path: "uv-\(version)")
        let uv = home.appending(path: "bin/uv").path
        if FileManager.default.fileExists(atPath: home.appending(path: ".complete").path) { return uv }
        // Beside the other's place, for that suite may be installing there now.
        let own = shared.appending(path: "uv-\(version)-integration")
        let tool = own.appending(path: "bin/uv").path
        if FileManager.default.isExecutableFile(atPath: tool) { return tool }
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        for step in [
            ["/usr/bin/python3", "-m", "venv", own.path],
            [own.appending(path: "bin/pip").path, "install", "--quiet", "uv==\(version)"],
        ] {
            let launch = ChildLaunch(
                executable: step[0], arguments: Array(step.dropFirst()),
                environment: ProcessInfo.processInfo.environment, workingDirectory: shared,
                logFile: own.appending(path: "install.log"))
            guard try await ChildProcess.run(launch, until: .now + .seconds(120)) == 0 else {
                throw Failure(description: "uv could not be installed; set SLUICE_UV")
            }
        }
        return tool
    }
}
