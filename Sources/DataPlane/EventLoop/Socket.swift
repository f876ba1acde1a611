import CEpoll
import Glibc

/// Non-blocking calls on a stream socket.
enum Socket {
    /// `SHUT_WR`, which is an enumerator in C and not exported as a number everywhere.
    static let sendingSide: Int32 = 1

    /// What came of a receive or a send.
    enum Outcome: Equatable {
        case moved(Int)
        case wouldBlock
        /// Receive: the peer has closed its sending side.
        case endOfStream
        case failed(Int32)
    }

    static func receive(_ descriptor: Int32, into space: Space) -> Outcome {
        while true {
            let count = recv(descriptor, space.start, space.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .endOfStream }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(errno)
        }
    }

    static func send(_ descriptor: Int32, _ bytes: Bytes) -> Outcome {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .moved(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(errno)
        }
    }

    /// Has a broken connection be an error of the call on this thread, and no signal: `splice` has no flag for that.
    static func muteBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Whether an idle connection still has nothing to read: neither an end nor bytes nobody asked for.
    static func isQuiet(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN
    }

    /// Sends what is written at once instead of collecting it; without effect on unix sockets.
    static func setNoDelay(_ descriptor: Int32) {
        var one: Int32 = 1
        // A failure costs latency only.
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Takes the congestion control that costs least, for a connection that does not leave this host: there is nothing to control.
    static func setLocal(_ descriptor: Int32) {
        let name = "reno"
        // A failure leaves the system's choice, which works as well.
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(name.utf8.count))
    }

    /// The error of a connection attempt that has ended, 0 if it succeeded.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }
}
