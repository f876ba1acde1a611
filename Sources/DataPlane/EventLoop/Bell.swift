import CEpoll
import Glibc

/// Wakes a loop of another process on this host, and is woken by one: a datagram socket at a path.
final class Bell: Sendable {
    let descriptor: Int32

    /// Opens the bell at `path`; one that an ended process has left there is replaced.
    init(path: String) throws(SystemError) {
        descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        unlink(path)
        guard let address = SocketAddress("unix:\(path)"),
            address.withSystemAddress({ bind(descriptor, $0, $1) }) == 0
        else {
            let error = SystemError("bind \(path)")
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Rings the bell at `path`. Who does not answer is gone, or was rung often enough.
    func ring(_ path: String) {
        guard let address = SocketAddress("unix:\(path)") else { return }
        var byte: UInt8 = 1
        _ = address.withSystemAddress { sendto(descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_NOSIGNAL), $0, $1) }
    }

    /// Takes what was rung; to be called by the loop before it looks at what it was woken for.
    func clear() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) >= 0 {}
    }
}

extension SocketAddress {
    /// Connections that the server at this address still holds though their client is gone; `nil` if that cannot be known.
    var orphanedConnections: Int? {
        let count: Int32
        switch self {
        case .unix(let path): count = CEpollOrphansOfPath(path)
        case .internet(_, let port, let isIPv6):
            guard isLoopback else { return nil }
            count = CEpollOrphansOfPort(isIPv6 ? AF_INET6 : AF_INET, port)
        }
        return count < 0 ? nil : Int(count)
    }
}
