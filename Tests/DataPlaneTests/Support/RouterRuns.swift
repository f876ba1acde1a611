import Routing
import Testing

@testable import DataPlane

/// Runs `body` on a thread against a router of `replicas`. No request may be left inside; then all of them end.
func withFixture(
    of replicas: [StubReplica], options: TableOptions = TableOptions(), loops: Int = 1, drainTimeoutMs: Int = 10_000,
    adjust: (inout RouterConfiguration) -> Void = { _ in },
    body: @escaping @Sendable (RouterFixture) throws -> Void
) async throws {
    let fixture = try RouterFixture(loops: loops, drainTimeoutMs: drainTimeoutMs, adjust)
    try await fixture.use(replicas.map(\.route), options)
    try await onThread { try body(fixture) }
    #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
    try await fixture.stop()
    for replica in replicas { replica.kill() }
}

/// The same with one connection to the router.
func withClient(
    of replicas: [StubReplica], options: TableOptions = TableOptions(), loops: Int = 1,
    adjust: (inout RouterConfiguration) -> Void = { _ in }, body: @escaping @Sendable (RawSocket) throws -> Void
) async throws {
    try await withFixture(
        of: replicas, options: options, loops: loops, adjust: adjust, body: { try body(try $0.connect()) })
}
