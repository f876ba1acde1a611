import Foundation
import Glibc

@testable import DataPlane

/// A run of curl, which ends by itself after twenty seconds, and with its owner.
final class Curl {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private var pending = Data()

    /// Starts curl with a router's address in place of `{}` in the arguments.
    init(_ fixture: RouterFixture, _ arguments: [String], input: FileHandle = .nullDevice) throws {
        let always = ["-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
        let scheme = fixture.router.configuration.tls == nil ? "http" : "https"
        let address = "\(scheme)://\(fixture.router.listenAddress)"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl"] + always + arguments.map { $0.replacing("{}", with: address) }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// What curl has written next; `nil` at the end.
    func readSome() -> String? {
        let data = output.fileHandleForReading.availableData
        return data.isEmpty ? nil : String(decoding: data, as: UTF8.self)
    }

    /// What curl wrote, once it has ended; what it complained of should fit into a pipe.
    func finish() throws -> (text: String, errors: String, status: Int32) {
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let errors = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        return (text, errors, process.terminationStatus)
    }

    /// Runs curl to its end and returns what it wrote.
    static func run(_ fixture: RouterFixture, _ arguments: [String], input: FileHandle = .nullDevice) throws -> String {
        let (text, errors, status) = try Curl(fixture, arguments, input: input).finish()
        guard status == 0 else { throw SocketFailure(description: "curl ended with \(status): \(errors)") }
        return text
    }
}

/// Runs `body` on a thread against a router of a replica, an echoing one if no script is given, with a directory for files.
func withCurl(
    _ script: StubReplica.Script? = nil,
    _ body: @escaping @Sendable (RouterFixture, StubReplica, Scratch) throws -> Void
) async throws {
    let replica = try script.map { try StubReplica($0) } ?? .echo()
    try await withFixture(of: [replica], options: TableOptions(slots: 8, timeoutMs: 20_000)) { fixture in
        try body(fixture, replica, try Scratch())
    }
}

/// A directory for one test, which ends with it.
final class Scratch: Sendable {
    let directory = URL(fileURLWithPath: "/tmp/scratch-\(getpid())-\(UInt32.random(in: 0...(.max)))")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit {
        // Whatever is left in a test's own directory hurts nobody.
        try? FileManager.default.removeItem(at: directory)
    }

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// Writes random bytes into the file `body`.
    func writeBody(count: Int) throws -> Data {
        let random = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
        let body = try random.read(upToCount: count) ?? Data()
        try body.write(to: URL(fileURLWithPath: path("body")))
        return body
    }

    func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }
}
