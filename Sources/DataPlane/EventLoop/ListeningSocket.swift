import Glibc

/// A socket that accepts connections; several sockets, also of several processes, share its port.
package enum ListeningSocket {
    private static let backlog: Int32 = 4096

    /// Binds a socket and tells the address it got, for port 0. Nobody can connect before ``start(_:)``.
    static func bind(_ address: SocketAddress) throws(SystemError) -> (
        descriptor: Int32, address: SocketAddress
    ) {
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        do throws(SystemError) {
            if case .internet = address {
                try setOption(descriptor, SO_REUSEADDR)
                try setOption(descriptor, SO_REUSEPORT)
            }
            let bound = address.withSystemAddress { Glibc.bind(descriptor, $0, $1) }
            guard bound == 0 else { throw SystemError("bind \(address)") }
            return (descriptor, try boundAddress(descriptor, asked: address))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Lets connections in.
    static func start(_ descriptor: Int32) throws(SystemError) {
        guard listen(descriptor, backlog) == 0 else { throw SystemError("listen") }
    }

    private static func setOption(_ descriptor: Int32, _ option: Int32) throws(SystemError) {
        var one: Int32 = 1
        guard setsockopt(descriptor, SOL_SOCKET, option, &one, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError("setsockopt")
        }
    }

    private static func boundAddress(_ descriptor: Int32, asked: SocketAddress) throws(SystemError) -> SocketAddress {
        guard case .internet(let host, _, let isIPv6) = asked else { return asked }
        guard let port = PeerAddress.boundPort(of: descriptor) else { throw SystemError("getsockname") }
        return .internet(host: host, port: port, isIPv6: isIPv6)
    }
}
