import CEpoll
import Glibc

/// A pipe that bytes wait in on their way from one socket to another: the kernel hands its pages on and copies nothing.
///
/// Copies name the same pipe; the record that holds one is its only owner and gives it back exactly once.
struct Pipe {
    fileprivate let reading: Int32
    fileprivate let writing: Int32
    /// Bytes inside.
    private(set) var count = 0

    /// A new pipe, of `size` bytes where the system allows that; `nil` if it has none.
    fileprivate init?(size: Int) {
        var ends: [Int32] = [-1, -1]
        guard CEpollPipe(&ends, Int32(size)) == 0 else { return nil }
        (reading, writing) = (ends[0], ends[1])
    }

    fileprivate func close() {
        Glibc.close(reading)
        Glibc.close(writing)
    }

    /// Takes at most `limit` bytes from a socket. The pipe must be empty: a full one would block like an empty socket.
    mutating func fill(from socket: Int32, limit: Int) -> Socket.Outcome {
        precondition(count == 0)
        let outcome = Self.splice(socket, writing, limit)
        guard case .moved(let taken) = outcome else { return outcome }
        count = taken
        return taken > 0 ? outcome : .endOfStream
    }

    /// Gives a socket what it takes. The pipe must not be empty.
    mutating func drain(to socket: Int32) -> Socket.Outcome {
        precondition(count > 0)
        let outcome = Self.splice(reading, socket, count)
        guard case .moved(let given) = outcome else { return outcome }
        count -= given
        // Not from a socket that still takes bytes; asking again for ever would stop the loop.
        return given > 0 ? outcome : .failed(EPIPE)
    }

    private static func splice(_ from: Int32, _ to: Int32, _ limit: Int) -> Socket.Outcome {
        while true {
            let moved = CEpollSplice(from, to, limit)
            if moved >= 0 { return .moved(moved) }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(errno)
        }
    }
}

/// The pipes of one loop: as many as ever had to be there at once, up to a limit, and kept for later while they are empty.
final class PipePool {
    /// Most pipes there are: two descriptors each, and pages that no socket's limit counts.
    private let limit: Int
    private let pipeSize: Int
    private var free: [Pipe] = []
    /// Pipes that are held by a record.
    // One loop's alone, and touched within one call: the runtime need not watch over overlapping accesses.
    @exclusivity(unchecked) private(set) var usedCount = 0

    init(pipeSize: Int, limit: Int = 16) {
        (self.pipeSize, self.limit) = (pipeSize, limit)
    }

    deinit { for pipe in free { pipe.close() } }

    /// An empty pipe; `nil` if all are held, or the system has none.
    func take() -> Pipe? {
        guard usedCount < limit, let pipe = free.popLast() ?? Pipe(size: pipeSize) else { return nil }
        usedCount += 1
        return pipe
    }

    /// Takes a pipe back; with bytes of a broken exchange inside it is closed, so that nobody else gets them.
    func give(_ pipe: Pipe) {
        usedCount -= 1
        if pipe.count == 0 { free.append(pipe) } else { pipe.close() }
    }
}
