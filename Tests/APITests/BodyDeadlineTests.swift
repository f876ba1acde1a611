import Hummingbird
import NIOCore
import Resources
import Testing

@testable import API

@Suite struct BodyDeadlineTests {
    @Test func `a body that does not arrive in time is given no more of it`() async throws {
        let (body, source) = RequestBody.makeStream()
        await source.yield(ByteBuffer(string: "{"))
        await #expect {
            try await body.collect(upTo: 1_000, within: .milliseconds(20))
        } throws: { error in
            (error as? ARMError)?.code == .requestTimeout
        }
        source.finish()
    }

    @Test func `a body that is there is read whole`() async throws {
        let (body, source) = RequestBody.makeStream()
        await source.yield(ByteBuffer(string: "{"))
        await source.yield(ByteBuffer(string: "}"))
        source.finish()
        let read = try await body.collect(upTo: 1_000, within: .seconds(60))
        #expect(String(buffer: read) == "{}")
    }
}
