import Foundation
import Glibc
import Routing
import Testing

@testable import DataPlane

/// HTTP/2 frame by frame: what no ordinary client sends.
@Suite struct FrameTests {
    private func withRouter(_ body: @escaping @Sendable (RouterFixture, StubReplica) throws -> Void) async throws {
        let replica = try StubReplica.echo()
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 8, timeoutMs: 20_000))
        try await onThread { try body(fixture, replica) }
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
        // Whatever was sent, the router serves on.
        try await onThread {
            let client = try fixture.connect()
            #expect(try client.ask(scoring("fine")).text == "fine")
        }
        try await fixture.stop()
        replica.kill()
    }

    @Test func `requests that are begun and broken off at once end their connection`() async throws {
        try await withRouter { fixture, _ in
            let client = try Frames.begun(fixture)
            var stream: UInt32 = 1
            for _ in 0..<2_000 {
                let pair =
                    Frames.frame(1, flags: 5, stream: stream, Frames.request)
                    + Frames.frame(3, flags: 0, stream: stream, [0, 0, 0, 8])
                guard (try? client.send(pair)) != nil else { break }
                stream += 2
            }
            // Neither answers for all of them nor silence: the end, by whatever way.
            do {
                _ = try client.readToEnd()
            } catch let failure as SocketFailure {
                #expect(failure.description == "receive: \(ECONNRESET)")
            }
        }
    }

    @Test func `a client that asks and never reads costs no other anything`() async throws {
        try await withRouter { fixture, _ in
            let client = try fixture.connect()
            // A window of nothing for every stream.
            try client.send(Frames.preface + Frames.frame(4, flags: 0, stream: 0, [0, 4, 0, 0, 0, 0]))
            for number in 0..<50 {
                try client.send(Frames.frame(1, flags: 5, stream: UInt32(number * 2 + 1), Frames.request))
            }
            let other = try fixture.connect()
            #expect(try other.ask(scoring("other")).text == "other")
        }
    }

    @Test(arguments: [UInt64.random(in: 0...(.max))])
    func `random frames harm nobody`(seed: UInt64) async throws {
        try await withRouter { fixture, _ in
            var random = RandomSource(seed: seed)
            for _ in 0..<150 {
                let client = try Frames.begun(fixture)
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    let kind = UInt8.random(in: 0...11, using: &random)
                    let stream = UInt32.random(in: 0...9, using: &random)
                    var payload =
                        Bool.random(using: &random)
                        ? Frames.request
                        : (0..<Int.random(in: 0...40, using: &random)).map { _ in
                            UInt8.random(in: 0...255, using: &random)
                        }
                    if Int.random(in: 0..<4, using: &random) == 0, !payload.isEmpty {
                        payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8.random(
                            in: 0...255, using: &random)
                    }
                    let flags = UInt8.random(in: 0...255, using: &random) & 0x2D
                    guard (try? client.send(Frames.frame(kind, flags: flags, stream: stream, payload))) != nil else {
                        break
                    }
                }
            }
        }
    }
}
