import Foundation
import Routing
import Testing

@testable import DataPlane

/// The router's executable, if it was built beside the tests.
enum RouterExecutable {
    static let url: URL? = {
        let besideTests = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
        let besideRunner = [URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent()]
        return (besideTests + besideRunner).map { $0.appendingPathComponent("sluice-router") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()
}

/// A directory for one test, and processes that end with it.
final class RouterProcesses {
    let directory = URL(fileURLWithPath: "/tmp/router-\(getpid())-\(UInt32.random(in: 0...(.max)))")
    private var processes: [Process] = []

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit {
        for process in processes where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        // Whatever is left in a test's own directory hurts nobody.
        try? FileManager.default.removeItem(at: directory)
    }

    var control: SocketAddress { .unix(path: path("control.sock")) }

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
        let process = Process()
        process.executableURL = RouterExecutable.url
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        processes.append(process)
        return process
    }

    /// Starts a router that has a table of the replica.
    func serve(_ replica: StubReplica, _ arguments: [String] = []) throws -> Process {
        try RouterFixture.lines([replica.route]).write(to: URL(fileURLWithPath: path("table")))
        return try start(
            ["--listen", "127.0.0.1:0", "--control", "unix:\(path("control.sock"))", "--table", path("table")]
                + arguments)
    }

    /// What the router answers at `control`, the usual one's if none is given.
    func status(at control: SocketAddress? = nil) throws -> RouterStatus {
        var found: RouterStatus?
        let control = control ?? self.control
        _ = eventually {
            // Not there yet, or already gone: asked again until the deadline.
            guard let socket = try? RawSocket(control),
                (try? socket.send("GET /status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) != nil,
                let answer = try? socket.readMessage()
            else { return false }
            found = try? JSONDecoder().decode(RouterStatus.self, from: Data(answer.body))
            return found != nil
        }
        return try #require(found)
    }
}
