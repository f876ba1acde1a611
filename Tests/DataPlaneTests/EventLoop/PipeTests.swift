import Glibc
import Testing

@testable import DataPlane

@Suite struct PipeTests {
    /// Two connected sockets that do not block.
    private final class Pair {
        let near: Int32
        let far: Int32

        init() {
            var ends: [Int32] = [-1, -1]
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends)
            (near, far) = (ends[0], ends[1])
        }

        deinit {
            close(near)
            close(far)
        }

        func send(_ text: String) { _ = Array(text.utf8).withBytes { Socket.send(near, $0) } }

        func receive() -> String {
            withUnsafeTemporaryAllocation(byteCount: 100, alignment: 1) { buffer in
                guard
                    case .moved(let count) = Socket.receive(
                        near, into: Space(start: buffer.baseAddress, count: buffer.count))
                else { return "" }
                return String(decoding: buffer[..<count], as: UTF8.self)
            }
        }
    }

    @Test func `a pipe moves what it is told to, and knows what waits in it`() throws {
        let pool = PipePool(pipeSize: 256 * 1024)
        let (source, target) = (Pair(), Pair())
        var pipe = try #require(pool.take())
        #expect(pipe.fill(from: source.far, limit: 100) == .wouldBlock)
        source.send("hello, world")
        #expect(pipe.fill(from: source.far, limit: 5) == .moved(5))
        #expect(pipe.count == 5)
        #expect(pipe.drain(to: target.far) == .moved(5))
        #expect(pipe.count == 0)
        #expect(target.receive() == "hello")
        #expect(pipe.fill(from: source.far, limit: 100) == .moved(7))
        #expect(pipe.drain(to: target.far) == .moved(7))
        #expect(target.receive() == ", world")
        shutdown(source.near, Socket.sendingSide)
        #expect(pipe.fill(from: source.far, limit: 100) == .endOfStream)
        pool.give(pipe)
    }

    @Test func `a broken connection is an error, and no signal`() async throws {
        try await onThread {
            Socket.muteBrokenPipes()
            let pool = PipePool(pipeSize: 256 * 1024)
            let (source, target) = (Pair(), Pair())
            var pipe = try #require(pool.take())
            source.send("hello")
            #expect(pipe.fill(from: source.far, limit: 100) == .moved(5))
            shutdown(target.far, Socket.sendingSide)
            #expect(pipe.drain(to: target.far) == .failed(EPIPE))
            #expect(pipe.count == 5)
            pool.give(pipe)
        }
    }

    @Test func `nobody gets what another exchange left in a pipe`() throws {
        let pool = PipePool(pipeSize: 256 * 1024, limit: 1)
        let (source, target) = (Pair(), Pair())
        var pipe = try #require(pool.take())
        source.send("left")
        #expect(pipe.fill(from: source.far, limit: 100) == .moved(4))
        pool.give(pipe)
        var next = try #require(pool.take())
        source.send("right")
        #expect(next.fill(from: source.far, limit: 100) == .moved(5))
        #expect(next.drain(to: target.far) == .moved(5))
        #expect(target.receive() == "right")
        pool.give(next)
    }

    @Test func `a pool has no more pipes than its limit`() throws {
        let pool = PipePool(pipeSize: 256 * 1024, limit: 2)
        let first = try #require(pool.take())
        let second = try #require(pool.take())
        #expect(pool.take() == nil)
        pool.give(first)
        let again = try #require(pool.take())
        #expect(pool.usedCount == 2)
        pool.give(again)
        pool.give(second)
        #expect(pool.usedCount == 0)
    }
}
