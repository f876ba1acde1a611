import Foundation
import Routing
import Testing

@testable import DataPlane

/// Starts real router processes: the executable that was built beside the tests.
@Suite(.enabled(if: RouterExecutable.url != nil, "the executable was not built"))
struct ProcessTests {
    @Test func `a router serves a table from a file and ends at once when it is idle`() async throws {
        let replica = try StubReplica.echo()
        try await onThread {
            let setting = try RouterProcesses()
            let process = try setting.serve(replica, ["--router-id", "one"])
            let status = try setting.status()
            #expect(status.routerID == "one")
            #expect(status.pid == process.processIdentifier)
            let mode =
                try FileManager.default.attributesOfItem(atPath: setting.path("control.sock"))[.posixPermissions]
                as? Int
            #expect(mode == 0o600)
            let client = try RawSocket(try #require(SocketAddress(hostAndPort: status.listenAddress)))
            #expect(try client.ask(scoring("hello")).text == "hello")
            let second = try setting.start([
                "--listen", "127.0.0.1:0", "--control", "unix:\(setting.path("control.sock"))",
            ])
            second.waitUntilExit()
            #expect(second.terminationStatus != 0)
            #expect(try setting.status().pid == process.processIdentifier)
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            #expect(!FileManager.default.fileExists(atPath: setting.path("control.sock")))
        }
        replica.kill()
    }

    @Test func `a killed router leaves a socket that the next one replaces, and its table`() async throws {
        try await onThread {
            let setting = try RouterProcesses()
            let arguments = [
                "--listen", "127.0.0.1:0", "--control", "unix:\(setting.path("control.sock"))", "--saved-table",
                setting.path("saved"),
            ]
            let first = try setting.start(arguments)
            _ = try setting.status()
            let lines = try RouterFixture.lines(["unix:/nowhere"], TableOptions(generation: 3))
            let socket = try RawSocket(setting.control)
            try socket.send(
                Array("PUT /table HTTP/1.1\r\nHost: a\r\nContent-Length: \(lines.count)\r\n\r\n".utf8) + lines)
            #expect(try socket.readMessage().status == 200)
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            let second = try setting.start(arguments)
            #expect(eventually { (try? setting.status().generation) == 3 })
            #expect(try setting.status().pid == second.processIdentifier)
            second.terminate()
            second.waitUntilExit()
            #expect(second.terminationStatus == 0)
        }
    }

    @Test func `a second signal ends a router that still has a request`() async throws {
        let gate = Gate()
        let replica = try StubReplica { _, _ in
            gate.wait()
            return false
        }
        try await onThread {
            let setting = try RouterProcesses()
            let process = try setting.serve(replica)
            let client = try RawSocket(try #require(SocketAddress(hostAndPort: try setting.status().listenAddress)))
            try client.send(scoring())
            #expect(replica.wait { $0.requests.count == 1 })
            process.terminate()
            #expect(eventually { (try? setting.status().isDraining) == true })
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
        }
        gate.open()
        replica.kill()
    }

    @Test(arguments: [
        [], ["--listen", "nowhere"], ["--listen", "127.0.0.1:0", "--control", "tcp:127.0.0.1:0"],
        ["--listen", "127.0.0.1:0", "--loops", "0"], ["--listen", "127.0.0.1:0", "--table", "/nowhere"],
    ])
    func `settings that cannot be used end the start`(arguments: [String]) async throws {
        try await onThread {
            let setting = try RouterProcesses()
            let process = try setting.start(arguments)
            process.waitUntilExit()
            #expect(process.terminationStatus != 0)
        }
    }
}
