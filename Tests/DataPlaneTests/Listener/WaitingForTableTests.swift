import Testing

@testable import DataPlane

@Suite struct WaitingForTableTests {
    @Test func `nobody can connect before there is a table`() async throws {
        let fixture = try RouterFixture(loops: 2) { $0.loop.waitsForTable = true }
        let replica = try StubReplica { message, socket in
            try StubReplica.sendBack(message, on: socket, inChunksOf: nil)
            return true
        }
        #expect(throws: (any Error).self) { try fixture.connect() }
        try await fixture.use([replica.route])
        try await onThread {
            let socket = try fixture.connect()
            #expect(try socket.ask(scoring("x")).text == "x")
        }
        try await fixture.stop()
    }

    @Test func `a router that never got a table ends when it is told to`() async throws {
        let fixture = try RouterFixture { $0.loop.waitsForTable = true }
        try await fixture.stop()
    }
}
