package import Hummingbird

/// Routes served on a free port of the loopback address.
package final class LoopbackServer: Sendable {
    package let port: Int
    private let serving: Task<Void, any Error>

    package init(_ routes: Hummingbird.Router<BasicRequestContext>) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: routes, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                found.yield(channel.localAddress?.port ?? 0)
                found.finish()
            }, logger: TestDatabase.silent)
        serving = Task {
            // One that can't serve must not keep the test waiting.
            defer { found.finish() }
            try await application.run()
        }
        var port: Int?
        for await one in ports { port = one }
        guard let port else { throw NotInTime(description: "the server did not start") }
        self.port = port
    }

    package func stop() async {
        serving.cancel()
        _ = await serving.result
    }

    /// Serves for as long as `body` takes, which gets the port.
    package static func run(
        _ routes: Hummingbird.Router<BasicRequestContext>, _ body: (Int) async throws -> Void
    ) async throws {
        let server = try await LoopbackServer(routes)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(server.port)) } catch { outcome = .failure(error) }
        await server.stop()
        try outcome.get()
    }
}
